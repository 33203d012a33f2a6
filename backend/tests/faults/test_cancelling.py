"""Cancelling in every state, and whose generation it is (fault list 33)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from tests.faults.rig import ASYNCHRONOUS, Answer, Key, ask, assert_settled, create_key
from tests.gateway.store.waiting import until
from tests.system.processes import running_gateway, running_server

pytestmark = pytest.mark.system

SLOW = ("--model", "fake", "--fake-step-seconds", "0.05")
# One fills the device; those after it wait.
LONG = {"prompt": "a fox", "num_inference_steps": 100, "determinism": "exact"}
NAMES = ("ours", "theirs", "billed")
SHORT = {"prompt": "a fox", "num_inference_steps": 2}


@dataclass(frozen=True)
class Gateway:
    url: str
    ours: Key
    theirs: Key
    billed: Key


@pytest.fixture(scope="module")
def gateway(folder: Path) -> Iterator[Gateway]:
    data = str(folder / "data")
    keys = [create_key(name, GATEWAY_DATA_DIR=data) for name in NAMES]
    with (
        running_server(folder / "server", *SLOW) as server,
        running_gateway(
            folder / "gateway", server.url, GATEWAY_DATA_DIR=data
        ) as gateway,
    ):
        yield Gateway(gateway.url, *keys)


@pytest.fixture
async def client(gateway: Gateway) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(
        gateway.url, headers=gateway.ours.headers
    ) as client:
        yield client


async def submitted(client: aiohttp.ClientSession, body: dict[str, object]) -> str:
    """The path of a new asynchronous generation."""
    answer = await ask(client, "POST", "/generate", body=body, headers=ASYNCHRONOUS)
    assert answer.status == 202
    return answer.headers["Location"]


async def status(client: aiohttp.ClientSession, path: str) -> str:
    found: str = (await ask(client, "GET", path)).document["status"]
    return found


async def until_status(client: aiohttp.ClientSession, path: str, *wanted: str) -> None:
    async def is_so() -> bool:
        return await status(client, path) in wanted

    await until(is_so)


async def cancelled(client: aiohttp.ClientSession, path: str) -> Answer:
    answer = await ask(client, "DELETE", path)
    assert answer.status == 200
    return answer


async def test_a_running_one_ends_cancelled_however_often_it_is_asked(
    client: aiohttp.ClientSession,
) -> None:
    path = await submitted(client, LONG)
    await until_status(client, path, "running")
    await cancelled(client, path)
    await until_status(client, path, "cancelled")
    ends = [(await cancelled(client, path)).document for _ in range(3)]
    assert {end["status"] for end in ends} == {"cancelled"}
    assert {end["reason"] for end in ends} == {"requested"}
    picture = await ask(client, "GET", path + "/images/0")
    assert picture.status == 404
    await assert_settled(client)


async def test_a_queued_one_ends_cancelled_and_never_runs(
    client: aiohttp.ClientSession,
) -> None:
    first = await submitted(client, LONG)
    await until_status(client, first, "running")
    waiting = [await submitted(client, LONG) for _ in range(3)]
    for path in waiting:
        await cancelled(client, path)
        assert await status(client, path) == "cancelled"
    await cancelled(client, first)
    await until_status(client, first, "cancelled")
    await assert_settled(client)


async def test_one_that_is_cancelled_as_it_begins_ends_once(
    client: aiohttp.ClientSession,
) -> None:
    """While it is being sent and taken in: either end is right, but only one."""
    for _ in range(10):
        path = await submitted(client, SHORT)
        first = (await cancelled(client, path)).document["status"]
        await until_status(client, path, "cancelled", "completed")
        end = await status(client, path)
        assert first in (end, "queued", "running")
        assert (await cancelled(client, path)).document["status"] == end
    await assert_settled(client)


async def test_a_completed_one_stays_completed(client: aiohttp.ClientSession) -> None:
    path = await submitted(client, SHORT)
    await until_status(client, path, "completed")
    assert (await cancelled(client, path)).document["status"] == "completed"
    assert (await ask(client, "GET", path + "/images/0")).status == 200


async def test_one_that_is_unknown_is_a_404(client: aiohttp.ClientSession) -> None:
    known = await submitted(client, SHORT)
    unknown = known[:-5] + ("00000" if not known.endswith("00000") else "11111")
    for path in (unknown, "/generations/gen_nobody_01", "/generations/x"):
        answer = await ask(client, "DELETE", path)
        assert answer.status == 404
        assert answer.document["code"] == "generation_not_found"


async def test_another_keys_generation_is_not_to_be_told_from_none(
    client: aiohttp.ClientSession, gateway: Gateway
) -> None:
    path = await submitted(client, LONG)
    async with aiohttp.ClientSession(
        gateway.url, headers=gateway.theirs.headers
    ) as stranger:
        for state in ("running", "cancelled"):
            for method, suffix in (
                ("GET", ""),
                ("GET", "/events"),
                ("GET", "/images/0"),
                ("DELETE", ""),
            ):
                answer = await ask(stranger, method, path + suffix)
                assert answer.status == 404
                assert answer.document["code"] == "generation_not_found"
            if state == "running":
                assert await status(client, path) in ("queued", "running")
                await cancelled(client, path)
                await until_status(client, path, "cancelled")


async def test_only_what_was_delivered_is_on_the_bill(gateway: Gateway) -> None:
    async with aiohttp.ClientSession(
        gateway.url, headers=gateway.billed.headers
    ) as client:
        thrown_away = await submitted(client, LONG)
        await cancelled(client, thrown_away)
        await until_status(client, thrown_away, "cancelled")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await ask(client, "POST", "/generate", body=LONG)
        pair = await ask(client, "POST", "/generate", body=SHORT | {"num_images": 2})
        assert pair.status == 200
        # Looked at after the one that was cancelled: when it counts, that is settled.
        single = await submitted(client, SHORT | {"seed": 1})
        await until_status(client, single, "completed")

        async def has_three() -> bool:
            usage = (await ask(client, "GET", "/v1/usage")).document
            assert usage["today"]["images"] <= 3
            return bool(usage["today"]["images"] == 3)

        await until(has_three)
        await assert_settled(client)

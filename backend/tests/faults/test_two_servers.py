"""Two servers under load, and one is killed: no client sees it."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from tests.faults.rig import (
    Answer,
    assert_settled,
    generate,
    health,
    joined,
    state_of,
)
from tests.gateway.store.waiting import until
from tests.system.processes import running_gateway, running_server

pytestmark = pytest.mark.system

FAKE = ("--model", "fake", "--fake-step-seconds", "0.02")
CLIENTS = 8


def numbered(number: int) -> dict[str, object]:
    return {"prompt": f"fox {number}", "seed": number, "num_inference_steps": 8}


def picture(answer: Answer) -> str:
    assert answer.status == 200, answer.document
    content: str = answer.document["images"][0]["b64_json"]
    return content


def painter(answer: Answer) -> str:
    """The replica id of who painted it."""
    name: str = answer.document["id"].split("_")[1]
    return name


async def test_a_killed_server_is_no_clients_error_and_returns_after_its_restart(
    folder: Path,
) -> None:
    a, b = (*FAKE, "--replica-id", "a"), (*FAKE, "--replica-id", "b")
    with (
        running_server(folder / "a", *a) as first,
        running_server(folder / "b", *b) as second,
        running_gateway(
            folder / "gateway",
            joined(first, second),
            MAX_CONCURRENT_REQUESTS=str(CLIENTS),
            GATEWAY_DATA_DIR=str(folder / "data"),
        ) as gateway,
    ):
        async with aiohttp.ClientSession(gateway.url) as client:
            answers: list[Answer] = []
            is_over = asyncio.Event()

            async def visitor() -> None:
                while not is_over.is_set():
                    answers.append(await generate(client, numbered(len(answers))))

            def painted_by(*names: str) -> int:
                return sum(painter(answer) in names for answer in answers)

            await until(lambda: both_ready(client))
            visitors = [asyncio.create_task(visitor()) for _ in range(CLIENTS)]
            await until(lambda: painted_by("a") >= 10 and painted_by("b") >= 10)

            await asyncio.to_thread(second.kill)
            at_death = len(answers)
            await until(lambda: len(answers) >= at_death + 40)
            assert await state_of(client, second.url) == "unhealthy"
            # What was sent to it before its death may still be counted as its own.
            assert painted_by("a") >= 30

            with running_server(folder / "b", *b, port=second.port):
                before = painted_by("b")
                await until(lambda: painted_by("b") >= before + 5)
                is_over.set()
                await asyncio.gather(*visitors)
                assert {answer.status for answer in answers} == {200}
                # Painted anew, the other server gives the very same picture.
                by_b = next(one for one in reversed(answers) if painter(one) == "b")
                number = by_b.document["images"][0]["seed"]
                async with aiohttp.ClientSession(first.url) as direct:
                    again = await generate(direct, numbered(number))
                assert picture(again) == picture(by_b)
                await assert_settled(client)
        assert "Traceback" not in gateway.log


async def both_ready(client: aiohttp.ClientSession) -> bool:
    states = [one["state"] for one in (await health(client))["replicas"]]
    return states == ["ready", "ready"]


async def test_what_a_killed_server_was_painting_is_painted_by_the_other(
    folder: Path,
) -> None:
    """Same seed, same picture, and nobody has noticed."""
    slow = ("--model", "fake", "--fake-step-seconds", "0.1")
    with (
        running_server(folder / "c", *slow, "--replica-id", "c") as first,
        running_server(folder / "d", *slow, "--replica-id", "d") as second,
        running_gateway(
            folder / "gateway-2",
            joined(first, second),
            GATEWAY_DATA_DIR=str(folder / "data-2"),
        ) as gateway,
    ):
        async with aiohttp.ClientSession(gateway.url) as client:
            await until(lambda: both_ready(client))
            # Long enough to be seen painting on a machine that does much else.
            bodies = [numbered(n) | {"num_inference_steps": 60} for n in range(6)]
            asking = [asyncio.create_task(generate(client, body)) for body in bodies]

            async def are_all_painting() -> bool:
                replicas = (await health(client))["replicas"]
                outstanding = [one["outstanding"] for one in replicas]
                return bool(sum(outstanding) == len(bodies) and min(outstanding))

            await until(are_all_painting)
            await asyncio.to_thread(second.kill)
            answers = await asyncio.gather(*asking)
            assert {painter(answer) for answer in answers} == {"c"}
            pictures = [picture(answer) for answer in answers]
            async with aiohttp.ClientSession(first.url) as direct:
                again = await asyncio.gather(*(generate(direct, b) for b in bodies))
            assert [picture(answer) for answer in again] == pictures
            await assert_settled(client)

"""The store goes away under a running gateway and comes back (28, 29).

Who is known goes on, who is not is told to come back, and nothing multiplies.
"""

import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import pytest

from tests.faults.rig import (
    ASYNCHRONOUS,
    Key,
    assert_settled,
    create_key,
    gateway_with,
    generate,
    health,
    in_time,
)
from tests.gateway.store.redis_server import RedisServer, needs_redis
from tests.gateway.store.waiting import until
from tests.gateway.stub_server import StubServer
from tests.system.processes import Program, running_gateway

pytestmark = pytest.mark.system

SEEDED = {"prompt": "a fox", "seed": 7}
# The log of SQLite is written anew from its beginning now and then.
ENOUGH_TO_FILL = 400


@dataclass
class Rig:
    gateway: Program
    client: aiohttp.ClientSession
    known: Key
    unknown: Key


@asynccontextmanager
async def two_keys(
    stub: StubServer, folder: Path, **environment: str
) -> AsyncIterator[Rig]:
    """A gateway that has seen one of its keys, and not yet the other."""
    environment = {"GATEWAY_DATA_DIR": str(folder / "data"), **environment}
    known, unknown = (create_key(name, **environment) for name in ("known", "unknown"))
    with gateway_with(folder, stub.url, environment) as gateway:
        async with aiohttp.ClientSession(gateway.url) as client:
            assert (await generate(client, headers=known.headers)).status == 200
            yield Rig(gateway, client, known, unknown)
        assert "Traceback" not in gateway.log


async def is_available(client: aiohttp.ClientSession) -> bool:
    return bool((await health(client))["store"]["status"] == "available")


async def is_away(client: aiohttp.ClientSession) -> bool:
    return not await is_available(client)


async def assert_fails_static(rig: Rig) -> None:
    """What is promised of a gateway without its store."""
    client, known = rig.client, rig.known.headers
    for body in ({"prompt": "a fox"}, SEEDED):
        assert (await generate(client, body, known)).status == 200
    stranger = await generate(client, headers=rig.unknown.headers)
    assert stranger.status == 503
    assert stranger.document["code"] == "store_unavailable"
    # A promise that cannot be kept is not made.
    for headers in ({"Idempotency-Key": "one"}, ASYNCHRONOUS):
        answer = await generate(client, headers=known | headers)
        assert answer.status == 503
        assert answer.document["code"] == "store_unavailable"
    document = await health(client)
    assert document["status"] == "degraded"
    assert document["store"]["status"] == "unavailable"


async def assert_well_again(rig: Rig) -> None:
    await until(lambda: is_available(rig.client))
    promise = rig.known.headers | {"Idempotency-Key": "two"}
    # Who found it away a moment ago does not ask again at once.
    for headers in (rig.known.headers, rig.unknown.headers, promise):
        await until(partial(is_served, rig.client, headers))
    await assert_settled(rig.client)


async def is_served(client: aiohttp.ClientSession, headers: dict[str, str]) -> bool:
    return (await generate(client, headers=headers)).status == 200


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """By a process that forgot that it has a transaction open."""
    path = folder / "data" / "gateway.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_a_locked_file_refuses_promises_only_and_heals_by_itself(
    stub: StubServer, tmp_path: Path
) -> None:
    async with two_keys(stub, tmp_path) as rig:
        with locked(tmp_path):
            known = rig.known.headers
            refused = await generate(
                rig.client, headers=known | {"Idempotency-Key": "one"}
            )
            assert refused.status == 503
            assert refused.document["code"] == "store_unavailable"
            await until(lambda: is_away(rig.client))
            # It is still read, so that keys and answers are found.
            for key in (rig.known, rig.unknown):
                answers = await asyncio.gather(
                    *(generate(rig.client, headers=key.headers) for _ in range(5))
                )
                assert {answer.status for answer in answers} == {200}
        await assert_well_again(rig)


async def test_a_file_that_is_gone_is_a_503_for_strangers_and_no_open_gateway(
    stub: StubServer, tmp_path: Path
) -> None:
    """A gateway must not open its doors because its keys are lost."""
    data = tmp_path / "data"
    async with two_keys(stub, tmp_path) as rig:
        data.rename(tmp_path / "away")
        data.touch()
        await generate(rig.client, headers=rig.known.headers | {"Idempotency-Key": "a"})
        await until(lambda: is_away(rig.client))
        await assert_fails_static(rig)
        nobody = await generate(rig.client)
        assert nobody.status in (401, 503)
        data.unlink()
        (tmp_path / "away").rename(data)
        await assert_well_again(rig)


async def test_a_full_disk_refuses_promises_only_and_heals_by_itself(
    stub: StubServer, tmp_path: Path
) -> None:
    async with two_keys(stub, tmp_path) as rig:
        pid = rig.gateway.popen.pid
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        sizes = [path.stat().st_size for path in (tmp_path / "data").iterdir()]
        # No file of it can grow any more.
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (max(sizes), before[1]))
        known = rig.known.headers
        kept = [
            await generate(rig.client, headers=known | {"Idempotency-Key": f"{number}"})
            for number in range(ENOUGH_TO_FILL)
        ]
        assert kept[-1].status == 503
        assert kept[-1].document["code"] == "store_unavailable"
        await until(lambda: is_away(rig.client))
        for key in (rig.known, rig.unknown):
            for body in ({"prompt": "a fox"}, SEEDED):
                assert (await generate(rig.client, body, key.headers)).status == 200
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
        await assert_well_again(rig)
        # What was promised before is still kept.
        assert (
            await generate(rig.client, SEEDED, known | {"Idempotency-Key": "0"})
        ).document["code"] == "idempotency_key_reused"


async def test_a_gateway_that_starts_while_its_file_is_locked_works_later(
    stub: StubServer, tmp_path: Path
) -> None:
    async with two_keys(stub, tmp_path) as rig:
        known = rig.known
    with (
        locked(tmp_path),
        running_gateway(
            tmp_path, stub.url, GATEWAY_DATA_DIR=str(tmp_path / "data")
        ) as gateway,
    ):
        async with aiohttp.ClientSession(gateway.url) as client:
            async with client.get("/livez") as answer:
                assert answer.status == 200
            answered = await generate(client, headers=known.headers)
            assert answered.status in (200, 503)
        assert gateway.popen.poll() is None


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    # A socket's path must be short. What it knows survives its end.
    with TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(
            Path(folder), options=("--appendonly", "yes", "--appendfsync", "always")
        )
        server.start()
        yield server
        server.stop()


@needs_redis
async def test_redis_stopped_and_started_under_load(
    stub: StubServer, tmp_path: Path, redis_server: RedisServer
) -> None:
    stub.handler = in_time(0.02)
    async with two_keys(stub, tmp_path, REDIS_URL=redis_server.url) as rig:
        statuses: list[int] = []
        is_over = asyncio.Event()

        async def visitor() -> None:
            while not is_over.is_set():
                answer = await generate(rig.client, headers=rig.known.headers)
                statuses.append(answer.status)

        visitors = [asyncio.create_task(visitor()) for _ in range(4)]
        await until(lambda: len(statuses) >= 20)
        await asyncio.to_thread(redis_server.stop)
        await until(lambda: is_away(rig.client))
        await assert_fails_static(rig)
        so_far = len(statuses)
        await until(lambda: len(statuses) >= so_far + 20)
        await asyncio.to_thread(redis_server.start)
        await until(lambda: is_available(rig.client))
        so_far = len(statuses)
        await until(lambda: len(statuses) >= so_far + 20)
        is_over.set()
        await asyncio.gather(*visitors)
        # Known keys have not noticed.
        assert set(statuses) == {200}
        await assert_well_again(rig)


@needs_redis
async def test_redis_that_hangs_holds_up_nobody_who_is_known(
    stub: StubServer, tmp_path: Path, redis_server: RedisServer
) -> None:
    async with two_keys(stub, tmp_path, REDIS_URL=redis_server.url) as rig:
        redis_server.freeze()
        try:
            answers = await asyncio.gather(
                *(generate(rig.client, headers=rig.known.headers) for _ in range(10))
            )
            assert {answer.status for answer in answers} == {200}
            await generate(
                rig.client, headers=rig.known.headers | {"Idempotency-Key": "a"}
            )
            await until(lambda: is_away(rig.client))
            await assert_fails_static(rig)
        finally:
            redis_server.thaw()
        await assert_well_again(rig)


@needs_redis
async def test_a_limit_is_never_more_than_the_limit_while_redis_is_away(
    stub: StubServer, tmp_path: Path, redis_server: RedisServer
) -> None:
    """Each of four gateways allows its quarter then."""
    environment = {
        "REDIS_URL": redis_server.url,
        "GATEWAY_INSTANCES": "4",
        "GATEWAY_DATA_DIR": str(tmp_path / "data"),
    }
    key = create_key("limited", "--rate", "20/day", **environment)
    with gateway_with(tmp_path, stub.url, environment) as gateway:
        async with aiohttp.ClientSession(gateway.url, headers=key.headers) as client:
            assert (await generate(client)).status == 200
            await asyncio.to_thread(redis_server.stop)
            answers = [await generate(client) for _ in range(20)]
            passed = sum(answer.status == 200 for answer in answers)
            assert passed <= 5
            refused = {one.document["code"] for one in answers if one.status != 200}
            assert refused == {"rate_limited"}

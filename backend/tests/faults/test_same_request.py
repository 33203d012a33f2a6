"""The same request, many times at once: one generation (fault list 31, 32)."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.faults.rig import ask, assert_settled, generate, health, in_time
from tests.gateway.processes import GUIDE, GUNICORN, GatewayProcess, free_port, started
from tests.gateway.running_gateway import gateway_for
from tests.gateway.store.waiting import until
from tests.gateway.stub_server import StubServer, problem
from tests.system.processes import Program, running_server

pytestmark = pytest.mark.system

MANY = 50
SLOW = ("--model", "fake", "--fake-step-seconds", "0.1")
# Half a second at least: they are all there before it ends.
SEEDED = {"prompt": "a fox", "seed": 7, "num_inference_steps": 10}
OPEN = {"prompt": "a fox", "num_inference_steps": 10}


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Program]:
    with running_server(folder / "server", *SLOW) as server:
        yield server


@pytest.fixture(scope="module")
def four_workers(folder: Path, server: Program) -> Iterator[GatewayProcess]:
    port = free_port()
    with started(
        [*GUNICORN, *GUIDE.format(workers=4, port=port).split()],
        port,
        folder / "gunicorn.log",
        TEXT2IMAGE_SERVER_URL=server.url,
        MAX_CONCURRENT_REQUESTS=str(2 * MANY),
        GATEWAY_DATA_DIR=str(folder / "gateway"),
    ) as gateway:
        yield gateway


@pytest.fixture
async def client(four_workers: GatewayProcess) -> Any:
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    async with aiohttp.ClientSession(four_workers.url, connector=connector) as client:
        yield client


async def runs(server: Program) -> float:
    """How many generations the server has ended, well or not."""
    async with (
        aiohttp.ClientSession(server.url) as client,
        client.get("/metrics") as answer,
    ):
        lines = (await answer.text()).splitlines()
    name = "easel_server_generations_total{"
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


async def test_one_idempotency_key_is_one_generation_over_all_workers(
    client: aiohttp.ClientSession, server: Program
) -> None:
    headers = {"Idempotency-Key": "of fifty"}
    before = await runs(server)
    answers = await asyncio.gather(
        *(generate(client, OPEN, headers) for _ in range(MANY))
    )
    assert {answer.status for answer in answers} == {200}
    assert len({answer.document["id"] for answer in answers}) == 1
    assert len({answer.document["images"][0]["b64_json"] for answer in answers}) == 1
    assert await runs(server) == before + 1

    later = await generate(client, OPEN, headers)
    assert later.document["id"] == answers[0].document["id"]
    other = await generate(client, SEEDED, headers)
    assert other.status == 422
    assert other.document["code"] == "idempotency_key_reused"
    assert other.document["param"] == "Idempotency-Key"
    await assert_settled(client)


async def test_equal_seeded_requests_are_one_generation_over_all_workers(
    client: aiohttp.ClientSession, server: Program
) -> None:
    body = SEEDED | {"prompt": "fifty equal foxes"}
    before = await runs(server)
    answers = await asyncio.gather(*(generate(client, body) for _ in range(MANY)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.document["id"] for answer in answers}) == 1
    assert await runs(server) == before + 1
    cached = await generate(client, body)
    assert cached.headers["X-Cache"] == "hit"
    assert cached.document["id"] == answers[0].document["id"]
    await assert_settled(client)


async def test_the_first_may_leave_without_harm_to_those_who_joined(
    client: aiohttp.ClientSession, server: Program
) -> None:
    body = SEEDED | {"prompt": "who began it leaves", "num_inference_steps": 20}
    before = await runs(server)
    first = asyncio.create_task(generate(client, body))
    await until(lambda: is_inside(client, 1))
    joined = [asyncio.create_task(generate(client, body)) for _ in range(10)]
    await until(lambda: is_inside(client, 11))
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    answers = await asyncio.gather(*joined)
    assert {answer.status for answer in answers} == {200}
    assert len({answer.document["id"] for answer in answers}) == 1
    assert await runs(server) == before + 1
    await assert_settled(client)


async def test_one_with_a_key_goes_on_when_its_caller_leaves(
    client: aiohttp.ClientSession, server: Program
) -> None:
    headers = {"Idempotency-Key": "comes back"}
    before = await runs(server)
    leaving = asyncio.create_task(generate(client, OPEN, headers))
    await until(lambda: is_inside(client, 1))
    async with aiohttp.ClientSession(server.url) as direct:
        await until(lambda: is_busy(direct))
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        await assert_settled(client)
    again = await generate(client, OPEN, headers)
    assert again.status == 200
    assert again.headers["X-Cache"] in ("running", "hit")
    assert await runs(server) == before + 1


async def is_busy(server: aiohttp.ClientSession) -> bool:
    document = (await ask(server, "GET", "/health")).document
    return bool(document["queued"] + document["running"])


async def is_free(server: aiohttp.ClientSession) -> bool:
    return not await is_busy(server)


async def test_when_all_have_left_the_server_is_free(
    client: aiohttp.ClientSession, server: Program
) -> None:
    body = SEEDED | {"prompt": "all leave", "num_inference_steps": 100}
    asking = [asyncio.create_task(generate(client, body)) for _ in range(5)]
    await until(lambda: is_inside(client, 5))
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    await assert_settled(client)
    async with aiohttp.ClientSession(server.url) as direct:
        await until(lambda: is_free(direct))


async def is_inside(client: aiohttp.ClientSession, count: int) -> bool:
    return bool((await health(client))["queue"]["in_flight"] == count)


async def test_a_failure_is_told_to_all_who_joined_and_remembered_for_nobody(
    stub: StubServer,
) -> None:
    may_fail = asyncio.Event()

    async def failing(request: web.Request) -> web.StreamResponse:
        await may_fail.wait()
        answer = problem(500, "engine_failed", "The model failed.")
        answer.headers["X-Cache"] = "running"
        return answer

    stub.handler = failing
    async with gateway_for(stub.url, max_concurrent_requests=MANY) as client:
        asking = [asyncio.create_task(generate(client, SEEDED)) for _ in range(MANY)]
        await until(lambda: len(stub.requests) == MANY)
        ids = {request.headers["X-Easel-Generation-Id"] for request in stub.requests}
        assert len(ids) == 1
        may_fail.set()
        answers = await asyncio.gather(*asking)
        assert {answer.status for answer in answers} == {500}
        assert {answer.document["code"] for answer in answers} == {"engine_failed"}
        await assert_settled(client, accepted=MANY)

        stub.handler = in_time(0)
        assert (await generate(client, SEEDED)).status == 200
        assert stub.requests[-1].headers["X-Easel-Generation-Id"] not in ids

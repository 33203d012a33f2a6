"""Servers that answer, but not well (fault list 10 to 14)."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import aiohttp
import pytest
from aiohttp import web

from tests.faults.rig import (
    EVENTS,
    assert_settled,
    generate,
    health,
    in_time,
    joined,
    state_of,
    stubs,
)
from tests.gateway.running_gateway import gateway_for
from tests.gateway.store.waiting import until
from tests.gateway.stub_server import StubServer, problem

ENOUGH_FOR_AVERAGES = 120


async def full(request: web.Request) -> web.StreamResponse:
    answer = problem(503, "queue_full", "No more for now.", retry_after_s=7)
    answer.headers["Retry-After"] = "7"
    return answer


async def test_servers_that_are_all_full_are_not_asked_again_and_again() -> None:
    async with stubs(2) as servers:
        for server in servers:
            server.handler = full
        async with gateway_for(joined(*servers)) as client:
            # Both are known to be full after the first.
            assert (await generate(client)).status == 503
            before = sum(len(server.requests) for server in servers)
            for _ in range(20):
                answer = await generate(client)
                assert answer.status == 503
                assert answer.document["code"] == "upstream_unavailable"
                assert int(answer.headers["Retry-After"]) >= 1
            attempts = sum(len(server.requests) for server in servers) - before
            assert attempts <= 1.1 * 20
            # Full is not ill.
            assert await state_of(client, "r1") == "busy"
            await assert_settled(client, accepted=21)


async def test_a_prompt_that_breaks_the_model_is_asked_once_and_ejects_nobody() -> None:
    async def poisoned(request: web.Request) -> web.StreamResponse:
        if b"poison" in await request.read():
            return problem(500, "engine_failed", "The model failed.")
        return web.json_response({})

    async with stubs(2) as servers:
        for server in servers:
            server.handler = poisoned
        async with gateway_for(joined(*servers)) as client:
            for _ in range(10):
                answer = await generate(client, {"prompt": "poison", "seed": 7})
                assert answer.status == 500
                assert answer.document["code"] == "engine_failed"
            assert sum(len(server.requests) for server in servers) == 10
            for replica in ("r1", "r2"):
                assert await state_of(client, replica) == "ready"
            assert (await generate(client)).status == 200
            await assert_settled(client, accepted=11)


async def test_a_server_that_fails_everything_is_left_alone() -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        return problem(500, "engine_failed", "The model failed.")

    async with stubs(2) as (well, ill):
        ill.handler = broken
        async with gateway_for(joined(well, ill)) as client:
            for number in range(40):
                await generate(client, {"prompt": f"fox {number}"})
            # Three are enough.
            assert len(ill.requests) <= 6
            assert await state_of(client, "r2") == "unhealthy"
            before = len(ill.requests)
            answers = [await generate(client) for _ in range(10)]
            assert {answer.status for answer in answers} == {200}
            assert len(ill.requests) == before
            await assert_settled(client, accepted=50)


@pytest.mark.system
async def test_a_server_that_is_ten_times_slower_gets_less_and_is_kept() -> None:
    async with stubs(2) as (fast, slow):
        fast.handler, slow.handler = in_time(0.03), in_time(0.3)
        async with gateway_for(joined(fast, slow)) as client:

            async def visitor() -> None:
                while len(fast.requests) + len(slow.requests) < ENOUGH_FOR_AVERAGES:
                    assert (await generate(client)).status == 200

            await asyncio.gather(*(visitor() for _ in range(6)))
            # By their speeds it would be one in eleven; a third is what no speed at all
            # was learned for.
            assert len(slow.requests) < ENOUGH_FOR_AVERAGES / 3
            assert await state_of(client, "r2") == "ready"
            await assert_settled(client)


@pytest.mark.system
async def test_health_that_comes_and_goes_moves_no_traffic_to_and_fro() -> None:
    async with stubs(2) as (steady, flapping):
        asked = Counter[str]()

        async def now_so_now_so(request: web.Request) -> web.StreamResponse:
            asked["times"] += 1
            is_well = asked["times"] // 2 % 2 == 0
            status = "healthy" if is_well else "unhealthy"
            return web.json_response({**flapping.health, "status": status})

        flapping.answer_health = now_so_now_so  # type: ignore[method-assign] # a stub's
        async with gateway_for(joined(steady, flapping)) as client:
            statuses = Counter[int]()
            async with asyncio.timeout(30):
                while asked["times"] < 8:
                    statuses[(await generate(client)).status] += 1
                    await asyncio.sleep(0.02)
            assert set(statuses) == {200}
            assert len(steady.requests) >= len(flapping.requests) / 2
            await assert_settled(client)


async def test_the_last_server_is_asked_even_if_it_says_that_it_is_ill(
    stub: StubServer,
) -> None:
    """Where all are out, none is: a wrong health check must not stop a service."""
    stub.health["status"] = "unhealthy"
    async with gateway_for(stub.url) as client:
        await until(lambda: is_unhealthy(client))
        assert (await generate(client)).status == 200
        await assert_settled(client, accepted=1)


async def is_unhealthy(client: aiohttp.ClientSession) -> bool:
    document = await health(client)
    return bool(document["text2image_server"]["status"] == "unhealthy")


async def test_requests_wait_while_the_model_loads_and_are_told_so(
    stub: StubServer,
) -> None:
    stub.health |= {"status": "loading", "model_loaded": False}
    async with gateway_for(stub.url) as client:
        await health(client)
        whole = [asyncio.create_task(generate(client)) for _ in range(3)]
        async with client.post(
            "/generate", json={"prompt": "a fox"}, headers=EVENTS
        ) as stream:
            assert stream.status == 200
            event = await stream.content.readuntil(b"\n\n")
            assert event.startswith(b"event: queued\n")
            assert not stub.requests
            assert not any(task.done() for task in whole)
            stub.health |= {"status": "healthy", "model_loaded": True}
            await stream.read()
        answers = await asyncio.gather(*whole)
        assert {answer.status for answer in answers} == {200}
        assert len(stub.requests) == 4
        await assert_settled(client, accepted=4)


async def test_while_the_model_loads_batches_are_shed_first(stub: StubServer) -> None:
    stub.health |= {"status": "loading", "model_loaded": False}
    batch = {"prompt": "a fox", "priority": "batch"}
    async with gateway_for(stub.url, max_queue=2) as client:
        await health(client)
        async with AsyncExitStack() as stack:
            first, second = [
                await stack.enter_async_context(
                    client.post("/generate", json=batch, headers=EVENTS)
                )
                for _ in range(2)
            ]
            for stream in (first, second):
                event = await stream.content.readuntil(b"\n\n")
                assert event.startswith(b"event: queued\n")
            refused = await generate(client, batch)
            assert (refused.status, refused.document["code"]) == (503, "queue_full")
            assert "Retry-After" in refused.headers
            urgent = asyncio.create_task(generate(client))
            evicted = await second.read()
            assert b"event: failed\n" in evicted
            assert b'"evicted_from_queue"' in evicted
            assert not stub.requests
            stub.health |= {"status": "healthy", "model_loaded": True}
            assert (await urgent).status == 200
            await first.read()
        assert len(stub.requests) == 2
        await assert_settled(client, accepted=4)

"""Servers that are away, or go away: refused, dropped, silent (fault list 1 to 4)."""

import asyncio

import aiohttp
import pytest

from tests.faults.fault_proxy import Behaviour, FaultProxy
from tests.faults.rig import (
    ASYNCHRONOUS,
    Answer,
    assert_settled,
    generate,
    health,
    joined,
    outcomes,
    state_of,
    stubs,
)
from tests.gateway.processes import free_port
from tests.gateway.running_gateway import gateway_for
from tests.gateway.store.waiting import until
from tests.gateway.stub_server import StubServer, never

PATIENCE_S = 10.0


async def at_once(client: aiohttp.ClientSession, count: int) -> list[Answer]:
    return await asyncio.gather(*(generate(client) for _ in range(count)))


async def test_a_gateway_starts_without_its_server_and_says_so() -> None:
    async with gateway_for(f"http://127.0.0.1:{free_port()}") as client:
        document = await health(client)
        assert document["status"] == "degraded"
        assert document["text2image_server"]["status"] == "unreachable"
        for headers in ({}, ASYNCHRONOUS):
            answer = await generate(client, headers=headers)
            assert answer.status == 502
            assert answer.document["code"] == "upstream_unreachable"
        await assert_settled(client, accepted=2)


async def test_one_of_three_that_refuses_connections_is_no_error_and_returns() -> None:
    async with stubs(3) as servers, FaultProxy(servers[2].port) as proxy:
        urls = joined(servers[0], servers[1], proxy)
        async with gateway_for(urls, max_concurrent_requests=20) as client:
            await until(lambda: all_known(client, 3))
            await proxy.refuse()
            answers = [*await at_once(client, 20), *await at_once(client, 20)]
            assert {answer.status for answer in answers} == {200}
            await until(lambda: is_in_state(client, "r3", "unhealthy"))

            await proxy.listen()
            await until(lambda: is_in_state(client, "r3", "ready"))
            before = len(servers[2].requests)
            assert {answer.status for answer in await at_once(client, 20)} == {200}
            assert len(servers[2].requests) > before
            await assert_settled(client, proxy, accepted=60)
            assert await outcomes(client) == {"answered": 60}


@pytest.mark.system
async def test_connects_that_nobody_answers_fail_over_and_hold_up_nobody() -> None:
    async with (
        stubs(2) as (well, behind),
        FaultProxy(behind.port) as proxy,
        gateway_for(joined(well, proxy), max_concurrent_requests=20) as client,
    ):
        await until(lambda: all_known(client, 2))
        async with proxy.dropping_connects():
            answers = await asyncio.wait_for(at_once(client, 10), PATIENCE_S)
            assert {answer.status for answer in answers} == {200}
            assert len(well.requests) == 10
            await until(lambda: is_in_state(client, "r2", "unhealthy"))
        await until(lambda: is_in_state(client, "r2", "ready"))
        await assert_settled(client, proxy, accepted=10)


async def test_a_server_that_never_answers_is_a_504_and_is_told_to_stop(
    stub: StubServer,
) -> None:
    stub.handler = never
    async with (
        FaultProxy(stub.port) as proxy,
        gateway_for(proxy.url, request_timeout=0.5) as client,
    ):
        answer = await generate(client)
        assert answer.status == 504
        assert answer.document["code"] == "upstream_timeout"
        await asyncio.wait_for(stub.abandoned.wait(), PATIENCE_S)
        await assert_settled(client, proxy, accepted=1)
        # Its caller's time was over; that says nothing of the server.
        assert await state_of(client, "r1") == "ready"


async def test_a_connection_that_falls_silent_is_a_504_and_the_next_one_works(
    stub: StubServer,
) -> None:
    async with (
        FaultProxy(stub.port) as proxy,
        gateway_for(proxy.url, request_timeout=0.5) as client,
    ):
        assert (await generate(client)).status == 200
        proxy.behaviour = Behaviour(begins_with=b"POST /generate", is_silent=True)
        assert (await generate(client)).status == 504
        proxy.behaviour = Behaviour()
        assert (await generate(client)).status == 200
        await assert_settled(client, proxy, accepted=3)


async def all_known(client: aiohttp.ClientSession, count: int) -> bool:
    replicas = (await health(client))["replicas"]
    return [one["state"] for one in replicas].count("ready") == count


async def is_in_state(client: aiohttp.ClientSession, replica: str, state: str) -> bool:
    return await state_of(client, replica) == state

"""Clients that leave: wherever they are, the server is free at once (15, 16)."""

import asyncio
import os
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from tests.faults.fault_proxy import FaultProxy
from tests.faults.rig import (
    BODY,
    EVENTS,
    assert_settled,
    connected,
    descriptors,
    generate,
    outcomes,
    port_of,
    queue_of,
)
from tests.gateway.running_gateway import gateway_for
from tests.gateway.store.waiting import until
from tests.gateway.stub_server import StubServer, never

PATIENCE_S = 5.0
STORM = 1000


async def leave(request: "asyncio.Task[object]") -> None:
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)


async def begin_and_stop(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": request.headers["Accept"]})
    await response.prepare(request)
    await response.write(b": hello\n\n")
    return await never(request)


@pytest.fixture
async def proxy(stub: StubServer) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(stub.port) as proxy:
        yield proxy


async def test_who_leaves_the_queue_never_reaches_the_server(
    stub: StubServer, proxy: FaultProxy
) -> None:
    stub.handler = never
    async with gateway_for(proxy.url, max_concurrent_requests=1) as client:
        first = asyncio.create_task(generate(client))
        await stub.arrival()
        waiting = [asyncio.create_task(generate(client)) for _ in range(3)]
        await until(lambda: is_queue(client, 1, 3))
        for one in waiting:
            await leave(one)
        await until(lambda: is_queue(client, 1, 0))
        await leave(first)
        await asyncio.wait_for(stub.abandoned.wait(), PATIENCE_S)
        await assert_settled(client, proxy, accepted=4)
        assert len(stub.requests) == 1
        assert await outcomes(client) == {"client_left": 4}


async def is_queue(client: aiohttp.ClientSession, inside: int, waiting: int) -> bool:
    return await queue_of(client) == (inside, waiting)


async def test_who_leaves_the_queues_events_never_reaches_the_server(
    stub: StubServer, proxy: FaultProxy
) -> None:
    stub.handler = never
    async with gateway_for(proxy.url, max_concurrent_requests=1) as client:
        first = asyncio.create_task(generate(client))
        await stub.arrival()
        stream = await client.post("/generate", json=BODY, headers=EVENTS)
        assert (await stream.content.readuntil(b"\n\n")).startswith(b"event: queued")
        stream.close()
        await until(lambda: is_queue(client, 1, 0))
        await leave(first)
        await assert_settled(client, proxy, accepted=2)
        assert len(stub.requests) == 1


async def test_who_leaves_before_the_headers_frees_the_server(
    stub: StubServer, proxy: FaultProxy
) -> None:
    stub.handler = never
    async with gateway_for(proxy.url) as client:
        waiting = asyncio.create_task(generate(client))
        await stub.arrival()
        await leave(waiting)
        await asyncio.wait_for(stub.abandoned.wait(), PATIENCE_S)
        await assert_settled(client, proxy, accepted=1)


@pytest.mark.parametrize("accept", ["text/event-stream", "image/png"])
async def test_who_leaves_amid_the_answer_frees_the_server(
    stub: StubServer, proxy: FaultProxy, accept: str
) -> None:
    stub.handler = begin_and_stop
    async with gateway_for(proxy.url) as client:
        answer = await client.post("/generate", json=BODY, headers={"Accept": accept})
        assert await answer.content.readexactly(3) == b": h"
        answer.close()
        await asyncio.wait_for(stub.abandoned.wait(), PATIENCE_S)
        await assert_settled(client, proxy, accepted=1)
        assert await outcomes(client) == {"client_left": 1}


@pytest.mark.system
async def test_a_storm_of_clients_that_leave_at_once_leaves_nothing_behind(
    stub: StubServer, proxy: FaultProxy
) -> None:
    """What httpx's pool does not survive: connections cancelled in every state."""

    async def sometimes(request: web.Request) -> web.StreamResponse:
        if len(stub.requests) % 2:
            return web.json_response({})
        return await never(request)

    stub.handler = sometimes
    async with gateway_for(
        proxy.url, max_concurrent_requests=20, max_queue=40
    ) as client:
        await generate(client)
        before = descriptors(os.getpid())
        port = port_of(client)
        await asyncio.gather(*(come_and_go(port, n) for n in range(20)))
        await assert_settled(client, proxy)
        stub.handler = answer_at_once
        for _ in range(20):
            assert (await generate(client)).status == 200
        # Some connections are kept for the next requests, on both sides.
        assert descriptors(os.getpid()) <= before + 40
        text = await outcomes(client)
        assert text["client_left"] > STORM / 10


async def come_and_go(port: int, number: int) -> None:
    """One client after the other; each leaves a little later than the last."""
    request = (
        b"POST /generate HTTP/1.1\r\nHost: gateway\r\n"
        b"Content-Type: application/json\r\nContent-Length: 19\r\n\r\n"
        b'{"prompt": "a fox"}'
    )
    for turn in range(STORM // 20):
        async with connected(port) as (_, writer):
            writer.write(request)
            await writer.drain()
            for _ in range((number * 7 + turn) % 40):
                await asyncio.sleep(0)
            if turn % 2:
                await asyncio.sleep(0.001 * (turn % 10))


async def answer_at_once(request: web.Request) -> web.StreamResponse:
    return web.json_response({})

import asyncio

import aiohttp
import pytest
from aiohttp import web

from tests.gateway.running_gateway import gateway_for
from tests.gateway.stub_server import StubServer, never

pytestmark = pytest.mark.component

PATIENCE_S = 5.0


async def leave(request: asyncio.Task[aiohttp.ClientResponse]) -> None:
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)


async def start_and_stop_sending(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": request.headers["Accept"]})
    await response.prepare(request)
    await response.write(b": hello\n\n")
    return await never(request)


async def test_a_client_that_leaves_before_the_first_byte_reaches_the_server(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    stub.handler = never
    waiting = asyncio.create_task(client.post("/generate", json={"prompt": "a fox"}))
    await stub.arrival()
    await leave(waiting)
    await asyncio.wait_for(stub.abandoned.wait(), PATIENCE_S)


async def test_a_client_that_leaves_its_events_reaches_the_server(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    stub.handler = start_and_stop_sending
    headers = {"Accept": "text/event-stream"}
    answer = await client.post("/generate", json={"prompt": "x"}, headers=headers)
    assert await answer.content.readuntil(b"\n\n") == b": hello\n\n"
    answer.close()
    await asyncio.wait_for(stub.abandoned.wait(), PATIENCE_S)


async def test_a_client_that_leaves_amid_an_image_reaches_the_server(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    stub.handler = start_and_stop_sending
    headers = {"Accept": "image/png"}
    answer = await client.post("/generate", json={"prompt": "x"}, headers=headers)
    assert await answer.content.read(1) == b":"
    answer.close()
    await asyncio.wait_for(stub.abandoned.wait(), PATIENCE_S)


async def test_a_client_that_leaves_while_it_is_not_reading_reaches_the_server(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(bytes(2**20))

    stub.handler = endless
    answer = await client.get("/generations/gen_r1_01/images/0")
    answer.close()
    await asyncio.wait_for(stub.abandoned.wait(), PATIENCE_S)


async def test_leaving_is_counted_and_logged_as_499(stub: StubServer) -> None:
    stub.handler = never
    async with gateway_for(stub.url) as client:
        waiting = asyncio.create_task(client.post("/generate", json={"prompt": "x"}))
        await stub.arrival()
        await leave(waiting)
        await asyncio.wait_for(stub.abandoned.wait(), PATIENCE_S)
        text = await (await client.get("/metrics")).text()
    assert "easel_gateway_client_disconnects_total 1.0" in text
    assert 'upstream_requests_total{outcome="client_left"} 1.0' in text
    assert 'route="/generate",status="499"} 1.0' in text


async def test_a_complete_answer_is_not_counted_as_left(
    client: aiohttp.ClientSession,
) -> None:
    for _ in range(20):
        async with client.post("/generate", json={"prompt": "x"}) as answer:
            await answer.read()
    text = await (await client.get("/metrics")).text()
    assert "easel_gateway_client_disconnects_total 0.0" in text
    assert 'upstream_requests_total{outcome="answered"} 20.0' in text


async def test_many_who_leave_do_no_harm_to_those_who_stay(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    async def only_foxes(request: web.Request) -> web.StreamResponse:
        if b"fox" in await request.read():
            return web.json_response({})
        return await never(request)

    stub.handler = only_foxes
    for _ in range(30):
        waiting = asyncio.create_task(client.post("/generate", json={"prompt": "x"}))
        await stub.arrival()
        await leave(waiting)
    for _ in range(10):
        async with client.post("/generate", json={"prompt": "a fox"}) as answer:
            assert answer.status == 200

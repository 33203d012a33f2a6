"""The door where it stands: in front of a server, behind real HTTP."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from tests.gateway.running_gateway import gateway_for
from tests.gateway.stub_server import StubServer, never

pytestmark = pytest.mark.component

GENERATION = {"prompt": "x"}


async def status_of_one(client: aiohttp.ClientSession) -> int:
    async with client.post("/generate", json=GENERATION) as answer:
        await answer.read()
        return answer.status


async def one_waits(client: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(10):
        while True:
            async with client.get("/health") as answer:
                if (await answer.json())["queue"]["waiting"] == 1:
                    return


async def test_one_too_many_waits_until_one_before_it_has_left(
    stub: StubServer,
) -> None:
    stub.handler = never
    async with gateway_for(stub.url, max_concurrent_requests=1) as client:
        first = asyncio.create_task(status_of_one(client))
        await stub.arrival()
        second = asyncio.create_task(status_of_one(client))
        await one_waits(client)
        assert len(stub.requests) == 1
        stub.handler = answers
        first.cancel()
        assert await second == 200
        assert len(stub.requests) == 2
        await asyncio.gather(first, return_exceptions=True)


async def test_without_a_queue_one_too_many_is_a_503_at_once(stub: StubServer) -> None:
    stub.handler = never
    async with gateway_for(stub.url, max_concurrent_requests=2, max_queue=0) as client:
        running = []
        for _ in range(2):
            running.append(asyncio.create_task(status_of_one(client)))
            await stub.arrival()
        async with client.post("/generate", json=GENERATION) as answer:
            assert answer.status == 503
            assert int(answer.headers["Retry-After"]) > 0
            document = await answer.json()
        assert document["detail"].startswith("Text-to-image server unavailable")
        assert document["code"] == "queue_full"
        assert len(stub.requests) == 2
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_a_place_is_held_until_the_last_byte(stub: StubServer) -> None:
    may_end = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"first")
        await may_end.wait()
        return response

    stub.handler = handler
    async with gateway_for(stub.url, max_concurrent_requests=1, max_queue=0) as client:
        async with client.post("/generate", json=GENERATION) as answer:
            assert await answer.content.readexactly(5) == b"first"
            assert await status_of_one(client) == 503
            may_end.set()
            await answer.read()
        assert await status_of_one(client) == 200


async def test_what_is_no_generation_needs_no_place(stub: StubServer) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        if request.method == "POST":
            return await never(request)
        return web.json_response({})

    stub.handler = handler
    async with gateway_for(stub.url, max_concurrent_requests=1, max_queue=0) as client:
        running = asyncio.create_task(status_of_one(client))
        await stub.arrival()
        for path in ("/models", "/generations/gen_r1_01", "/health", "/readyz"):
            async with client.get(path) as answer:
                assert answer.status == 200
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_failed_generation_frees_its_place(stub: StubServer) -> None:
    stub.handler = never
    async with gateway_for(
        stub.url, max_concurrent_requests=1, max_queue=0, request_timeout=0.05
    ) as client:
        for _ in range(3):
            assert await status_of_one(client) == 504


async def answers(request: web.Request) -> web.StreamResponse:
    return web.json_response({})

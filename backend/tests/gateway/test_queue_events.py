"""Who listens to events hears of his place while the gateway keeps him waiting."""

import asyncio
import json

import aiohttp
import pytest
from aiohttp import web

from tests.gateway.running_gateway import gateway_for
from tests.gateway.stub_server import StubServer, never, problem

pytestmark = pytest.mark.component

STREAM = b"id: 0\nevent: snapshot\ndata: {}\n\nid: 9\nevent: completed\ndata: {}\n\n"
LISTENS = {"Accept": "text/event-stream"}
FOX = {"prompt": "a fox"}


async def streams(request: web.Request) -> web.StreamResponse:
    return web.Response(body=STREAM, content_type="text/event-stream")


async def next_event(answer: aiohttp.ClientResponse) -> tuple[str, dict[str, object]]:
    lines: dict[str, str] = {}
    while line := (await answer.content.readline()).decode().strip("\n"):
        name, _, value = line.partition(": ")
        lines[name] = value
    return lines.get("event", ""), json.loads(lines.get("data", "null"))


async def test_a_place_in_the_queue_and_then_the_servers_own_events(
    stub: StubServer,
) -> None:
    async with gateway_for(stub.url, max_concurrent_requests=1) as client:
        stub.handler = never
        first = asyncio.create_task(client.post("/generate", json=FOX))
        await stub.arrival()
        stub.handler = streams
        async with client.post("/generate", json=FOX, headers=LISTENS) as answer:
            assert answer.status == 200
            assert answer.headers["X-Accel-Buffering"] == "no"
            name, data = await next_event(answer)
            assert name == "queued"
            assert data["position"] == 1
            first.cancel()
            rest = await answer.read()
        assert rest.endswith(STREAM)


async def test_a_failure_after_that_is_an_event(stub: StubServer) -> None:
    async def fails(request: web.Request) -> web.StreamResponse:
        return problem(500, "engine_failed", "The model failed.")

    async with gateway_for(stub.url, max_concurrent_requests=1) as client:
        stub.handler = never
        first = asyncio.create_task(client.post("/generate", json=FOX))
        await stub.arrival()
        stub.handler = fails
        async with client.post("/generate", json=FOX, headers=LISTENS) as answer:
            assert (await next_event(answer))[0] == "queued"
            first.cancel()
            name, data = await next_event(answer)
            while name == "queued":
                name, data = await next_event(answer)
            assert (name, data["code"]) == ("failed", "engine_failed")
            assert await answer.read() == b""


async def test_who_leaves_while_he_waits_never_reaches_the_server(
    stub: StubServer,
) -> None:
    async with gateway_for(stub.url, max_concurrent_requests=1) as client:
        stub.handler = never
        first = asyncio.create_task(client.post("/generate", json=FOX))
        await stub.arrival()
        answer = await client.post("/generate", json=FOX, headers=LISTENS)
        assert (await next_event(answer))[0] == "queued"
        answer.close()
        while True:
            async with client.get("/health") as health:
                if (await health.json())["queue"]["waiting"] == 0:
                    break
        first.cancel()
        await stub.abandoned.wait()
        assert len(stub.requests) == 1


async def test_who_asks_for_json_waits_without_a_word(stub: StubServer) -> None:
    async with gateway_for(stub.url, max_concurrent_requests=1) as client:
        stub.handler = never
        first = asyncio.create_task(client.post("/generate", json=FOX))
        await stub.arrival()

        async def paints(request: web.Request) -> web.StreamResponse:
            return web.json_response({"painted": True})

        stub.handler = paints
        second = asyncio.create_task(client.post("/generate", json=FOX))
        while True:
            async with client.get("/health") as health:
                if (await health.json())["queue"]["waiting"] == 1:
                    break
        first.cancel()
        async with await second as answer:
            assert await answer.json() == {"painted": True}

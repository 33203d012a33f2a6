"""`POST /models/{id}/tokens`: which server the gateway asks, and for whom."""

import asyncio
import json

import pytest
from aiohttp import web

from tests.gateway.running_gateway import gateway_for
from tests.gateway.stub_server import MODEL, StubServer, never, problem
from tests.gateway.two_servers import two_servers

pytestmark = pytest.mark.component

PROMPT = {"prompt": "a fox"}


async def test_the_server_that_has_the_model_is_asked() -> None:
    async with StubServer() as first, StubServer() as second:
        second.models = [{**MODEL, "id": "org/other"}]
        async with gateway_for(f"{first.url},{second.url}") as client:
            path = "/models/org/other/tokens"
            async with client.post(path, json=PROMPT) as answer:
                assert answer.status == 200
    assert first.requests == []
    (asked,) = second.requests
    assert (asked.method, asked.raw_path) == ("POST", path)
    assert json.loads(second.bodies[0]) == PROMPT


async def test_another_server_answers_for_one_that_is_away() -> None:
    async with two_servers() as (client, first, second):

        async def away(request: web.Request) -> web.StreamResponse:
            return problem(503, "server_stopping", "The server is stopping.")

        first.handler = away
        async with client.post("/models/fake/tokens", json=PROMPT) as answer:
            assert (await answer.json())["by"] == "r2"
    assert [len(stub.requests) for stub in (first, second)] == [1, 1]


async def test_the_last_server_that_is_away_says_why(stub: StubServer) -> None:
    async def away(request: web.Request) -> web.StreamResponse:
        return problem(503, "model_failed", "No tokenizer can be read.")

    stub.handler = away
    async with (
        gateway_for(stub.url) as client,
        client.post("/models/fake/tokens", json=PROMPT) as answer,
    ):
        assert answer.status == 503
        assert "No tokenizer can be read" in (await answer.json())["detail"]


async def test_counting_waits_for_no_generation(stub: StubServer) -> None:
    async def painting(request: web.Request) -> web.StreamResponse:
        if request.path == "/generate":
            await never(request)
        return web.json_response({})

    stub.handler = painting
    async with gateway_for(stub.url, max_concurrent_requests=1) as client:
        generation = asyncio.create_task(client.post("/generate", json=PROMPT))
        await stub.arrival()
        async with client.post("/models/fake/tokens", json=PROMPT) as answer:
            assert answer.status == 200
        generation.cancel()
        await asyncio.gather(generation, return_exceptions=True)

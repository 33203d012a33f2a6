"""A gateway before two stub servers, each of which it knows by name."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from tests.gateway.running_gateway import gateway_for
from tests.gateway.stub_server import StubServer

Painter = Callable[[web.Request], Awaitable[web.StreamResponse]]


def painted_by(name: str) -> Painter:
    """A server that says who it is and which generation it was asked for."""

    async def handler(request: web.Request) -> web.StreamResponse:
        document = {
            "by": name,
            "id": request.headers.get("X-Easel-Generation-Id"),
            "body": json.loads(await request.read() or b"null"),
        }
        return web.json_response(document, headers={"X-Easel-Replica": name})

    return handler


@asynccontextmanager
async def two_servers(
    **settings: Any,
) -> AsyncIterator[tuple[aiohttp.ClientSession, StubServer, StubServer]]:
    """A client of the gateway, and the servers `r1` and `r2`, probed once."""
    async with StubServer() as first, StubServer() as second:
        for name, stub in (("r1", first), ("r2", second)):
            stub.health = {**stub.health, "replica": name}
            stub.handler = painted_by(name)
        urls = f"{first.url},{second.url}"
        async with gateway_for(urls, **settings) as client:
            async with client.get("/health") as answer:
                assert answer.status == 200
            yield client, first, second

"""The real gateway behind uvicorn's real HTTP protocol, in the test's own loop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import uvicorn
from fastapi import FastAPI
from uvicorn.server import ServerState

from easel.clock import Clock
from easel.gateway.app import create_app
from easel.gateway.settings import GatewaySettings


def gateway_settings(**values: Any) -> GatewaySettings:
    """Untouched by the `.env` of whoever runs the tests."""
    return GatewaySettings(_env_file=None, **values)


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """Yields the base URL.

    uvicorn's own Server looks at its stop flag every 0.1 s, twice; a hundred tests
    would wait 20 s for that. Its protocol, which is what matters here, is the same.
    """
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
    config.load()
    protocol: Any = config.http_protocol_class
    state = ServerState()
    listener = socket.create_server(("127.0.0.1", 0))
    async with app.router.lifespan_context(app):
        server = await asyncio.get_running_loop().create_server(
            lambda: protocol(config=config, server_state=state, app_state={}),
            sock=listener,
        )
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.close()
            for connection in list(state.connections):
                connection.transport.abort()
            await asyncio.gather(*state.tasks)


@asynccontextmanager
async def gateway_for(
    server_url: str, clock: Clock | None = None, **settings: Any
) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of a gateway before `server_url`, with a store of its own."""
    with TemporaryDirectory(prefix="easel-") as data_dir:
        settings = {"data_dir": data_dir, **settings}
        app = create_app(
            gateway_settings(text2image_server_url=server_url, **settings), clock=clock
        )
        async with _client_of(app) as client:
            yield client


@asynccontextmanager
async def _client_of(app: FastAPI) -> AsyncIterator[aiohttp.ClientSession]:
    async with (
        serving(app) as base_url,
        aiohttp.ClientSession(base_url, auto_decompress=False) as client,
    ):
        yield client

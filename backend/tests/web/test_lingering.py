"""A server that stops, over real sockets: what has been sent to it is answered."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from easel.web import lingering
from easel.web.lingering import LingeringProtocol

pytestmark = pytest.mark.component

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


class Served:
    """uvicorn's shutdown, but for its waiting."""

    def __init__(self, port: int, state: ServerState) -> None:
        self._port = port
        self._state = state

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        before = len(self._state.connections)
        streams = await asyncio.open_connection("127.0.0.1", self._port)
        while len(self._state.connections) == before:  # noqa: ASYNC110 - uvicorn's set
            await asyncio.sleep(0)
        return streams

    def shut_down(self) -> None:
        for connection in list(self._state.connections):
            connection.shutdown()


@asynccontextmanager
async def serving() -> AsyncIterator[Served]:
    config = uvicorn.Config(app, log_config=None, lifespan="off")
    config.load()
    state = ServerState()
    listener = socket.create_server(("127.0.0.1", 0))
    server = await asyncio.get_running_loop().create_server(
        lambda: LingeringProtocol(config=config, server_state=state, app_state={}),
        sock=listener,
    )
    try:
        yield Served(listener.getsockname()[1], state)
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        await asyncio.gather(*state.tasks)


async def test_what_comes_just_after_the_end_has_begun_is_served_and_is_the_last() -> (
    None
):
    async with serving() as served:
        reader, writer = await served.connect()
        served.shut_down()
        writer.write(REQUEST)
        answer = await reader.read()  # until it is closed
        writer.close()
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"connection: close\r\n" in answer
    assert answer.endswith(b"\r\n\r\nok")


async def test_a_kept_connection_has_one_more_request() -> None:
    async with serving() as served:
        reader, writer = await served.connect()
        writer.write(REQUEST)
        first = await reader.readuntil(b"\r\n\r\nok")
        assert b"connection: close" not in first
        served.shut_down()
        writer.write(REQUEST)
        assert b"connection: close\r\n" in await reader.read()
        writer.close()


async def test_who_sends_nothing_is_closed_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lingering, "LINGER_S", 0.01)
    async with serving() as served:
        reader, writer = await served.connect()
        served.shut_down()
        assert await reader.read() == b""
        writer.close()

"""Requests that do not arrive, by a clock that the tests turn."""

import asyncio
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from easel.web.timely_http import HEAD_S, PIECE_S, TimelyProtocol

KEEP_ALIVE_S = 75
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"


class TurnedLoop:
    """The running loop, but for its time."""

    def __init__(self) -> None:
        self._now = 0.0
        self._timers: list[tuple[asyncio.TimerHandle, Any]] = []

    def time(self) -> float:
        return self._now

    def call_at(self, when: float, act: Any, *args: Any) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, act, args, asyncio.get_running_loop())
        self._timers.append((handle, lambda: act(*args)))
        return handle

    def call_later(self, delay: float, act: Any, *args: Any) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, act, *args)

    def create_task(self, coroutine: Any) -> asyncio.Task[Any]:
        return asyncio.get_running_loop().create_task(coroutine)

    def turn(self, seconds: float) -> None:
        until = self._now + seconds
        while due := [one for one in self._timers if one[0].when() <= until]:
            first = min(due, key=lambda one: one[0].when())
            self._timers.remove(first)
            handle, act = first
            if not handle.cancelled():
                self._now = handle.when()
                act()
        self._now = until


class Wire(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.is_open = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += bytes(data)

    def close(self) -> None:
        self.is_open = False

    def is_closing(self) -> bool:
        return not self.is_open

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Client:
    """One connection to an app that answers when it is let."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        config = uvicorn.Config(
            self._app,
            interface="asgi3",
            log_config=None,
            timeout_keep_alive=KEEP_ALIVE_S,
        )
        config.load()
        self.state = ServerState()
        self.loop = TurnedLoop()
        self.wire = Wire()
        self.protocol = TimelyProtocol(
            config=config,
            server_state=self.state,
            app_state={},
            _loop=self.loop,
        )
        self.protocol.connection_made(self.wire)

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.may_answer.wait()
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    def says(self, data: bytes) -> None:
        self.protocol.data_received(data)

    async def is_answered(self) -> None:
        self.may_answer.set()
        await asyncio.gather(*self.state.tasks)
        self.may_answer.clear()

    def is_given_up(self) -> bool:
        return not self.wire.is_open and self.wire.sent.startswith(b"HTTP/1.1 408 ")


@pytest.fixture
async def client() -> Client:
    return Client()


async def test_a_connection_on_which_nothing_is_said_is_closed_without_a_word(
    client: Client,
) -> None:
    client.loop.turn(KEEP_ALIVE_S - 1)
    assert client.wire.is_open
    client.loop.turn(1)
    assert (client.wire.is_open, client.wire.sent) == (False, b"")


async def test_a_head_has_its_time_however_many_pieces_come(client: Client) -> None:
    client.loop.turn(60)
    for byte in HEAD[: int(HEAD_S)]:
        assert client.wire.is_open
        client.says(bytes([byte]))
        client.loop.turn(1)
    assert client.is_given_up()


async def test_a_body_may_be_long_but_not_stand_still(client: Client) -> None:
    client.says(HEAD)
    for _ in range(3):
        client.loop.turn(PIECE_S - 1)
        client.says(b"x")
    assert client.wire.is_open
    client.loop.turn(PIECE_S)
    assert client.is_given_up()


async def test_a_whole_request_has_all_time_for_its_answer(client: Client) -> None:
    client.says(HEAD + b"1234")
    client.loop.turn(1000)
    await client.is_answered()
    assert client.wire.sent.endswith(b"ok")
    client.loop.turn(KEEP_ALIVE_S - 1)
    assert client.wire.is_open
    client.says(HEAD[:9])
    client.loop.turn(HEAD_S)
    assert not client.wire.is_open
    assert client.wire.sent.count(b"HTTP/1.1 408 ") == 1


async def test_an_answer_is_not_cut_for_half_a_request_behind_it(
    client: Client,
) -> None:
    client.says(HEAD + b"1234" + HEAD[:9])
    client.loop.turn(1000)
    assert (client.wire.is_open, client.wire.sent) == (True, b"")
    await client.is_answered()
    assert client.wire.sent.endswith(b"ok")
    client.loop.turn(PIECE_S)
    assert not client.wire.is_open


async def test_who_was_answered_early_and_stops_in_the_body_is_cut_off(
    client: Client,
) -> None:
    client.says(HEAD)
    await client.is_answered()
    sent = client.wire.sent
    assert sent.endswith(b"ok")
    client.loop.turn(PIECE_S)
    assert (client.wire.is_open, client.wire.sent) == (False, sent)


async def test_a_client_without_room_to_send_is_waited_for(client: Client) -> None:
    large = HEAD.replace(b"4", b"1000000")
    client.says(large + bytes(200_000))
    assert client.protocol.flow.read_paused
    client.loop.turn(1000)
    assert client.wire.is_open
    client.protocol.flow.resume_reading()
    client.loop.turn(2 * PIECE_S)
    assert client.is_given_up()


async def test_a_connection_that_has_gone_is_looked_at_no_more(client: Client) -> None:
    client.says(HEAD[:9])
    client.protocol.connection_lost(None)
    client.loop.turn(1000)
    assert client.wire.sent == b""

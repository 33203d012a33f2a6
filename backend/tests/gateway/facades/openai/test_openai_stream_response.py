"""How a stream begins and ends, without a socket."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from starlette.types import Message, Scope

from easel.errors import QueueFull
from easel.gateway.facades.openai.stream_response import StreamResponse
from easel.web.sse import HEARTBEAT

SCOPE: Scope = {"type": "http", "method": "POST", "path": "/v1/images/generations"}
PATIENCE_S = 5.0
SendEvent = Callable[[bytes], Awaitable[None]]


class Client:
    """Stays until the end, and keeps what it gets."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.has_something = asyncio.Event()

    async def receive(self) -> Message:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async def send(self, message: Message) -> None:
        self.messages.append(message)
        self.has_something.set()

    @property
    def statuses(self) -> list[int]:
        return [one["status"] for one in self.messages if "status" in one]

    @property
    def body(self) -> bytes:
        return b"".join(one.get("body", b"") for one in self.messages)

    @property
    def has_end(self) -> bool:
        return not self.messages[-1].get("more_body", False)


async def never(send: SendEvent) -> None:
    await asyncio.Event().wait()


async def refused(send: SendEvent) -> None:
    raise QueueFull("full")


async def begun_and_refused(send: SendEvent) -> None:
    await send(b"data: 1\n\n")
    raise QueueFull("full")


async def begun_and_broken(send: SendEvent) -> None:
    await send(b"data: 1\n\n")
    raise RuntimeError("a bug")


async def test_a_refusal_before_the_first_event_is_a_status() -> None:
    client = Client()
    await StreamResponse(refused)(SCOPE, client.receive, client.send)
    assert client.statuses == [503]
    assert json.loads(client.body)["code"] == "queue_full"


async def test_a_refusal_after_it_is_the_last_event() -> None:
    client = Client()
    await StreamResponse(begun_and_refused)(SCOPE, client.receive, client.send)
    assert client.statuses == [200]
    first, last, rest = client.body.split(b"\n\n")
    assert (first, rest) == (b"data: 1", b"")
    assert last.startswith(b"event: error\n")
    assert client.has_end


async def test_a_stop_is_told_to_who_listens() -> None:
    client = Client()
    response = StreamResponse(never, heartbeat_s=0.001)
    answering = asyncio.ensure_future(response(SCOPE, client.receive, client.send))
    await client.has_something.wait()
    answering.cancel()
    await answering
    assert client.body.startswith(HEARTBEAT)
    assert b'"server_stopping"' in client.body
    assert client.has_end


async def test_a_bug_cuts_the_stream_off() -> None:
    client = Client()
    with pytest.raises(RuntimeError):
        await StreamResponse(begun_and_broken)(SCOPE, client.receive, client.send)
    assert not client.has_end


async def test_heartbeats_end_with_the_stream() -> None:
    client = Client()

    async def waits_and_ends(send: SendEvent) -> None:
        await client.has_something.wait()
        await send(b"data: 1\n\n")

    response = StreamResponse(waits_and_ends, heartbeat_s=0.001)
    await response(SCOPE, client.receive, client.send)
    assert client.statuses == [200]
    assert client.body.startswith(HEARTBEAT)
    assert client.body.endswith(b"data: 1\n\n")
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(
            *asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True
        )

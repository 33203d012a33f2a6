"""A generation's events as an HTTP answer: snapshot, events, heartbeats."""

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from easel.contract.generations import Generation
from easel.text2image.live_generation import LiveGeneration, StopReason
from easel.web.disconnect import ClientLeft, unless_client_leaves
from easel.web.sse import (
    HEARTBEAT,
    HEARTBEAT_S,
    SSE_HEADERS,
    SSE_MEDIA_TYPE,
    encode_event,
)


class EventStream(Response):
    """Follows one generation until it ends, the client leaves, or its time is over.

    Args:
        live: The generation.
        after_id: The last event that the client has; a snapshot, then what is newer.
        on_leave: Told why it follows no longer.
        until_s: When its time is over, by the event loop's clock; None: never. Then a
            generation that goes on without it is left without an end.
        headers: Sent besides those of every event stream.
    """

    media_type = SSE_MEDIA_TYPE

    def __init__(
        self,
        live: LiveGeneration,
        *,
        after_id: int,
        on_leave: Callable[[StopReason], None] = lambda reason: None,
        until_s: float | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(headers={**SSE_HEADERS, **(headers or {})})
        del self.headers["content-length"]
        self._live = live
        self._last_id = after_id
        self._on_leave = on_leave
        self._until_s = math.inf if until_s is None else until_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._live.watchers += 1
        try:
            with suppress(ClientLeft, OSError), self._time_limit():
                await unless_client_leaves(receive, self._stream(send))
        finally:
            self._live.watchers -= 1
            self._on_leave("client_disconnected")

    @contextmanager
    def _time_limit(self) -> Iterator[None]:
        """Leave when the time is over, also while a slow client blocks the stream."""
        if self._until_s == math.inf:
            yield
            return
        loop = asyncio.get_running_loop()
        timer = loop.call_at(self._until_s, self._on_leave, "deadline")
        try:
            yield
        finally:
            timer.cancel()

    async def _stream(self, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )

        async def write(chunk: bytes, more: bool = True) -> None:
            await send({"type": "http.response.body", "body": chunk, "more_body": more})

        await write(_snapshot(self._last_id, self._live.document))
        log = self._live.log
        while not (log.is_closed and self._last_id >= log.last_id):
            left_s = self._until_s - asyncio.get_running_loop().time()
            if left_s <= 0:
                self._on_leave("deadline")
                if not log.is_closed:
                    break
            events = await log.beyond(self._last_id, max(0, min(HEARTBEAT_S, left_s)))
            if not events:
                await write(HEARTBEAT)
            for event in events:
                await write(encode_event(event.id, event.name, event.data))
                self._last_id = event.id
        await write(b"", more=False)


def _snapshot(event_id: int, document: Generation) -> bytes:
    return encode_event(event_id, "snapshot", document)

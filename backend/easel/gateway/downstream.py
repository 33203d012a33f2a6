"""The answer on its way to the client, and how to break it off honestly."""

import asyncio
import logging
from contextlib import suppress

from fastapi.sse import format_sse_event
from starlette.types import Send

from easel.errors import ServiceError
from easel.telemetry.request_id import current_request_id
from easel.web.sse import SSE_MEDIA_TYPE

log = logging.getLogger(__name__)

# An empty line ends an event; the specification allows three kinds of line end.
_EVENT_ENDS = (b"\n\n", b"\r\r", b"\r\n\r\n")

# A client that does not read its last words has them no longer.
_LAST_WORDS_S = 2.0


class Downstream:
    def __init__(self, send: Send) -> None:
        self._send = send
        self._is_event_stream = False
        self._tail = b"\n\n"  # nothing sent yet is between two events
        self.has_started = False
        self.is_complete = False

    async def start(
        self, status: int, headers: list[tuple[bytes, bytes]], media_type: str
    ) -> None:
        self._is_event_stream = media_type == SSE_MEDIA_TYPE
        self.has_started = True
        await self._send(
            {"type": "http.response.start", "status": status, "headers": headers}
        )

    async def send(self, chunk: bytes) -> None:
        if self._is_event_stream:
            self._tail = (self._tail + chunk[-4:])[-4:]
        await self._send(
            {"type": "http.response.body", "body": chunk, "more_body": True}
        )

    async def end(self) -> None:
        # Before, not after: the server tells us of the client's leaving meanwhile.
        self.is_complete = True
        await self._send({"type": "http.response.body", "body": b""})

    async def break_off(self, fault: ServiceError | None) -> None:
        """End an answer that has begun and cannot be completed.

        Between two events of a stream the client is told of `fault` in a `failed`
        event. Everywhere else its connection is cut: returning from an ASGI app in
        mid-body makes the web server do so, and no client takes the part for the
        whole.
        """
        if fault is None or not self._is_event_stream or not self._is_between_events:
            log.warning("answer cut off: %s", fault or "the server broke off")
            return
        problem = fault.problem(current_request_id())
        # Without an id: who reconnects continues after the server's own last event.
        event = format_sse_event(event="failed", data_str=problem.model_dump_json())
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_S):
                await self.send(event)
                await self.end()

    @property
    def _is_between_events(self) -> bool:
        return self._tail.endswith(_EVENT_ENDS)

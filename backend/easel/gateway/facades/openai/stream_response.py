"""An event stream that begins as late as it can, and ends honestly.

Until the first event a failure is a status code, and after it an `error` event. The
first thing sent may be a heartbeat: proxies would cut a connection that stays silent
while the generation waits for its turn.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from easel.errors import ServerStopping, ServiceError
from easel.gateway.facades.openai.image_events import error_event
from easel.telemetry.request_id import current_request_id
from easel.web.disconnect import ClientLeft, unless_client_leaves
from easel.web.problems import problem_response
from easel.web.sse import HEARTBEAT, HEARTBEAT_S, SSE_HEADERS, SSE_MEDIA_TYPE

# A client that does not read its last words has them no longer.
_LAST_WORDS_S = 2.0

SendEvent = Callable[[bytes], Awaitable[None]]


class StreamResponse(Response):
    """Pure ASGI.

    Args:
        run: Sends the events; raises ServiceError where it cannot.
        heartbeat_s: Longest silence.
    """

    media_type = SSE_MEDIA_TYPE

    def __init__(
        self,
        run: Callable[[SendEvent], Awaitable[None]],
        *,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        super().__init__(headers=SSE_HEADERS)
        del self.headers["content-length"]
        self._run = run
        self._heartbeat_s = heartbeat_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        events = _Events(send, self.raw_headers)
        try:
            error = await unless_client_leaves(receive, self._stream(events))
        except (ClientLeft, OSError):
            return
        except asyncio.CancelledError:
            # The grace of a stop signal is over: uvicorn cancels what still runs.
            error = ServerStopping("The gateway is stopping.")
        if error is None:
            return
        if not events.have_begun:
            await problem_response(error)(scope, receive, send)
            return
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(_LAST_WORDS_S):
                await events.send(error_event(error.problem(current_request_id())))
                await events.end()

    async def _stream(self, events: "_Events") -> ServiceError | None:
        """Why the stream could not be completed, or None."""
        beating = asyncio.ensure_future(self._beat(events))
        try:
            await self._run(events.send)
            await events.end()
        except ServiceError as error:
            return error
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
        return None

    async def _beat(self, events: "_Events") -> None:
        while True:
            await asyncio.sleep(self._heartbeat_s)
            await events.send(HEARTBEAT)


class _Events:
    """One at a time, each whole, whoever sends them."""

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        self._send = send
        self._headers = headers
        self._turn = asyncio.Lock()
        self.have_begun = False

    async def send(self, event: bytes) -> None:
        async with self._turn:
            if not self.have_begun:
                self.have_begun = True
                await self._send(
                    {
                        "type": "http.response.start",
                        "status": 200,
                        "headers": self._headers,
                    }
                )
            await self._send(
                {"type": "http.response.body", "body": event, "more_body": True}
            )

    async def end(self) -> None:
        async with self._turn:
            await self._send({"type": "http.response.body", "body": b""})

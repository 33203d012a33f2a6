"""A generation's events as an HTTP answer: snapshot, events, heartbeats."""

from collections.abc import Callable

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from easel.contract.generations import Generation
from easel.text2image.live_generation import LiveGeneration
from easel.web.disconnect import ClientLeft, unless_client_leaves
from easel.web.sse import (
    HEARTBEAT,
    HEARTBEAT_S,
    SSE_HEADERS,
    SSE_MEDIA_TYPE,
    encode_event,
)


class EventStream(Response):
    """Follows one generation until it ends or the client leaves.

    Args:
        live: The generation.
        after_id: The last event that the client has; a snapshot, then what is newer.
        on_leave: Called when the client leaves before the end.
        headers: Sent besides those of every event stream.
    """

    media_type = SSE_MEDIA_TYPE

    def __init__(
        self,
        live: LiveGeneration,
        *,
        after_id: int,
        on_leave: Callable[[], None] = lambda: None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(headers={**SSE_HEADERS, **(headers or {})})
        del self.headers["content-length"]
        self._live = live
        self._last_id = after_id
        self._on_leave = on_leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._live.watchers += 1
        try:
            await unless_client_leaves(receive, self._stream(send))
        except (ClientLeft, OSError):
            self._on_leave()
        finally:
            self._live.watchers -= 1

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
            events = await log.beyond(self._last_id, HEARTBEAT_S)
            if not events:
                await write(HEARTBEAT)
            for event in events:
                await write(encode_event(event.id, event.name, event.data))
                self._last_id = event.id
        await write(b"", more=False)


def _snapshot(event_id: int, document: Generation) -> bytes:
    return encode_event(event_id, "snapshot", document)

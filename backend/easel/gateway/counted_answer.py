"""An answer that knows whether its images reached the caller."""

from collections.abc import Callable

from easel.gateway.upstream import UpstreamAnswer
from easel.web.sse import SSE_MEDIA_TYPE

_COMPLETED = b"event: completed"


class CountedAnswer(UpstreamAnswer):
    """Tells when all of it was taken: only then do its images count."""

    def __init__(
        self, answer: UpstreamAnswer, on_delivered: Callable[[], None]
    ) -> None:
        super().__init__(answer.status, answer.media_type)
        self._answer = answer
        self._on_delivered = on_delivered
        self._is_event_stream = self.media_type == SSE_MEDIA_TYPE
        self._has_images = self.status == 200 and not self._is_event_stream
        self._tail = b""

    def header(self, name: str) -> str | None:
        return self._answer.header(name)

    def headers(self) -> list[tuple[bytes, bytes]]:
        return self._answer.headers()

    def close(self) -> None:
        self._answer.close()

    async def next_chunk(self) -> bytes:
        chunk = await self._answer.next_chunk()
        if not chunk:
            if self._has_images:
                self._has_images = False
                self._on_delivered()
        elif self._is_event_stream and not self._has_images:
            self._look_for_the_end(chunk)
        return chunk

    def _look_for_the_end(self, chunk: bytes) -> None:
        """The word may be cut in two."""
        length = len(_COMPLETED)
        self._has_images = (
            _COMPLETED in chunk or _COMPLETED in self._tail + chunk[:length]
        )
        self._tail = (self._tail + chunk[-length:])[-length:]

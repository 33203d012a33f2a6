"""An upstream's answer without an upstream."""

from collections.abc import AsyncIterator

from easel.gateway.upstream import UpstreamAnswer


class CannedAnswer(UpstreamAnswer):
    """Without headers; its body comes from `pieces`."""

    def __init__(
        self, status: int, media_type: str, pieces: AsyncIterator[bytes]
    ) -> None:
        super().__init__(status, media_type)
        self._pieces = pieces

    def header(self, name: str) -> str | None:
        return None

    def headers(self) -> list[tuple[bytes, bytes]]:
        return []

    async def next_chunk(self) -> bytes:
        return await anext(self._pieces, b"")

    def close(self) -> None:
        return None

"""The only HTTP client of the gateway: one connection pool to its server.

Answers are read as they come and never whole. What goes wrong on the way becomes
one of three errors, in the words of the setup guide.
"""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from easel.errors import UpstreamTimeout, UpstreamUnreachable
from easel.telemetry.request_id import REQUEST_ID_HEADER, current_request_id

log = logging.getLogger(__name__)

CANNOT_CONNECT = "Cannot connect to text-to-image server"
TIMED_OUT = "Request to text-to-image server timed out"
UNAVAILABLE = "Text-to-image server unavailable"

# Resolving the name, TCP and TLS; longer than a retransmitted SYN (1 s) takes.
_CONNECT_S = 3.0

# They speak of one connection, not of the answer (RFC 9110, 7.6.1), or are written
# anew by the gateway's own server.
_HOP_HEADERS = frozenset(
    {
        *(b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization"),
        *(b"te", b"trailer", b"transfer-encoding", b"upgrade"),
        *(b"date", b"server"),
    }
)


@dataclass(frozen=True)
class UpstreamRequest:
    """One request to the server: `target` is path and query as they go on the wire."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None = None


class UpstreamAnswer:
    """Status and headers are here, the body is still on its way."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.media_type = response.content_type

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers that may travel on, in their order."""
        raw = self._response.raw_headers
        hop_headers = set(_HOP_HEADERS)
        for name, value in raw:
            if name.lower() == b"connection":
                hop_headers.update(token.strip() for token in value.lower().split(b","))
        return [pair for pair in raw if pair[0].lower() not in hop_headers]

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body in pieces, each as soon as it is there.

        Raises:
            UpstreamUnreachable: the server broke off before the end.
            UpstreamTimeout: it was silent for too long.
        """
        try:
            async for chunk in self._response.content.iter_any():
                yield chunk
        except aiohttp.SocketTimeoutError as error:
            raise UpstreamTimeout(TIMED_OUT) from error
        except (aiohttp.ClientError, OSError) as error:
            _log("the text-to-image server broke off its answer", error)
            raise UpstreamUnreachable(CANNOT_CONNECT) from error

    async def read(self, limit_bytes: int) -> bytes:
        """The body's first `limit_bytes` or fewer, for answers that are small."""
        body = bytearray()
        async for chunk in self.chunks():
            body += chunk
            if len(body) >= limit_bytes:
                break
        return bytes(body[:limit_bytes])


class Upstream:
    """Use as a context manager: the pool lives as long as the block."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            # The gateway's own slots are the limit; a second one here would queue
            # unseen.
            connector=aiohttp.TCPConnector(limit=0),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
        )
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._session is not None
        await self._session.close()

    @asynccontextmanager
    async def open(
        self, request: UpstreamRequest, *, silence_s: float | None = None
    ) -> AsyncIterator[UpstreamAnswer]:
        """Send `request`; leaving the block early hangs up.

        Args:
            request: What to ask.
            silence_s: Longest wait between two bytes, if there is to be one.

        Raises:
            UpstreamUnreachable: no answer could be had.
            UpstreamTimeout: it was silent for too long.
        """
        assert self._session is not None, "used outside of its block"
        try:
            response = await self._session.request(
                request.method,
                URL(self._base_url + request.target, encoded=True),
                headers={**request.headers, REQUEST_ID_HEADER: current_request_id()},
                data=request.body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(connect=_CONNECT_S, sock_read=silence_s),
            )
        except aiohttp.SocketTimeoutError as error:
            raise UpstreamTimeout(TIMED_OUT) from error
        except (aiohttp.ClientError, OSError) as error:
            _log("no answer from the text-to-image server", error)
            raise UpstreamUnreachable(CANNOT_CONNECT) from error
        try:
            yield UpstreamAnswer(response)
        finally:
            # After the last byte this does nothing: the connection is back in the pool.
            response.close()


def _log(what: str, error: Exception) -> None:
    """The cause, which callers are not told: it names hosts and ports."""
    log.warning("%s: %s: %s", what, type(error).__name__, error)

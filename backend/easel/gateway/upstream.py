"""The gateway's HTTP client: one connection pool to each text-to-image server.

Servers of other makes have theirs, behind the same interface (`foreign/`). Answers
are read as they come and never whole. What goes wrong on the way becomes one of three
errors, in the words of the setup guide.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Self

import aiohttp
from pydantic import ValidationError
from yarl import URL

from easel.contract.errors import Problem
from easel.errors import (
    ServiceError,
    UpstreamTimeout,
    UpstreamUnavailable,
    UpstreamUnreachable,
    error_of,
)
from easel.gateway.answer_headers import passed_on
from easel.telemetry.request_id import REQUEST_ID_HEADER, current_request_id
from easel.telemetry.tracing import trace_headers

log = logging.getLogger(__name__)

CANNOT_CONNECT = "Cannot connect to text-to-image server"
TIMED_OUT = "Request to text-to-image server timed out"
UNAVAILABLE = "Text-to-image server unavailable"

# The one that is asked most: its URL is made once.
_GENERATE = "/generate"

# Resolving the name, TCP and TLS; longer than a retransmitted SYN (1 s) takes.
_CONNECT_S = 3.0

# A problem document is a few hundred bytes; a proxy's error page may be anything.
_PROBLEM_BYTES = 64 * 1024


class NoConnection(UpstreamUnreachable):
    """Nothing was sent: trying elsewhere cannot do anything twice."""


@dataclass(frozen=True)
class UpstreamRequest:
    """One request to the server.

    Attributes:
        target: Path and query as they go on the wire.
        is_probe: One of many that ask how it is: failing is no news.
        is_retry: On a new connection, for those that are kept may all be gone.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None = None
    is_probe: bool = False
    is_retry: bool = False


class UpstreamAnswer(ABC):
    """Status and headers are here, the body is still on its way.

    Attributes:
        on_break: Called when the body breaks off.
    """

    def __init__(self, status: int, media_type: str) -> None:
        self.status = status
        self.media_type = media_type
        self.on_break: Callable[[], None] | None = None

    @abstractmethod
    def header(self, name: str) -> str | None: ...

    @abstractmethod
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers that may travel on, in their order; names in lower case."""

    @abstractmethod
    async def next_chunk(self) -> bytes:
        """The next piece of the body; empty at its end. Raises as `chunks`."""

    @abstractmethod
    def close(self) -> None:
        """Hang up; after the last byte this does nothing."""

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body in pieces, each as soon as it is there.

        Raises:
            UpstreamUnreachable: the server broke off before the end.
            UpstreamTimeout: it was silent for too long.
        """
        while chunk := await self.next_chunk():
            yield chunk

    async def read(self, limit_bytes: int) -> bytes:
        """The body's first `limit_bytes` or fewer, for answers that are small."""
        body = bytearray()
        async for chunk in self.chunks():
            body += chunk
            if len(body) >= limit_bytes:
                break
        return bytes(body[:limit_bytes])

    async def error(self) -> ServiceError:
        """What an answer of 400 or above says, as an error of our own."""
        try:
            problem = Problem.model_validate_json(await self.read(_PROBLEM_BYTES))
        except ValidationError:
            return UpstreamUnavailable(UNAVAILABLE)
        return error_of(problem)


class HttpAnswer(UpstreamAnswer):
    """As it comes over the network."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        super().__init__(response.status, response.content_type)
        self._response = response

    def header(self, name: str) -> str | None:
        return self._response.headers.get(name)

    def headers(self) -> list[tuple[bytes, bytes]]:
        return passed_on(self._response.raw_headers)

    async def next_chunk(self) -> bytes:
        try:
            # Not `readany`: it joins all that is there, several times a chunk's size.
            # An empty piece is the end of the body, but for one that only says where
            # a chunk of HTTP ended.
            content = self._response.content
            chunk, is_mark = b"", True
            while is_mark and not (chunk or content.at_eof()):
                chunk, is_mark = await content.readchunk()
        except aiohttp.SocketTimeoutError as error:
            raise UpstreamTimeout(TIMED_OUT) from error
        except (aiohttp.ClientError, OSError) as error:
            log.warning(
                "the text-to-image server broke off its answer: %s: %s",
                type(error).__name__,
                error,
            )
            if self.on_break is not None:
                self.on_break()
            raise UpstreamUnreachable(CANNOT_CONNECT) from error
        return chunk

    def close(self) -> None:
        # After the last byte the connection is in the pool, and stays there.
        self._response.close()


class UpstreamClient(ABC):
    """Of one server. Use as a context manager."""

    @abstractmethod
    async def __aenter__(self) -> Self: ...

    @abstractmethod
    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    @abstractmethod
    async def send(
        self, request: UpstreamRequest, *, silence_s: float | None = None
    ) -> UpstreamAnswer:
        """Send `request`; closing the answer early hangs up.

        Args:
            request: What to ask.
            silence_s: Longest wait between two bytes, if there is to be one.

        Raises:
            NoConnection: the server could not be reached.
            UpstreamUnreachable: it broke off before its answer.
            UpstreamTimeout: it was silent for too long.
        """

    @asynccontextmanager
    async def open(
        self, request: UpstreamRequest, *, silence_s: float | None = None
    ) -> AsyncIterator[UpstreamAnswer]:
        """As `send`; leaving the block closes the answer."""
        answer = await self.send(request, silence_s=silence_s)
        try:
            yield answer
        finally:
            answer.close()


class Upstream(UpstreamClient):
    """Use as a context manager: the pool lives as long as the block."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._generate_url = URL(self._base_url + _GENERATE, encoded=True)
        self._session: aiohttp.ClientSession | None = None
        self._without_pool: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = _session(keeps_connections=True)
        self._without_pool = _session(keeps_connections=False)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._session is not None
        assert self._without_pool is not None
        await self._session.close()
        await self._without_pool.close()

    async def send(
        self, request: UpstreamRequest, *, silence_s: float | None = None
    ) -> UpstreamAnswer:
        """See `UpstreamClient.send`."""
        session = self._without_pool if request.is_retry else self._session
        assert session is not None, "used outside of its block"
        try:
            response = await session.request(
                request.method,
                self._url(request.target),
                headers={
                    **request.headers,
                    **trace_headers(),
                    REQUEST_ID_HEADER: current_request_id(),
                },
                data=request.body,
                allow_redirects=False,
                timeout=_timeout(silence_s),
            )
        except aiohttp.SocketTimeoutError as error:
            raise UpstreamTimeout(TIMED_OUT) from error
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            _log("no connection to the text-to-image server", error, request)
            raise NoConnection(CANNOT_CONNECT) from error
        except (aiohttp.ClientError, OSError) as error:
            _log("no answer from the text-to-image server", error, request)
            raise UpstreamUnreachable(CANNOT_CONNECT) from error
        return HttpAnswer(response)

    def _url(self, target: str) -> URL:
        if target == _GENERATE:
            return self._generate_url
        return URL(self._base_url + target, encoded=True)


def _session(*, keeps_connections: bool) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        # The gateway's own door is the limit; a second one here would queue unseen.
        connector=aiohttp.TCPConnector(limit=0, force_close=not keeps_connections),
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
    )


@cache
def _timeout(silence_s: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(connect=_CONNECT_S, sock_read=silence_s)


def _log(what: str, error: Exception, request: UpstreamRequest) -> None:
    """The cause, which callers are not told: it names hosts and ports."""
    level = logging.DEBUG if request.is_probe else logging.WARNING
    log.log(level, "%s: %s: %s", what, type(error).__name__, error)

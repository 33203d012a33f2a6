"""HTTP towards a server of another make: JSON both ways, and what its errors mean."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from types import SimpleNamespace, TracebackType
from typing import Any, NoReturn, Self

import aiohttp

from easel.errors import (
    ContentRefused,
    EngineFailed,
    InvalidRequest,
    QueueFull,
    ServiceError,
    UpstreamTimeout,
    UpstreamUnavailable,
    UpstreamUnreachable,
)
from easel.gateway.refusals import Busy
from easel.gateway.upstream import CANNOT_CONNECT, TIMED_OUT, UNAVAILABLE, NoConnection

log = logging.getLogger(__name__)

# Four images of the largest size in base64, as PNG.
_MOST_BYTES = 256 * 2**20

# Resolving the name, TCP and TLS.
_CONNECT_S = 5.0

# What is not painting takes no longer.
_ASIDE_S = 10.0

# Of what a server says of a request: enough to understand it.
_MOST_WORDS = 300

# For a server that is busy and does not say for how long.
_AGAIN_S = 5.0

# An account without credit does not fill itself within seconds.
_NO_CREDIT_AGAIN_S = 300.0

_NO_CREDIT = frozenset(
    {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
)
_REFUSED_CONTENT = frozenset(
    {"content_policy_violation", "moderation_blocked", "content_filter"}
)


class ForeignHttp:
    """Use as a context manager: the pool of connections lives as long as the block.

    Args:
        base_url: Without a slash at the end.
        headers: Of every request.
        params: Our names of the fields that the server's errors name.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        params: Mapping[str, str],
    ) -> None:
        self._base_url = base_url
        self._headers = dict(headers)
        self._params = params
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        tracing = aiohttp.TraceConfig()
        tracing.on_request_headers_sent.append(_tell_sent)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
            trace_configs=[tracing],
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

    async def get(self, path: str) -> Any:
        """The JSON of an answer below 400. Raises ServiceError, as `post`."""
        return await self._ask("GET", path, None, None)

    async def post(
        self, path: str, body: object, *, on_sent: Callable[[], None] | None = None
    ) -> Any:
        """
        Args:
            path: Behind the base URL.
            body: To be sent as JSON.
            on_sent: Called when there is a connection and the request is on its way;
                what goes wrong is worth a warning then. Without it, the whole may take
                ten seconds.

        Raises:
            NoConnection: nothing was sent.
            UpstreamUnreachable: it broke off.
            QueueFull, Busy: it did not take the request; another server may. The first
                says when it might.
            InvalidRequest, ContentRefused: it refuses the request for good.
            EngineFailed: it failed, or its answer is no JSON.
        """
        return await self._ask("POST", path, body, on_sent)

    async def _ask(
        self, method: str, path: str, body: object, on_sent: Callable[[], None] | None
    ) -> Any:
        assert self._session is not None, "used outside of its block"
        is_aside = on_sent is None
        level = logging.DEBUG if is_aside else logging.WARNING
        total_s = _ASIDE_S if is_aside else None
        try:
            async with self._session.request(
                method,
                self._base_url + path,
                json=body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=total_s, connect=_CONNECT_S),
                trace_request_ctx=on_sent,
            ) as response:
                content = await _content(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            log.log(level, "no connection: %s: %s", type(error).__name__, error)
            raise NoConnection(CANNOT_CONNECT) from error
        except TimeoutError as error:
            raise UpstreamTimeout(TIMED_OUT) from error
        except (aiohttp.ClientError, OSError) as error:
            log.log(level, "broke off: %s: %s", type(error).__name__, error)
            raise UpstreamUnreachable(CANNOT_CONNECT) from error
        if response.status >= 300:
            told = _told(content)
            # Not in its own words, which may repeat a prompt.
            log.log(level, "status %d: %s", response.status, told.code or "no code")
            self._refuse(response, told)
        return await _json(content)

    def _refuse(self, response: aiohttp.ClientResponse, told: "_Told") -> NoReturn:
        status = response.status
        if told.code in _NO_CREDIT:
            raise QueueFull(
                "The account there has no credit.", retry_after_s=_NO_CREDIT_AGAIN_S
            )
        match status:
            case 400 | 413 | 422:
                raise self._callers_fault(told)
            case 401 | 403:
                raise Busy(f"{UNAVAILABLE}: it does not take the gateway's key.")
            case 404 | 405:
                raise Busy(f"{UNAVAILABLE}: it has no such model or route.")
            case 408 | 425 | 429 | 503:
                after_s = _seconds(response.headers.get("Retry-After")) or _AGAIN_S
                raise QueueFull("It is busy.", retry_after_s=after_s)
            case 502:
                raise UpstreamUnreachable(CANNOT_CONNECT)
            case 504:
                raise UpstreamTimeout(TIMED_OUT)
            case _ if status < 400:
                raise UpstreamUnavailable(f"{UNAVAILABLE}: it leads elsewhere.")
            case _:
                # What it says may name its paths and hosts: that is for the log.
                raise EngineFailed("The server that was to paint it failed.")

    def _callers_fault(self, told: "_Told") -> ServiceError:
        words = told.message or "no reason is given"
        if told.code in _REFUSED_CONTENT:
            return ContentRefused(f"The server that was to paint it refuses: {words}")
        param = self._params.get(told.param or "")
        name = f"{param}: " if param else ""
        return InvalidRequest(
            f"{name}the server that was to paint it refuses: {words}", param=param
        )


class _Told(SimpleNamespace):
    """What an error's body says, as far as it says it."""

    message: str | None
    code: str | None
    param: str | None


def _told(content: bytes) -> _Told:
    """OpenAI's `{"error": {…}}`, FastAPI's `{"detail": …}`, or `{"error": "text"}`."""
    try:
        body: Any = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return _Told(message=None, code=None, param=None)
    error = body.get("error")
    if isinstance(error, dict):
        code = error.get("code") or error.get("type")
        return _Told(
            message=_words(error.get("message")),
            code=code if isinstance(code, str) else None,
            param=error.get("param") if isinstance(error.get("param"), str) else None,
        )
    detail = body.get("detail")
    if isinstance(detail, list) and detail and isinstance(detail[0], dict):
        location = detail[0].get("loc") or ()
        param = str(location[-1]) if isinstance(location, list) and location else None
        return _Told(message=_words(detail[0].get("msg")), code=None, param=param)
    message = body.get("errors") or detail or body.get("message") or error
    return _Told(message=_words(message), code=None, param=None)


def _words(message: object) -> str | None:
    if not isinstance(message, str) or not message:
        return None
    printable = "".join(each if each.isprintable() else " " for each in message)
    return printable[:_MOST_WORDS]


async def _content(response: aiohttp.ClientResponse) -> bytes:
    pieces, length = [], 0
    async for piece in response.content.iter_chunked(2**18):
        pieces.append(piece)
        length += len(piece)
        if length > _MOST_BYTES:
            raise EngineFailed("The server that was to paint it answers without end.")
    return b"".join(pieces)


async def _json(content: bytes) -> Any:
    try:
        # Megabytes of base64 would hold up everybody else.
        return await asyncio.to_thread(json.loads, content)
    except (ValueError, RecursionError) as error:
        raise EngineFailed(
            "The server that was to paint it answers no JSON."
        ) from error


def _seconds(text: str | None) -> float | None:
    """None if it is no number, but a date."""
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if 0 < seconds < float("inf") else None


async def _tell_sent(
    session: aiohttp.ClientSession,
    context: SimpleNamespace,
    params: aiohttp.TraceRequestHeadersSentParams,
) -> None:
    if context.trace_request_ctx is not None:
        context.trace_request_ctx()

"""The outermost layer of both apps: request id, trace, headers, log line, metrics.

Pure ASGI: Starlette's BaseHTTPMiddleware costs 0.25 ms a request and hides the
client's leaving from the app (measured).
"""

import asyncio
import logging
from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from easel.clock import Clock
from easel.errors import InternalError, ServerStopping, ServiceError
from easel.telemetry.metrics import HttpMetrics
from easel.telemetry.request_id import REQUEST_ID_HEADER, adopt_request_id
from easel.telemetry.request_notes import Note, begin_notes
from easel.telemetry.trace_context import TRACEPARENT_HEADER, TRACESTATE_HEADER
from easel.telemetry.tracing import Span, begin_request
from easel.web.problems import problem_response

log = logging.getLogger("easel.access")

# Asked every few seconds by orchestrators: their lines would drown the others.
_QUIET_ROUTES = frozenset({"/livez", "/readyz", "/health", "/metrics"})

# Nothing that an API sends is a page: no browser is to guess, frame or run it.
_SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
]
_REQUEST_ID = REQUEST_ID_HEADER.lower().encode()
_TRACEPARENT = TRACEPARENT_HEADER.encode()
_TRACESTATE = TRACESTATE_HEADER.encode()
_ADOPTED = frozenset({_REQUEST_ID, _TRACEPARENT, _TRACESTATE})
# An answer that was passed on brings those of another server.
_OURS = frozenset({_REQUEST_ID, *(name for name, _ in _SECURITY_HEADERS)})

# What nginx logs for a client that left before its answer.
_CLIENT_CLOSED_REQUEST = 499


def _offered(scope: Scope) -> dict[bytes, str]:
    """What the caller says of its request, where it belongs.

    ASGI servers give header names in lower case.
    """
    return {
        name: value.decode("latin-1")
        for name, value in scope["headers"]
        if name in _ADOPTED
    }


def _last_word(error: BaseException) -> ServiceError:
    """What the client is told when the app itself fell silent.

    An answer that has begun is cut off by the web server when the app returns.
    """
    if isinstance(error, asyncio.CancelledError):
        # uvicorn cancels what still runs when the grace of a stop signal is over.
        return ServerStopping("The server stopped before the answer was complete.")
    log.error("a bug: no handler knows this error", exc_info=error)
    return InternalError("Something went wrong inside the server; it was logged.")


class Edge:
    """Wraps a whole app.

    Args:
        app: What is wrapped.
        metrics: Counts and times every request.
        clock: Times them.
        extra_headers: Put on every answer, as they are when it starts.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: HttpMetrics,
        clock: Clock,
        extra_headers: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._clock = clock
        self._extra_headers = extra_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        offered = _offered(scope)
        request_id = adopt_request_id(offered.get(_REQUEST_ID))
        notes = begin_notes()
        span = begin_request(
            scope["method"], offered.get(_TRACEPARENT), offered.get(_TRACESTATE)
        )
        status: int | None = None
        started = self._clock.now()

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._with_ours(message, request_id)
            await send(message)

        try:
            try:
                await self._app(scope, receive, send_with_headers)
            except (Exception, asyncio.CancelledError) as error:
                last_word = _last_word(error)
                if status is None:
                    answer = problem_response(last_word)
                    await answer(scope, receive, send_with_headers)
        finally:
            duration_s = self._clock.now() - started
            status = status or _CLIENT_CLOSED_REQUEST
            self._account(scope, status, duration_s, notes, span)

    def _with_ours(self, start: Message, request_id: str) -> list[tuple[bytes, bytes]]:
        """The headers of an answer, without another server's of the same names.

        All names are in lower case, as ASGI has them.
        """
        extra = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in self._extra_headers().items()
        ]
        ours = _OURS.union(name for name, _ in extra) if extra else _OURS
        return [
            *(pair for pair in start["headers"] if pair[0] not in ours),
            (_REQUEST_ID, request_id.encode("latin-1")),
            *_SECURITY_HEADERS,
            *extra,
        ]

    def _account(
        self,
        scope: Scope,
        status: int,
        duration_s: float,
        notes: Mapping[str, Note],
        span: Span,
    ) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"]
        self._metrics.observe(route, method, status, duration_s)
        log.log(
            logging.DEBUG if route in _QUIET_ROUTES else logging.INFO,
            "request",
            extra={
                "fields": {
                    "method": method,
                    "route": route,
                    "status": status,
                    "duration_ms": round(duration_s * 1000, 1),
                    **notes,
                }
            },
        )
        span.set(http__route=route, http__response__status_code=status)
        # Who left, or asked for what is not there, is no fault of ours.
        span.end(name=f"{method} {route}", has_failed=status >= 500)

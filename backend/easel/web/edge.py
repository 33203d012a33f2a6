"""The outermost layer of both apps: request id, headers, one log line, metrics.

Pure ASGI: Starlette's BaseHTTPMiddleware costs 0.25 ms a request and hides the
client's leaving from the app (measured).
"""

import asyncio
import logging
from collections.abc import Callable, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from easel.clock import Clock
from easel.errors import InternalError, ServerStopping, ServiceError
from easel.telemetry.metrics import HttpMetrics
from easel.telemetry.request_id import REQUEST_ID_HEADER, adopt_request_id
from easel.web.problems import problem_response

log = logging.getLogger("easel.access")

# Asked every few seconds by orchestrators: their lines would drown the others.
_QUIET_ROUTES = frozenset({"/livez", "/readyz", "/health", "/metrics"})

# Nothing that an API sends is a page: no browser is to guess, frame or run it.
_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}

# What nginx logs for a client that left before its answer.
_CLIENT_CLOSED_REQUEST = 499


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
        request_id = adopt_request_id(Headers(scope=scope).get(REQUEST_ID_HEADER))
        status: int | None = None
        started = self._clock.now()

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID_HEADER] = request_id
                headers.update(_SECURITY_HEADERS)
                headers.update(self._extra_headers())
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
            self._account(scope, status or _CLIENT_CLOSED_REQUEST, duration_s)

    def _account(self, scope: Scope, status: int, duration_s: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        self._metrics.observe(route, scope["method"], status, duration_s)
        log.log(
            logging.DEBUG if route in _QUIET_ROUTES else logging.INFO,
            "request",
            extra={
                "fields": {
                    "method": scope["method"],
                    "route": route,
                    "status": status,
                    "duration_ms": round(duration_s * 1000, 1),
                }
            },
        )

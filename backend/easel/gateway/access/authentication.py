"""The layer of the app that lets nobody in whom it does not know.

Pure ASGI, directly inside of `Edge`. A request that passes carries its `Caller`; one
that does not is answered here, and nothing behind this layer hears of it.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from easel.errors import Forbidden, ServiceError, Unauthorized
from easel.gateway.access.authenticator import (
    Authenticator,
    holds_token,
    is_from_this_machine,
)
from easel.gateway.access.callers import set_caller
from easel.gateway.access.limit_headers import begin_limit_notes
from easel.gateway.access.permissions import check_scope, scope_needed
from easel.web.problems import problem_response

# Asked by those who watch over the gateway; they say nothing of anybody's work.
_KEYLESS_PATHS = frozenset({"/livez", "/readyz", "/health"})
_METRICS_PATH = "/metrics"

_CHALLENGE = {"WWW-Authenticate": "Bearer"}


class Authentication:
    """
    Args:
        app: What is protected.
        authenticator: Knows who asks.
        metrics_token: What `/metrics` asks for as a bearer token; None: nothing.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        authenticator: Authenticator,
        metrics_token: str | None = None,
    ) -> None:
        self._app = app
        self._authenticator = authenticator
        self._metrics_token = metrics_token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = path_below_root(scope)
        try:
            await self._let_in(scope, path)
        except ServiceError as error:
            headers = _CHALLENGE if isinstance(error, Unauthorized) else {}
            await problem_response(error, headers)(scope, receive, send)
            return
        begin_limit_notes()
        await self._app(scope, receive, send)

    async def _let_in(self, scope: Scope, path: str) -> None:
        method: str = scope["method"]
        if method == "OPTIONS" or path in _KEYLESS_PATHS:
            return
        if path == _METRICS_PATH:
            self._check_metrics_token(scope)
            return
        caller = await self._authenticator.identify(scope, path)
        if caller.is_anonymous:
            _check_anonymous(scope, path)
        else:
            check_scope(caller, method, path)
        set_caller(scope, caller)

    def _check_metrics_token(self, scope: Scope) -> None:
        if self._metrics_token is None or holds_token(scope, self._metrics_token):
            return
        raise Unauthorized("The metrics need their own bearer token.")


def _check_anonymous(scope: Scope, path: str) -> None:
    if scope_needed(scope["method"], path) != "admin":
        return
    if not is_from_this_machine(scope):
        raise Forbidden(
            "Without API keys this can be asked from the gateway's own machine only."
        )


def path_below_root(scope: Scope) -> str:
    """The path that routes are matched by, whatever a server is mounted at."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    if root and path.startswith(root + "/"):
        return path[len(root) :]
    return path

"""Errors in the words of the API that was asked.

Whoever refuses a request, be it a route, the framework or another middleware, does it
with a problem document. `Dialects` is around all of them and rewrites the document for
the paths of a façade, so that none of them need know of façades.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from easel.contract.errors import PROBLEM_MEDIA_TYPE, Problem

# They speak of the body that is replaced.
_BODY_HEADERS = ("content-length", "content-type")


@dataclass(frozen=True, slots=True)
class Dialect:
    """
    Attributes:
        speaks: Whether a path is of this façade.
        render: A problem as the façade's clients expect it.
    """

    speaks: Callable[[str], bool]
    render: Callable[[Problem], Response]


class Dialects:
    """Pure ASGI. Wraps the whole app, `Edge` included."""

    def __init__(self, app: ASGIApp, *, dialects: Sequence[Dialect]) -> None:
        self._app = app
        self._dialects = tuple(dialects)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for dialect in self._dialects:
                if dialect.speaks(scope["path"]):
                    send = _Translator(dialect, send).send
                    break
        await self._app(scope, receive, send)


class _Translator:
    """Holds a problem document back until it is whole; all else passes."""

    def __init__(self, dialect: Dialect, send: Send) -> None:
        self._dialect = dialect
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_problem(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send_translated(self._start)

    async def _send_translated(self, start: Message) -> None:
        headers = MutableHeaders(raw=list(start["headers"]))
        body = b""
        # The answer to HEAD has none.
        if self._body:
            told = self._dialect.render(Problem.model_validate_json(self._body))
            start = {**start, "status": told.status_code}
            for name in _BODY_HEADERS:
                del headers[name]
            headers.update(told.headers)
            body = bytes(told.body)
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})


def _is_problem(start: Message) -> bool:
    media_type = Headers(raw=list(start["headers"])).get("content-type", "")
    return media_type.partition(";")[0] == PROBLEM_MEDIA_TYPE

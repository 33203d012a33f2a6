"""No request body larger than a fixed limit is ever held in memory."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from easel.errors import BodyTooLarge
from easel.web.problems import problem_response


class BodyLimit:
    """Refuses by `Content-Length` at once, and a chunked body as soon as it is over."""

    def __init__(self, app: ASGIApp, *, limit_bytes: int) -> None:
        self._app = app
        self._limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdigit() and int(declared) > self._limit_bytes:
            error = BodyTooLarge(self._detail(f"{declared} bytes"), param="body")
            await problem_response(error)(scope, receive, send)
            return
        received_bytes = 0

        async def counted_receive() -> Message:
            nonlocal received_bytes
            message = await receive()
            received_bytes += len(message.get("body", b""))
            if received_bytes > self._limit_bytes:
                # FastAPI lets only its own exception type out of body reading.
                raise HTTPException(
                    BodyTooLarge.http_status, self._detail("more than allowed")
                )
            return message

        await self._app(scope, counted_receive, send)

    def _detail(self, size: str) -> str:
        return f"The body is {size}; the limit is {self._limit_bytes} bytes."

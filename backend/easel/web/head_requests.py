"""`HEAD` wherever there is `GET`, as HTTP requires and `curl -I` expects."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadRequests:
    """Answers `HEAD` with the status and headers of `GET`.

    The answer ends with its headers and the app is stopped: the body of an event
    stream would not end before its generation does.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        has_headers = asyncio.Event()

        async def send_headers_only(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b""})
                has_headers.set()

        # A copy: the web server must still know that this is a HEAD request.
        as_get = {**scope, "method": "GET"}
        answering = asyncio.ensure_future(self._app(as_get, receive, send_headers_only))
        waiting = asyncio.ensure_future(has_headers.wait())
        try:
            await asyncio.wait(
                {answering, waiting}, return_when=asyncio.FIRST_COMPLETED
            )
            if not has_headers.is_set():
                answering.result()
        finally:
            # For the log line and metrics, which are made outside of this.
            scope["route"] = as_get.get("route")
            for task in (answering, waiting):
                task.cancel()
            await asyncio.gather(answering, waiting, return_exceptions=True)

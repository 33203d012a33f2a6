"""The least that a gateway in Python does: uvicorn, aiohttp, and nothing between.

The body is not looked at, nobody is asked for a key, nothing is counted or logged, and
a client that leaves is not noticed: what remains is what the two libraries cost.
"""

import os
from typing import Any

import aiohttp
from starlette.types import Message, Receive, Scope, Send

_GENERATE = os.environ["UPSTREAM_URL"] + "/generate"
_PIECE_BYTES = 65_536


class Bare:
    """Pure ASGI: `POST /generate`, and 200 for all else."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] != "/generate":
            await send(_start(200, "text/plain", 0))
            await send({"type": "http.response.body"})
            return
        body = await _whole(receive)
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), auto_decompress=False
            )
        headers = {"Content-Type": "application/json"}
        async with self._session.post(_GENERATE, data=body, headers=headers) as answer:
            await send(
                _start(answer.status, answer.content_type, answer.content_length)
            )
            async for piece in answer.content.iter_chunked(_PIECE_BYTES):
                await send(
                    {"type": "http.response.body", "body": piece, "more_body": True}
                )
        await send({"type": "http.response.body"})


async def _whole(receive: Receive) -> bytes:
    body, is_whole = b"", False
    while not is_whole:
        message = await receive()
        body += message.get("body", b"")
        is_whole = not message.get("more_body", False)
    return body


def _start(status: int, media_type: str, length: int | None) -> Message:
    headers: list[Any] = [(b"content-type", media_type.encode())]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    return {"type": "http.response.start", "status": status, "headers": headers}


app = Bare()

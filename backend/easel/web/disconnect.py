"""Work that stops when the client leaves."""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, TypeVar

from starlette.types import Receive

T = TypeVar("T")


class ClientLeft(Exception):
    """The client closed its connection before the answer was there."""


async def until_disconnect(receive: Receive) -> None:
    """Return when the client leaves. The request's body must have been read."""
    while (await receive())["type"] != "http.disconnect":
        pass


class ClientPresent:
    """A block that is cancelled as soon as the client is gone; ClientLeft comes of it.

    Racing `receive()` is the one way that works on every ASGI server (measured on
    uvicorn, gunicorn and granian).
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._is_over = False
        self._has_left = False

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._leaving = asyncio.ensure_future(until_disconnect(self._receive))
        self._leaving.add_done_callback(self._leave)

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_over = True
        self._leaving.cancel()
        # Others may have cancelled this task as well: then it ends as they want.
        is_ours = self._has_left and self._task.uncancel() == 0
        if is_ours and exc_type is asyncio.CancelledError:
            raise ClientLeft from None

    def _leave(self, watch: asyncio.Future[None]) -> None:
        if self._is_over or watch.cancelled():
            return
        # A connection that cannot be listened to any more has been left, too.
        watch.exception()
        self._has_left = True
        self._task.cancel()


async def unless_client_leaves(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """Await `work`, or cancel it and raise ClientLeft as soon as the client is gone."""
    async with ClientPresent(receive):
        return await work

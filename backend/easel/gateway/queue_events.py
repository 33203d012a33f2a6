"""Tells a caller who listens to events where his generation stands in the queue.

The queue is the gateway's, so there is no event of a server yet to pass on. These
events have no id: who reconnects continues after the server's own.
"""

import asyncio
from contextlib import suppress

from fastapi.sse import format_sse_event

from easel.contract.events import QueuedData
from easel.gateway.admission.tickets import Place
from easel.gateway.downstream import Downstream
from easel.web.sse import HEARTBEAT, HEARTBEAT_S, SSE_HEADERS, SSE_MEDIA_TYPE

_HEADERS = [
    (name.lower().encode(), value.encode())
    for name, value in {"Content-Type": SSE_MEDIA_TYPE, **SSE_HEADERS}.items()
]


class QueueEvents:
    """`saw` each place; `stop` before anything else is sent."""

    def __init__(self, downstream: Downstream) -> None:
        self._downstream = downstream
        self._place: Place | None = None
        self._news = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def saw(self, place: Place) -> None:
        """The newest place is told; an older one that was not yet is not."""
        self._place = place
        self._news.set()
        if self._task is None:
            self._task = asyncio.create_task(self._tell())

    async def stop(self) -> None:
        """Returns between two events. Raises what sending raised."""
        if self._task is None:
            return
        self._stopping = True
        self._news.set()
        await self._task

    async def abandon(self) -> None:
        """Whatever it was sending is of no more use."""
        if self._task is not None:
            self._task.cancel()
            with suppress(BaseException):
                await self._task

    async def _tell(self) -> None:
        await self._downstream.start(200, list(_HEADERS), SSE_MEDIA_TYPE)
        while not self._stopping:
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    await self._news.wait()
            except TimeoutError:
                await self._downstream.send(HEARTBEAT)
                continue
            self._news.clear()
            place, self._place = self._place, None
            if place is not None and not self._stopping:
                data = QueuedData(position=place.position, eta_s=place.eta_s)
                event = format_sse_event(
                    event="queued", data_str=data.model_dump_json()
                )
                await self._downstream.send(event)

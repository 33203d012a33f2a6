"""The newest preview of a generation, for clients that poll.

A server makes previews only while somebody follows. Who polls follows nobody, so this
does it for them: from the first poll until they poll no more.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from pydantic import ValidationError

from easel.contract.events import PreviewData
from easel.errors import ServiceError
from easel.gateway.access.callers import Caller
from easel.gateway.calls import Dispatch
from easel.gateway.facades.event_reader import EventReader

# Clients poll once a second or so.
_KEEP_S = 10.0

# A stream begins with the newest preview, if there is one: then it comes at once.
_FIRST_WAIT_S = 0.5


@dataclass(eq=False)
class _Followed:
    """
    Attributes:
        newest: In base64.
        is_asked: Whether somebody has asked since the last look.
        has_begun: There is a preview, or there will be none.
    """

    newest: str | None = None
    is_asked: bool = True
    has_begun: asyncio.Event = field(default_factory=asyncio.Event)


class Previews:
    """
    Args:
        dispatch: Knows the generations.
        keep_s: How long a generation is followed that nobody asks about.
    """

    def __init__(self, dispatch: Dispatch, *, keep_s: float = _KEEP_S) -> None:
        self._dispatch = dispatch
        self._keep_s = keep_s
        self._followed: dict[str, _Followed] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def newest(self, caller: Caller, generation_id: str) -> str | None:
        """An image in base64; None if there is none yet."""
        followed = self._followed.get(generation_id)
        if followed is None:
            followed = self._begin(caller, generation_id)
            with suppress(TimeoutError):
                async with asyncio.timeout(_FIRST_WAIT_S):
                    await followed.has_begun.wait()
        followed.is_asked = True
        return followed.newest

    def _begin(self, caller: Caller, generation_id: str) -> _Followed:
        followed = _Followed()
        self._followed[generation_id] = followed
        task = asyncio.create_task(self._keep(caller, generation_id, followed))
        # The event loop itself does not hold on to tasks.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return followed

    async def _keep(
        self, caller: Caller, generation_id: str, followed: _Followed
    ) -> None:
        """Follow while somebody asks, and the generation has not ended."""
        reading = asyncio.create_task(self._read(caller, generation_id, followed))
        try:
            while followed.is_asked and not reading.done():
                followed.is_asked = False
                await asyncio.wait({reading}, timeout=self._keep_s)
        finally:
            del self._followed[generation_id]
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(
        self, caller: Caller, generation_id: str, followed: _Followed
    ) -> None:
        reader = EventReader()
        path = f"/generations/{generation_id}/events"
        with suppress(ServiceError, ValidationError):
            async with self._dispatch.ask(caller, "GET", path) as answer:
                async for piece in answer.chunks():
                    for event in reader.feed(piece):
                        if event.name == "preview":
                            preview = PreviewData.model_validate_json(event.data)
                            followed.newest = preview.image.rpartition(",")[2]
                            followed.has_begun.set()
        followed.has_begun.set()

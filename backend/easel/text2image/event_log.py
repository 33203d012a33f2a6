"""The events of one generation: kept for replay, followed by any number of readers.

Lives on the event loop; not for other threads.
"""

import asyncio
from dataclasses import dataclass

from pydantic import BaseModel

from easel.contract.events import PreviewData


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    id: int
    name: str
    data: BaseModel


class EventLog:
    """Numbered from 1. Of previews only the newest of each image is kept.

    So a slow reader, who reads from the log at its own pace, gets the newest
    preview and never a backlog of old ones; ids then have gaps.
    """

    def __init__(self) -> None:
        self._events: list[LoggedEvent] = []
        self._last_id = 0
        self._grown = asyncio.Event()
        self.is_closed = False

    @property
    def last_id(self) -> int:
        return self._last_id

    def append(self, name: str, data: BaseModel) -> None:
        if isinstance(data, PreviewData):
            self._drop_preview(data.index)
        self._last_id += 1
        self._events.append(LoggedEvent(self._last_id, name, data))
        self._wake()

    def close(self) -> None:
        """No event will follow. Previews are of no use any more and large."""
        self._events = [e for e in self._events if not isinstance(e.data, PreviewData)]
        self.is_closed = True
        self._wake()

    def resume_id(self, last_event_id: int | None) -> int:
        """Where a reader goes on who has seen the events up to `last_event_id`.

        One who has seen none gets the newest preview again; and everyone gets the end.
        """
        newest = self._last_id
        if last_event_id is None:
            previews = [e.id for e in self._events if isinstance(e.data, PreviewData)]
            last_event_id = min(previews, default=newest + 1) - 1
        return min(last_event_id, newest - 1 if self.is_closed else newest)

    async def beyond(self, last_id: int, timeout_s: float) -> list[LoggedEvent]:
        """Events newer than `last_id`; waits for one, and gives none after `timeout_s`.

        Returns at once when the log is closed.
        """
        newer = self._newer_than(last_id)
        if not newer and not self.is_closed:
            try:
                async with asyncio.timeout(timeout_s):
                    await self._grown.wait()
            except TimeoutError:
                return []
            newer = self._newer_than(last_id)
        return newer

    def _newer_than(self, last_id: int) -> list[LoggedEvent]:
        return [event for event in self._events if event.id > last_id]

    def _drop_preview(self, index: int) -> None:
        self._events = [
            event
            for event in self._events
            if not (isinstance(event.data, PreviewData) and event.data.index == index)
        ]

    def _wake(self) -> None:
        """Those who wait on the present event wake; later ones wait on a new one."""
        self._grown.set()
        self._grown = asyncio.Event()

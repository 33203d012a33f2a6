"""What was read from the store, kept for a while: always fresh, unless it is down."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from easel.clock import Clock
from easel.errors import StoreUnavailable
from easel.gateway.access.bounded import keep

T = TypeVar("T")


@dataclass(slots=True)
class _Entry(Generic[T]):
    value: T | None
    read_at: float


class Remembered(Generic[T]):
    """
    Args:
        read: Asks the store; None means that there is no such thing.
        clock: Measures age.
        fresh_s: Younger than this it is not read again.
        grace_s: While the store fails, what was there is believed up to this age. What
            was not there is not believed: it may be there by now.
        capacity: How many are kept; the least recently read go first.
    """

    def __init__(
        self,
        read: Callable[[str], Awaitable[T | None]],
        clock: Clock,
        *,
        fresh_s: float,
        grace_s: float,
        capacity: int,
    ) -> None:
        self._read = read
        self._clock = clock
        self._fresh_s = fresh_s
        self._grace_s = grace_s
        self._capacity = capacity
        self._entries: dict[str, _Entry[T]] = {}
        self._reading: dict[str, asyncio.Task[T | None]] = {}

    def fresh(self, name: str) -> T | None:
        """What is known without asking; None also if that is not fresh."""
        entry = self._entries.get(name)
        if entry is None or self._clock.now() - entry.read_at >= self._fresh_s:
            return None
        return entry.value

    async def get(self, name: str) -> T | None:
        """
        Raises:
            StoreUnavailable: the store fails, and nothing is known, or too long ago.
        """
        now = self._clock.now()
        entry = self._entries.get(name)
        if entry is not None and now - entry.read_at < self._fresh_s:
            return entry.value
        try:
            return await self._read_once(name)
        except StoreUnavailable:
            if entry is None or entry.value is None:
                raise
            if now - entry.read_at >= self._grace_s:
                raise
            return entry.value

    async def _read_once(self, name: str) -> T | None:
        """Whoever asks while it is being read gets that answer."""
        task = self._reading.get(name)
        if task is None:
            task = asyncio.create_task(self._read_and_keep(name))
            self._reading[name] = task
            task.add_done_callback(lambda _: self._reading.pop(name))
            # All who asked may leave before it fails; then nobody else looks.
            task.add_done_callback(_look_at_exception)
        return await asyncio.shield(task)

    async def _read_and_keep(self, name: str) -> T | None:
        # Its age counts from before the reading: it may change while it is read.
        read_at = self._clock.now()
        value = await self._read(name)
        before = self._entries.get(name)
        if before is not None and before.value == value:
            # The same object: what was derived from it stays valid.
            value = before.value
        entry = _Entry(value, read_at)
        keep(self._entries, name, entry, capacity=self._capacity)
        return value


def _look_at_exception(task: asyncio.Task[T]) -> None:
    if not task.cancelled():
        task.exception()

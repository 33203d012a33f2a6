"""So many generations at a time go to one server; the others wait here in a line."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from easel.errors import QueueFull

OnPosition = Callable[[int], None]

# More is more than anybody waits for.
_MOST_WAITING = 100
_AGAIN_S = 10.0


@dataclass(eq=False, slots=True)
class _Waiter:
    on_position: OnPosition
    turn: asyncio.Event = field(default_factory=asyncio.Event)


class Places:
    """First come, first served; on one event loop.

    Args:
        count: Generations inside at a time.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._inside = 0
        self._line: deque[_Waiter] = deque()

    @property
    def inside(self) -> int:
        return self._inside

    @property
    def waiting(self) -> int:
        return len(self._line)

    def check_room(self) -> None:
        """Raises QueueFull."""
        if len(self._line) >= _MOST_WAITING:
            raise QueueFull(
                f"{len(self._line)} generations wait for that server already.",
                retry_after_s=_AGAIN_S,
            )

    @asynccontextmanager
    async def take(self, on_position: OnPosition) -> AsyncIterator[None]:
        """
        Args:
            on_position: Told each time that it stands elsewhere in the line; 1 is next.
        """
        await self._enter(on_position)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, on_position: OnPosition) -> None:
        if self._inside < self._count and not self._line:
            self._inside += 1
            return
        waiter = _Waiter(on_position)
        self._line.append(waiter)
        on_position(len(self._line))
        try:
            await waiter.turn.wait()
        except BaseException:
            if waiter.turn.is_set():
                self._leave()
            else:
                self._line.remove(waiter)
                self._tell()
            raise

    def _leave(self) -> None:
        if self._line:
            # The place passes on: nobody can come between.
            self._line.popleft().turn.set()
            self._tell()
        else:
            self._inside -= 1

    def _tell(self) -> None:
        for position, waiter in enumerate(self._line, start=1):
            waiter.on_position(position)

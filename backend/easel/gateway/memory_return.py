"""Gives back to the system what many large answers have left of the heap.

The C library keeps what was freed between pieces that are in use: after a load of 8 MB
pictures some 50 MB, for as long as the process lives. To have it use no heap for them
(its `M_MMAP_THRESHOLD`) costs as much time as passing them on (measured).
"""

import asyncio
import ctypes
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from resource import getpagesize

_LOOK_EVERY_S = 0.5
# Giving back takes a millisecond, and as much again when the memory is next needed.
_WORTH_BYTES = 16 * 2**20

_STATM = Path("/proc/self/statm")


@asynccontextmanager
async def returned_memory(is_idle: Callable[[], bool]) -> AsyncIterator[None]:
    """While inside, unused memory is given back whenever nothing is under way.

    Only where the C library is glibc; others are better at it, or cannot be asked.
    """
    trim = _trim()
    if trim is None:
        yield
        return
    keeper = HeapKeeper(resident_bytes, trim, is_idle)
    looking = asyncio.create_task(_look(keeper))
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


class HeapKeeper:
    """
    Args:
        resident: Bytes that the process takes.
        trim: Gives back what it can.
        is_idle: Whether no large answer is under way.
    """

    def __init__(
        self,
        resident: Callable[[], int],
        trim: Callable[[], Awaitable[None]],
        is_idle: Callable[[], bool],
    ) -> None:
        self._resident = resident
        self._trim = trim
        self._is_idle = is_idle
        # What cannot be given back.
        self._needed = resident()

    async def look(self) -> None:
        now = self._resident()
        if now - self._needed < _WORTH_BYTES:
            self._needed = min(self._needed, now)
        elif self._is_idle():
            await self._trim()
            self._needed = self._resident()


def resident_bytes() -> int:
    return int(_STATM.read_text().split()[1]) * getpagesize()


async def _look(keeper: HeapKeeper) -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        await keeper.look()


def _trim() -> Callable[[], Awaitable[None]] | None:
    if not _STATM.exists():
        return None
    with suppress(OSError, AttributeError):
        malloc_trim = ctypes.CDLL(None).malloc_trim

        async def trim() -> None:
            # Another thread, for the loop can go on unless it needs memory just then.
            await asyncio.to_thread(malloc_trim, 0)

        return trim
    return None

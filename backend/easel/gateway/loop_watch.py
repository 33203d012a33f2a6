"""Watches how late the event loop is: what stands still there, every caller feels."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from easel.clock import Clock

log = logging.getLogger(__name__)

_INTERVAL_S = 0.5
# Longer than anything that the loop does at a time, shorter than what people notice.
_WORTH_A_LINE_S = 0.25


@asynccontextmanager
async def watched_loop(
    clock: Clock,
    observe: Callable[[float], None],
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[None]:
    """While inside, `observe` is told seconds of lateness twice a second."""
    watching = asyncio.create_task(_watch(clock, observe, sleep))
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _watch(
    clock: Clock,
    observe: Callable[[float], None],
    sleep: Callable[[float], Awaitable[None]],
) -> None:
    while True:
        slept_at_s = clock.now()
        await sleep(_INTERVAL_S)
        late_s = max(0.0, clock.now() - slept_at_s - _INTERVAL_S)
        observe(late_s)
        if late_s >= _WORTH_A_LINE_S:
            log.warning(
                "the event loop stood still",
                extra={"fields": {"seconds": round(late_s, 3)}},
            )

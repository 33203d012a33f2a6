"""What clients see of a part that dies under load, and how soon all is as before."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from server.results import Results

from .closed_loop import Load, per_second

# So much of the throughput before counts as the same.
_RECOVERED = 0.9
_WINDOW_S = 4.0
_GIVE_UP_S = 120.0
_POLL_S = 0.1


async def recovery(
    name: str,
    load: Load,
    *,
    lost: float,
    lose: Callable[[], None],
    again: Callable[[], AbstractAsyncContextManager[object]],
    replica: str | None = None,
    results: Results,
) -> None:
    """Lose something under an even load; have it again when the rest has taken over.

    Args:
        name: Of what is lost.
        lost: Its share of the throughput.
        lose: Kills it; may wait.
        again: Starts it, and is entered when it is ready.
        replica: It, where answers tell who painted them.

    Raises:
        TimeoutError: something has not come about within two minutes.
    """
    await asyncio.sleep(_WINDOW_S)
    before = _rate(load)
    began_at_s = time.perf_counter()
    await asyncio.to_thread(lose)
    took_over_s = await _until(load, _RECOVERED * (1 - lost) * before, began_at_s)
    starting_at_s = time.perf_counter()
    async with again():
        ready_at_s = time.perf_counter()
        painted_s = await _until_painted(load, replica, ready_at_s) if replica else None
        as_before_s = await _until(load, _RECOVERED * before, time.perf_counter())
        seen = load.since(began_at_s)
    failed = [one.status for one in seen if one.status != 200]
    results.add(
        "lost",
        what=name,
        before_per_s=before,
        took_over_s=took_over_s,
        ready_s=ready_at_s - starting_at_s,
        painted_again_s=painted_s,
        as_before_s=as_before_s,
        answered=len(seen) - len(failed),
        failed=failed,
    )
    looked = f"(the last {_WINDOW_S:.0f} s are looked at)"
    told = {
        "answered after, failed": f"{len(seen) - len(failed)}, {len(failed)}",
        f"until the others do {_RECOVERED:.0%} of their part": (
            f"{took_over_s:.1f} s {looked}"
        ),
        "its start until it is ready": f"{ready_at_s - starting_at_s:.1f} s",
        f"from then to {_RECOVERED:.0%} of before": f"{as_before_s:.1f} s {looked}",
    }
    if painted_s is not None:
        told["from ready again to its first picture"] = f"{painted_s:.1f} s"
    results.summary |= {f"{name}: {what}": found for what, found in told.items()}


def _rate(load: Load) -> float:
    """Over the last seconds."""
    return per_second(load.since(time.perf_counter() - _WINDOW_S), _WINDOW_S)


async def _until(load: Load, per_s: float, began_at_s: float) -> float:
    """Seconds until the last ones were so fast."""
    async with asyncio.timeout(_GIVE_UP_S):
        await asyncio.sleep(_WINDOW_S)
        while True:
            if _rate(load) >= per_s:
                return time.perf_counter() - began_at_s
            await asyncio.sleep(_POLL_S)


async def _until_painted(load: Load, replica: str, began_at_s: float) -> float:
    """Seconds until its next picture."""
    async with asyncio.timeout(_GIVE_UP_S):
        while True:
            for one in load.since(began_at_s):
                if one.replica == replica:
                    return one.ended_at_s - began_at_s
            await asyncio.sleep(_POLL_S)

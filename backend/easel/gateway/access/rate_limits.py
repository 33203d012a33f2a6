"""Holds each caller to its rate, over all processes of the gateway.

The windows are counters of the store, so one operation decides for all processes and
none overshoots. (The `limits` library was not taken: it knows no store between the
workers of one host, and its asynchronous memory starts a task and a thread for every
hit.) One process alone counts in its memory.
"""

from easel.clock import Clock
from easel.errors import RateLimited, StoreUnavailable
from easel.gateway.access.callers import Caller
from easel.gateway.access.cautious_store import CautiousStore
from easel.gateway.access.limit_headers import note_rate
from easel.gateway.access.rate_windows import ProcessWindows, StoreWindows
from easel.gateway.access.rates import parse_rate
from easel.gateway.access.sliding_window import SlidingWindow


class RateLimits:
    """
    Args:
        store: Where all processes count; None: there is no other process.
        wall_clock: Seconds since 1970: the windows of all processes are the same.
        processes: How many there are. While the store is away each lets through its
            share of the limit.
    """

    def __init__(
        self, store: CautiousStore | None, *, wall_clock: Clock, processes: int
    ) -> None:
        self._processes = processes
        self._here = ProcessWindows(wall_clock)
        self._everywhere = None if store is None else StoreWindows(store, wall_clock)

    async def take(self, caller: Caller) -> None:
        """Count one generation.

        Raises:
            RateLimited: the caller must wait; it is not counted.
        """
        if self._everywhere is None or caller.limits.rate is None:
            self.take_here(caller)
            return
        rate = parse_rate(caller.limits.rate)
        share = rate.share(self._processes)
        try:
            is_had, window = await self._everywhere.hit(caller.id, rate)
        except StoreUnavailable:
            is_had, window = self._here.hit(caller.id, share)
        else:
            if is_had:
                # Should the store go away, its share does not begin at nothing.
                self._here.note(caller.id, share)
        _judge(caller.limits.rate, is_had, window)

    def take_here(self, caller: Caller) -> None:
        """`take`, where there is no other process."""
        text = caller.limits.rate
        if text is not None:
            _judge(text, *self._here.hit(caller.id, parse_rate(text)))


def _judge(text: str, is_had: bool, window: SlidingWindow) -> None:
    note_rate(window.limit, window.length_s, window.remaining, window.reset_s)
    if not is_had:
        raise RateLimited(
            f"The limit of this caller is {text}.", retry_after_s=window.wait_s
        )

"""A sliding window for each caller and rate: in the store, or in a process."""

from easel.clock import Clock
from easel.gateway.access.bounded import keep
from easel.gateway.access.cautious_store import CautiousStore
from easel.gateway.access.rates import Rate
from easel.gateway.access.sliding_window import SlidingWindow

# Callers that one process remembers: those that asked last.
_CAPACITY = 100_000


class StoreWindows:
    """As two counters, which all processes share. Raises StoreUnavailable."""

    def __init__(self, store: CautiousStore, wall_clock: Clock) -> None:
        self._store = store
        self._wall_clock = wall_clock
        # By name: (window, counted in the one before it), which does not change.
        self._before: dict[str, tuple[str, int]] = {}

    async def hit(self, name: str, rate: Rate) -> tuple[bool, SlidingWindow]:
        """Whether it was within the rate, and counted; how the window stands then."""
        number, elapsed_s = _window(rate, self._wall_clock)
        key = _window_key(name, rate, number)
        previous = await self._counted_before(name, rate, number)
        empty = SlidingWindow(rate.count, rate.per_s, elapsed_s, previous, 0)
        limit, ttl_s = empty.remaining, 2.0 * rate.per_s
        present = await self._store.ask(
            lambda store: store.add_within(key, 1, limit, ttl_s=ttl_s)
        )
        is_had = present is not None
        if present is None:
            present = await self._count(key)
        return is_had, empty._replace(present=present)

    async def _counted_before(self, name: str, rate: Rate, number: int) -> int:
        key = _window_key(name, rate, number - 1)
        known, count = self._before.get(name, ("", 0))
        if known != key:
            count = await self._count(key)
            keep(self._before, name, (key, count))
        return count

    async def _count(self, key: str) -> int:
        return await self._store.ask(lambda store: store.count(key))


class ProcessWindows:
    """In the memory of one process."""

    def __init__(self, wall_clock: Clock) -> None:
        self._wall_clock = wall_clock
        # By name and length: (window's number, counted before it, counted in it)
        self._counted: dict[tuple[str, int], tuple[int, int, int]] = {}

    def hit(self, name: str, rate: Rate) -> tuple[bool, SlidingWindow]:
        """As of `StoreWindows`."""
        number, elapsed_s = _window(rate, self._wall_clock)
        previous, present = self._counts(name, rate, number)
        limit, length_s = rate.count, rate.per_s
        window = SlidingWindow(limit, length_s, elapsed_s, previous, present)
        if window.remaining == 0:
            return False, window
        self._keep(name, rate, (number, previous, present + 1))
        return True, SlidingWindow(limit, length_s, elapsed_s, previous, present + 1)

    def note(self, name: str, rate: Rate) -> None:
        """Count one that was let through elsewhere."""
        number, _ = _window(rate, self._wall_clock)
        previous, present = self._counts(name, rate, number)
        self._keep(name, rate, (number, previous, present + 1))

    def _counts(self, name: str, rate: Rate, number: int) -> tuple[int, int]:
        known, before, here = self._counted.get((name, rate.per_s), (number, 0, 0))
        if known == number:
            return before, here
        return (here if known == number - 1 else 0), 0

    def _keep(self, name: str, rate: Rate, counts: tuple[int, int, int]) -> None:
        keep(self._counted, (name, rate.per_s), counts, capacity=_CAPACITY)


def _window(rate: Rate, wall_clock: Clock) -> tuple[int, float]:
    """The number of the present window, and how much of it has passed."""
    number, elapsed_s = divmod(wall_clock.now(), rate.per_s)
    return int(number), elapsed_s


def _window_key(name: str, rate: Rate, number: int) -> str:
    return f"rate/{name}/{rate.per_s}/{number}"

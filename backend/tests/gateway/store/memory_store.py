"""A `Store` in memory, for tests of what is built on one: time is set by hand."""

from collections import defaultdict
from collections.abc import Mapping
from math import inf
from types import TracebackType
from typing import Self

from easel.clock import Clock, ManualClock
from easel.errors import StoreUnavailable
from easel.gateway.store.base import StoreKind


class MemoryStore:
    """Passes the same tests as the real ones.

    Attributes:
        is_down: Set it, and every operation raises StoreUnavailable until it is unset.
            What was stored stays.
    """

    kind: StoreKind = "sqlite"

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or ManualClock()
        self.is_down = False
        # Every number that is stored beside something is when it ends or is due.
        self._values: dict[str, tuple[bytes, float]] = {}
        self._counters: dict[str, tuple[int, float]] = {}
        self._leases: dict[str, dict[str, float]] = defaultdict(dict)
        self._timetable: dict[str, dict[str, float]] = defaultdict(dict)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None

    @property
    def is_available(self) -> bool:
        return not self.is_down

    async def get(self, key: str) -> bytes | None:
        self._check()
        return self._value(key)

    async def put(self, key: str, value: bytes, *, ttl_s: float | None = None) -> None:
        self._check()
        self._values[key] = value, self._end(ttl_s)

    async def put_if_absent(
        self, key: str, value: bytes, *, ttl_s: float | None = None
    ) -> bytes:
        self._check()
        present = self._value(key)
        if present is not None:
            return present
        self._values[key] = value, self._end(ttl_s)
        return value

    async def replace(
        self, key: str, old: bytes, new: bytes, *, ttl_s: float | None = None
    ) -> bool:
        self._check()
        if self._value(key) != old:
            return False
        self._values[key] = new, self._end(ttl_s)
        return True

    async def delete(self, key: str) -> None:
        self._check()
        self._values.pop(key, None)

    async def items(self, prefix: str) -> Mapping[str, bytes]:
        self._check()
        return {
            key: value
            for key, (value, end) in self._values.items()
            if key.startswith(prefix) and end > self.clock.now()
        }

    async def add_within(
        self, key: str, amount: int, limit: int | None, *, ttl_s: float
    ) -> int | None:
        self._check()
        present, end = self._counter(key) or (0, self._end(ttl_s))
        if amount > 0 and limit is not None and present + amount > limit:
            return None
        count = max(0, present + amount)
        if amount > 0 or self._counter(key):
            self._counters[key] = count, end
        return count

    async def count(self, key: str) -> int:
        self._check()
        counter = self._counter(key)
        return counter[0] if counter else 0

    async def lease(
        self, key: str, holder: str, limit: int | None, *, ttl_s: float
    ) -> bool:
        self._check()
        held = self._held(key)
        if holder not in held and limit is not None and len(held) >= limit:
            return False
        held[holder] = self._end(ttl_s)
        return True

    async def release(self, key: str, holder: str) -> None:
        self._check()
        self._leases[key].pop(holder, None)

    async def holders(self, key: str) -> int:
        self._check()
        return len(self._held(key))

    async def schedule(self, queue: str, item: str, in_s: float) -> None:
        self._check()
        self._timetable[queue][item] = self.clock.now() + in_s

    async def due(self, queue: str, *, limit: int, again_in_s: float) -> list[str]:
        self._check()
        items = self._timetable[queue]
        now = self.clock.now()
        due = sorted((at, item) for item, at in items.items() if at <= now)
        claimed = [item for _, item in due[: max(0, limit)]]
        items.update(dict.fromkeys(claimed, now + again_in_s))
        return claimed

    async def unschedule(self, queue: str, item: str) -> None:
        self._check()
        self._timetable[queue].pop(item, None)

    def _check(self) -> None:
        if self.is_down:
            raise StoreUnavailable("The store is down.")

    def _end(self, ttl_s: float | None) -> float:
        return inf if ttl_s is None else self.clock.now() + ttl_s

    def _value(self, key: str) -> bytes | None:
        value, end = self._values.get(key, (None, inf))
        return value if end > self.clock.now() else None

    def _counter(self, key: str) -> tuple[int, float] | None:
        counter = self._counters.get(key)
        return counter if counter and counter[1] > self.clock.now() else None

    def _held(self, key: str) -> dict[str, float]:
        now = self.clock.now()
        held = {holder: end for holder, end in self._leases[key].items() if end > now}
        self._leases[key] = held
        return held

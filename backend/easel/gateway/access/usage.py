"""The ledger: what each key was delivered, day by day. Totals only ever grow.

Written behind the answer, once a second for all that was delivered meanwhile. At a
clean stop nothing is lost; with a killed process its last second is.
"""

import asyncio
import datetime
from collections import defaultdict

from easel.clock import Clock
from easel.gateway.access.cautious_store import CautiousStore
from easel.gateway.access.usage_document import DayUsage
from easel.gateway.access.wall_clock import DAY_S, day_of, days_until

DAYS = 30

# Longer than it is shown: it counts from the first entry of a day.
_TTL_S = 40 * DAY_S

# Counters are whole numbers.
_PARTS_PER_COST_UNIT = 1000

_IMAGES, _GENERATIONS, _COST = "images", "generations", "cost"

# The caller, the day, and which of the three.
_Total = tuple[str, str, str]


class UsageLedger:
    """
    Args:
        store: Where the totals are.
        wall_clock: Knows the day.
    """

    def __init__(self, store: CautiousStore, wall_clock: Clock) -> None:
        self._store = store
        self._wall_clock = wall_clock
        self._unwritten: defaultdict[_Total, int] = defaultdict(int)

    def add(self, caller_id: str, *, images: int, cost: float) -> None:
        """One generation that delivered `images`, worth `cost` units."""
        day = day_of(self._wall_clock.now())
        self._unwritten[(caller_id, day, _IMAGES)] += images
        self._unwritten[(caller_id, day, _GENERATIONS)] += 1
        parts = round(cost * _PARTS_PER_COST_UNIT)
        if parts:
            self._unwritten[(caller_id, day, _COST)] += parts

    async def flush(self) -> None:
        """
        Raises:
            StoreUnavailable: not all is written; call again.
        """
        while self._unwritten:
            total, amount = self._unwritten.popitem()
            try:
                await self._write(_counter(total), amount)
            except BaseException:
                self._unwritten[total] += amount
                raise

    async def days(self, caller_id: str) -> list[DayUsage]:
        """The last `DAYS`, today first.

        Raises:
            StoreUnavailable: unknown.
        """
        dates = days_until(self._wall_clock.now(), DAYS)
        return list(await asyncio.gather(*(self._day(caller_id, d) for d in dates)))

    async def _write(self, name: str, amount: int) -> None:
        await self._store.ask(
            lambda store: store.add_within(name, amount, None, ttl_s=_TTL_S)
        )

    async def _day(self, caller_id: str, date: str) -> DayUsage:
        images, generations, cost = [
            await self._count((caller_id, date, what))
            for what in (_IMAGES, _GENERATIONS, _COST)
        ]
        return DayUsage(
            date=datetime.date.fromisoformat(date),
            images=images,
            generations=generations,
            cost_units=cost / _PARTS_PER_COST_UNIT,
        )

    async def _count(self, total: _Total) -> int:
        name = _counter(total)
        written = await self._store.ask(lambda store: store.count(name))
        return written + self._unwritten.get(total, 0)


def _counter(total: _Total) -> str:
    caller_id, day, what = total
    return f"usage/{caller_id}/{day}/{what}"

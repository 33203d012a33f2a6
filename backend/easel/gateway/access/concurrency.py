"""How many generations of one caller are in flight, over all processes.

Places are leases: a process that dies stops renewing them, so none can leak.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple

from easel.clock import Clock
from easel.errors import StoreUnavailable, TooManyConcurrent
from easel.gateway.access.callers import Caller
from easel.gateway.access.cautious_store import CautiousStore
from easel.gateway.access.unique_names import unique_names

# Of a place whose process died: free in less than five seconds. Renewed three times
# as often.
LEASE_S = 4.8

# A client may ask again before the place of its last answer is freed in the store.
_PATIENCE_S = 0.02

# How much the newest generation says about how long one takes.
_NEWEST_WEIGHT = 0.2
_MIN_WAIT_S = 1.0
_MAX_WAIT_S = 120.0


class Held(NamedTuple):
    """A place.

    Attributes:
        caller_id: Whose.
        holder: Its name, unique.
    """

    caller_id: str
    holder: str


@dataclass(slots=True)
class _Since:
    """When a place was taken, and until when it is kept without us."""

    taken_at: float
    ends_at: float | None = None


class Concurrency:
    """
    Args:
        store: Where all processes hold places; None: there is no other process.
        clock: Measures how long places are held.
        processes: How many there are. While the store is away each gives away its
            share of the limit, and at least one place.
        handed_over_s: How long a place lasts that nobody renews.
        sleep: Waits.
    """

    def __init__(
        self,
        store: CautiousStore | None,
        *,
        clock: Clock,
        processes: int,
        handed_over_s: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._clock = clock
        self._processes = processes
        self._handed_over_s = handed_over_s
        self._sleep = sleep
        # What this process gave away, by caller and holder.
        self._here: defaultdict[str, dict[str, _Since]] = defaultdict(dict)
        self._names = unique_names()
        self._usual_s = 5.0

    async def take(self, caller: Caller) -> Held | None:
        """None if the caller has no such limit.

        Raises:
            TooManyConcurrent: it has as many in flight as it may.
        """
        limit = caller.limits.max_concurrent
        if limit is None:
            return None
        if self._store is None:
            return self.take_here(caller)
        held = Held(caller.id, next(self._names))
        if not await self._is_taken(held, limit):
            raise self._refusal(caller.id, limit)
        self.take_back(held)
        return held

    def take_here(self, caller: Caller) -> Held | None:
        """`take`, where there is no other process."""
        limit = caller.limits.max_concurrent
        if limit is None:
            return None
        if self._in_flight_here(caller.id) >= limit:
            raise self._refusal(caller.id, limit)
        held = Held(caller.id, next(self._names))
        self.take_back(held)
        return held

    def free_here(self, held: Held) -> None:
        """`free`, where there is no other process."""
        since = self._forget(held)
        if since is not None:
            took_s = self._clock.now() - since.taken_at
            self._usual_s += _NEWEST_WEIGHT * (took_s - self._usual_s)

    async def free(self, held: Held) -> None:
        """Nothing if it was freed before, by whichever process."""
        self.free_here(held)
        if self._store is None:
            return
        try:
            await self._store.ask(
                lambda store: store.release(_key(held.caller_id), held.holder)
            )
        except StoreUnavailable:
            return  # nobody renews it any more, so it ends by itself

    async def hand_over(self, held: Held) -> None:
        """Keep the place without this process, for `handed_over_s`.

        Raises:
            StoreUnavailable: it cannot be kept.
        """
        if self._store is None:
            since = self._here[held.caller_id][held.holder]
            since.ends_at = self._clock.now() + self._handed_over_s
            return
        await self._lease(held, self._handed_over_s)
        self._forget(held)

    def take_back(self, held: Held) -> None:
        """This process keeps the place again."""
        self._here[held.caller_id][held.holder] = _Since(self._clock.now())

    async def renew(self) -> None:
        """To be called every third of `LEASE_S`.

        Raises:
            StoreUnavailable: some were not renewed.
        """
        if self._store is None:
            return
        for caller_id, places in [*self._here.items()]:
            for holder in [*places]:
                if holder in places:
                    await self._lease(Held(caller_id, holder), LEASE_S)

    async def _is_taken(self, held: Held, limit: int) -> bool:
        try:
            if await self._lease(held, LEASE_S, limit):
                return True
            await self._sleep(_PATIENCE_S)
            return await self._lease(held, LEASE_S, limit)
        except StoreUnavailable:
            share = max(1, limit // self._processes)
            return self._in_flight_here(held.caller_id) < share

    async def _lease(self, held: Held, ttl_s: float, limit: int | None = None) -> bool:
        assert self._store is not None
        return await self._store.ask(
            lambda store: store.lease(
                _key(held.caller_id), held.holder, limit, ttl_s=ttl_s
            )
        )

    def _in_flight_here(self, caller_id: str) -> int:
        places = self._here.get(caller_id)
        if not places:
            return 0
        now = self._clock.now()
        for holder, since in [*places.items()]:
            if since.ends_at is not None and since.ends_at <= now:
                del places[holder]
        return len(places)

    def _forget(self, held: Held) -> _Since | None:
        places = self._here.get(held.caller_id, {})
        since = places.pop(held.holder, None)
        if not places:
            self._here.pop(held.caller_id, None)
        return since

    def _refusal(self, caller_id: str, limit: int) -> TooManyConcurrent:
        return TooManyConcurrent(
            f"The limit of this caller is {limit} generations at the same time.",
            retry_after_s=self._wait_s(caller_id),
        )

    def _wait_s(self, caller_id: str) -> float:
        """Until the oldest one of the caller should be done."""
        places = self._here.get(caller_id, {})
        oldest = min((since.taken_at for since in places.values()), default=None)
        age_s = 0.0 if oldest is None else self._clock.now() - oldest
        return min(max(self._usual_s - age_s, _MIN_WAIT_S), _MAX_WAIT_S)


def _key(caller_id: str) -> str:
    return f"concurrent/{caller_id}"

"""Takes what a generation needs of its caller's limits, and settles for it once."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from pydantic import TypeAdapter

from easel.errors import StoreUnavailable
from easel.gateway.access.callers import Caller
from easel.gateway.access.cautious_store import CautiousStore
from easel.gateway.access.concurrency import Concurrency, Held
from easel.gateway.access.quota import Quota
from easel.gateway.access.rate_limits import RateLimits
from easel.gateway.access.reservation import Reservation, kept_reservation
from easel.gateway.access.usage import UsageLedger

T = TypeVar("T")

# Longer than any generation that nobody waits for.
_KEPT_S = 24 * 3600.0

# So long a charge that was claimed is known to be claimed.
_CLAIMED_S = 60.0


class Cost(NamedTuple):
    """
    Attributes:
        caller_id: Who pays.
        is_anonymous: Nobody's ledger is written.
        images: Asked for, at least 1.
        units: Megapixels x steps x images x the model's weight.
    """

    caller_id: str
    is_anonymous: bool
    images: int
    units: float


class Taken(NamedTuple):
    """What must be given back."""

    held: Held | None = None
    reservation: Reservation | None = None


NOTHING = Taken()


@dataclass(frozen=True, slots=True)
class _Kept:
    """What waits in the store for its generation to end.

    Attributes:
        cost: Of the generation.
        held: The caller's place.
        reserved: The images, as the quota keeps them.
    """

    cost: Cost
    held: Held | None
    reserved: str | None


_CODEC = TypeAdapter(_Kept)


class Till:
    """
    Args:
        store: Keeps what is settled later.
        rates: First asked.
        places: Second.
        quota: Third.
        ledger: Knows what was delivered.
        is_shared: Whether rates and places are in the store.
    """

    def __init__(
        self,
        store: CautiousStore,
        *,
        rates: RateLimits,
        places: Concurrency,
        quota: Quota,
        ledger: UsageLedger,
        is_shared: bool,
    ) -> None:
        self._store = store
        self._is_shared = is_shared
        self._rates = rates
        self._places = places
        self._quota = quota
        self._ledger = ledger
        self._open: set[asyncio.Task[Any]] = set()

    def own(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Work that goes on when its client has gone; a stop waits for it."""
        task = asyncio.create_task(work)
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        return task

    async def finish(self) -> None:
        """Wait for all work that was begun."""
        while self._open:
            await asyncio.gather(*self._open, return_exceptions=True)

    def take_here(self, caller: Caller, images: int) -> Taken | None:
        """`take`, if the store need not be asked; else None, and nothing is taken."""
        limits = caller.limits
        is_stored = limits.rate is not None or limits.max_concurrent is not None
        if self._is_shared and is_stored:
            return None
        block = None
        if limits.images_per_day is not None:
            block = self._quota.room(caller, images)
            if block is None:
                return None
        self._rates.take_here(caller)
        held = self._places.take_here(caller)
        if block is None:
            return Taken(held)
        return Taken(held, self._quota.reserve_from(block, images))

    async def take(self, caller: Caller, images: int) -> Taken:
        """Raises what `Accounts.admitted` says; then nothing is taken."""
        await self._rates.take(caller)
        held = await self._places.take(caller)
        try:
            return Taken(held, await self._quota.reserve(caller, images))
        except BaseException:
            if held is not None:
                await self._places.free(held)
            raise

    def settle(self, cost: Cost, taken: Taken, delivered: int) -> Held | None:
        """`pay` and `leave`."""
        self.pay(cost, taken, delivered)
        return self.leave(taken)

    def pay(self, cost: Cost, taken: Taken, delivered: int) -> None:
        """The store is told of it within a second."""
        self.enter(cost, delivered)
        if taken.reservation is not None:
            self._quota.settle(taken.reservation, min(delivered, cost.images))

    def leave(self, taken: Taken) -> Held | None:
        """
        Returns:
            A place that is left to be freed in the store.
        """
        if taken.held is None or self._is_shared:
            return taken.held
        self._places.free_here(taken.held)
        return None

    async def free(self, held: Held) -> None:
        await self._places.free(held)

    def enter(self, cost: Cost, delivered: int) -> None:
        """Into the ledger of who holds a key."""
        delivered = min(delivered, cost.images)
        if delivered and not cost.is_anonymous:
            units = cost.units * delivered / cost.images
            self._ledger.add(cost.caller_id, images=delivered, cost=units)

    async def keep(self, generation_id: str, cost: Cost, taken: Taken) -> None:
        """Leave it in the store until it is claimed.

        Raises:
            StoreUnavailable: it was not left there.
        """
        reserved = None
        if taken.reservation is not None:
            reserved = await self._quota.keep(taken.reservation, _KEPT_S)
        value = _CODEC.dump_json(_Kept(cost, taken.held, reserved))
        if taken.held is not None:
            await self._places.hand_over(taken.held)
        try:
            await self._store.ask(
                lambda store: store.put(_name(generation_id), value, ttl_s=_KEPT_S)
            )
        except BaseException:
            if taken.held is not None:
                self._places.take_back(taken.held)
            raise

    async def take_back(self, generation_id: str) -> bool:
        """Whether this process holds again what it kept under this id.

        Raises:
            StoreUnavailable: it stays in the store.
        """
        kept = await self._claim(generation_id)
        if kept is not None and kept.held is not None:
            self._places.take_back(kept.held)
        return kept is not None

    async def settle_kept(self, generation_id: str, delivered: int) -> bool:
        """Whether there was something to settle under this id.

        Raises:
            StoreUnavailable: it stays in the store.
        """
        kept = await self._claim(generation_id)
        if kept is None:
            return False
        reservation = None if kept.reserved is None else kept_reservation(kept.reserved)
        held = self.settle(kept.cost, Taken(kept.held, reservation), delivered)
        if held is not None:
            await self.free(held)
        # Nobody else would enter it or give back what was reserved, if this process
        # were killed now.
        with suppress(StoreUnavailable):
            await self._ledger.flush()
            await self._quota.tell()
        return True

    async def _claim(self, generation_id: str) -> _Kept | None:
        """What was kept under this id: one of all who ask gets it."""
        name = _name(generation_id)
        value = await self._store.ask(lambda store: store.get(name))
        if not value:
            return None
        is_ours = await self._store.ask(
            lambda store: store.replace(name, value, b"", ttl_s=_CLAIMED_S)
        )
        return _CODEC.validate_json(value) if is_ours else None


def _name(generation_id: str) -> str:
    return f"charge/{generation_id}"

"""What a generation costs its caller: asked before it is painted, settled after.

The order is that of what a refusal costs: the rate, then a place among the caller's
own, then images of the day. Whoever has no limits and no key passes without a look at
the store.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from easel.clock import Clock
from easel.errors import StoreUnavailable
from easel.gateway.access.callers import Caller
from easel.gateway.access.cautious_store import CautiousStore
from easel.gateway.access.charge import Charge
from easel.gateway.access.concurrency import LEASE_S, Concurrency
from easel.gateway.access.joint_delivery import JointDelivery
from easel.gateway.access.quota import Quota
from easel.gateway.access.rate_limits import RateLimits
from easel.gateway.access.till import Till
from easel.gateway.access.usage import UsageLedger
from easel.gateway.access.usage_document import Usage, UsageLimits
from easel.gateway.access.wall_clock import WallClock, until_midnight_s
from easel.gateway.store.base import Store

__all__ = ["Accounts", "Charge"]

log = logging.getLogger(__name__)

_FLUSH_EVERY_S = 1.0
_SWEEP_EVERY_S = 15.0

# After its deadline a generation still has its answer's last bytes to send.
_MARGIN_S = 60.0

# An asynchronous generation that is older was forgotten by whoever should settle it.
_HANDED_OVER_S = 3600.0


class Accounts:
    """Use as a context manager, inside that of the store.

    Args:
        store: Of all processes.
        clock: Measures.
        wall_clock: Knows the day.
        processes: How many share the limits, over all hosts. One that shares no Redis
            counts rates and places in its own memory.
        longest_s: A generation that is waited for takes no longer.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock,
        wall_clock: Clock | None = None,
        processes: int,
        longest_s: float,
    ) -> None:
        self._wall_clock = wall_clock = wall_clock or WallClock()
        self._store = cautious = CautiousStore(
            store,
            clock,
            consequence=f"each of {processes} processes holds every caller to "
            f"1/{processes} of its limits",
        )
        is_shared = processes > 1 or store.kind == "redis"
        shared = cautious if is_shared else None
        self._places = Concurrency(
            shared, clock=clock, processes=processes, handed_over_s=_HANDED_OVER_S
        )
        self._quota = Quota(
            cautious,
            clock=clock,
            wall_clock=wall_clock,
            processes=processes,
            reserved_s=longest_s + _MARGIN_S,
        )
        self._ledger = UsageLedger(cautious, wall_clock)
        self._till = Till(
            cautious,
            rates=RateLimits(shared, wall_clock=wall_clock, processes=processes),
            places=self._places,
            quota=self._quota,
            ledger=self._ledger,
            is_shared=is_shared,
        )
        self._loops: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._loops = [
            asyncio.create_task(_every(_FLUSH_EVERY_S, self.flush)),
            asyncio.create_task(_every(LEASE_S / 3, self._places.renew)),
            asyncio.create_task(_every(_SWEEP_EVERY_S, self._quota.sweep)),
        ]
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await self._till.finish()
        self._quota.retire()
        self._store.resume()
        try:
            await self.flush()
        except StoreUnavailable:
            log.error("the store is away at the stop: the last usage is lost")  # noqa: TRY400 - a traceback says no more

    def admitted(
        self,
        caller: Caller,
        *,
        images: int,
        cost: float,
        joint: JointDelivery | None = None,
    ) -> Charge:
        """A context manager for the time from asking to the last byte of the answer.

        Entering asks the limits; leaving settles for `Charge.delivered` and gives back
        the rest, however it is left.

        Args:
            caller: Who pays.
            images: Asked for.
            cost: Megapixels x steps x images x the model's weight.
            joint: Whether it costs anything is known at its end only.

        Raises:
            RateLimited: too many in a time.
            TooManyConcurrent: too many in flight.
            QuotaExceeded: the day's images are used up.
        """
        return Charge(self._till, caller, images, cost, joint)

    async def settle_later(self, generation_id: str, delivered: int) -> bool:
        """Settle what was handed over, from any process, once.

        Args:
            generation_id: As given to `Charge.hand_over`.
            delivered: Images; 0 if it failed or was cancelled.

        Returns:
            Whether it was settled now: not if it was before, or cost nobody anything.

        Raises:
            StoreUnavailable: not settled; try again.
        """
        return await self._till.settle_kept(generation_id, delivered)

    async def usage(self, caller: Caller) -> Usage:
        """
        Raises:
            StoreUnavailable: unknown.
        """
        days = await self._ledger.days(caller.id)
        limits = caller.limits
        return Usage(
            caller=caller.id,
            limits=UsageLimits(
                rate=limits.rate,
                max_concurrent=limits.max_concurrent,
                images_per_day=limits.images_per_day,
            ),
            images_left_today=await self._quota.left(caller),
            resets_in_s=until_midnight_s(self._wall_clock.now()),
            today=days[0],
            days=days,
        )

    async def flush(self) -> None:
        """Write what is still to be written. Called by itself once a second.

        Raises:
            StoreUnavailable: later, then.
        """
        await self._ledger.flush()
        await self._quota.flush()


async def _every(period_s: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(period_s)
        try:
            await work()
        except StoreUnavailable:
            continue  # it is tried again, and its absence is logged where it is noticed
        except Exception:
            log.exception("a bug in the housekeeping of limits")

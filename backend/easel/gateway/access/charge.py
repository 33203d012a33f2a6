"""One generation's claim on its caller's limits, for as long as it is under way."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self

from easel.errors import ServiceError
from easel.gateway.access.callers import Caller, CallerLimits
from easel.gateway.access.joint_delivery import JointDelivery
from easel.gateway.access.till import NOTHING, Cost, Taken, Till

_NO_LIMITS = CallerLimits()


class Charge:
    """A context manager; see `Accounts.admitted`.

    It is settled by who leaves the block, or handed over: then it lies in the store
    under the generation's id, for any process to settle.
    """

    def __init__(
        self,
        till: Till,
        caller: Caller,
        images: int,
        units: float,
        joint: JointDelivery | None = None,
    ) -> None:
        self._till = till
        self._joint = joint
        self._caller = caller
        self._cost = Cost(caller.id, caller.is_anonymous, images, units)
        self._taken = NOTHING
        self._delivered = 0
        self._kept_as: str | None = None
        self._is_ours = True

    async def __aenter__(self) -> Self:
        if self._caller.limits == _NO_LIMITS:
            return self
        taken = self._till.take_here(self._caller, self._cost.images)
        self._taken = taken or await self._take_from_store()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._is_ours:
            return
        if self._joint is None:
            self._pay(is_whole=True)
        else:
            self._joint.at_the_end(lambda is_whole: self._pay(is_whole=is_whole))
        held = self._till.leave(self._taken)
        if held is not None:
            await asyncio.shield(self._till.own(self._till.free(held)))

    def delivered(self, images: int = 1) -> None:
        """So many more reached the caller."""
        self._delivered += images

    async def hand_over(self, generation_id: str) -> None:
        """Leave it to `Accounts.settle_later`, from now on or under a new id.

        Leaving the block settles nothing any more.

        Raises:
            StoreUnavailable: it stays with this block.
        """
        if not (self._cost.is_anonymous and self._taken == NOTHING):
            await _to_its_end(self._till.own(self._hand_over(generation_id)))

    async def take_back(self) -> None:
        """The generation was not begun after all: leaving the block settles again.

        Nothing if it was not handed over, or is settled by now.

        Raises:
            StoreUnavailable: it stays handed over.
        """
        if self._kept_as is not None:
            await _to_its_end(self._till.own(self._take_back(self._kept_as)))

    def _pay(self, *, is_whole: bool) -> None:
        delivered = self._delivered if is_whole else 0
        self._till.pay(self._cost, self._taken, delivered)

    async def _take_from_store(self) -> Taken:
        # What the store was asked it does, whether or not the client waits for it.
        taking = self._till.own(self._till.take(self._caller, self._cost.images))
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            self._till.own(self._give_back(taking))
            raise

    async def _hand_over(self, generation_id: str) -> None:
        if self._kept_as is not None:
            await self._take_back(self._kept_as)
        if self._is_ours:
            await self._till.keep(generation_id, self._cost, self._taken)
            self._kept_as, self._is_ours = generation_id, False

    async def _take_back(self, generation_id: str) -> None:
        self._is_ours = await self._till.take_back(generation_id)
        self._kept_as = None

    async def _give_back(self, taking: asyncio.Task[Taken]) -> None:
        """Who asked has gone before there was an answer."""
        with suppress(ServiceError):
            held = self._till.settle(self._cost, await taking, 0)
            if held is not None:
                await self._till.free(held)


async def _to_its_end(task: asyncio.Task[None]) -> None:
    """Await `task`, and if cancelled, let it end first: half of it is done already."""
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise

"""Images a day, reserved before they are painted and paid for when delivered.

The counter of a day holds what was delivered and what is reserved. Each process takes
from it in blocks and reserves from its own block in memory; once a second it gives
back what it will hardly use. A block also stands in a timetable: if its process dies,
it becomes due, and all of it that was not spent is given back.
"""

import asyncio
import logging
from contextlib import suppress
from weakref import WeakValueDictionary

from easel.clock import Clock
from easel.errors import QuotaExceeded, StoreUnavailable
from easel.gateway.access.callers import Caller
from easel.gateway.access.cautious_store import CautiousStore
from easel.gateway.access.day_counters import (
    DayCounters,
    counter_of,
    item_of,
    parse_item,
)
from easel.gateway.access.image_block import ImageBlock, block_size
from easel.gateway.access.limit_headers import note_images
from easel.gateway.access.outage_shares import OutageShares
from easel.gateway.access.reservation import Reservation
from easel.gateway.access.unique_names import unique_names
from easel.gateway.access.wall_clock import day_of, until_midnight_s

log = logging.getLogger(__name__)

# Images in a block: a process that is killed keeps what is left of it for minutes.
_MOST_IN_BLOCK = 256
# From a block that is older nothing more is reserved.
_SERVES_S = 60.0
# Before it is due by the store's clock a block is no more touched by its process.
_DUE_MARGIN_S = 10.0


class Quota:
    """
    Args:
        store: Of all processes.
        clock: Measures how old blocks are.
        wall_clock: Knows the day.
        processes: How many there are. While the store is away each gives away its
            share of what was left, and at least one image.
        reserved_s: Longer than a generation can take.
    """

    def __init__(
        self,
        store: CautiousStore,
        *,
        clock: Clock,
        wall_clock: Clock,
        processes: int,
        reserved_s: float,
    ) -> None:
        self._counters = DayCounters(store)
        self._shares = OutageShares(processes)
        self._clock = clock
        self._wall_clock = wall_clock
        self._processes = processes
        self._due_s = _SERVES_S + reserved_s + _DUE_MARGIN_S
        self._names = unique_names()
        # By caller: what its next reservations come from.
        self._serving: dict[str, ImageBlock] = {}
        # From these nothing more is reserved.
        self._retired: set[ImageBlock] = set()
        # By caller: who asks the store for a block.
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def room(self, caller: Caller, images: int) -> ImageBlock | None:
        """The block that has so many for this caller, who has such a limit.

        It is to be reserved from before anything else is awaited.
        """
        block = self._serving.get(caller.id)
        if (
            block is None
            or block.free < images
            or block.limit != caller.limits.images_per_day
            or block.day != day_of(self._wall_clock.now())
            or block.serves_until <= self._clock.now()
        ):
            return None
        return block

    def reserve_from(self, block: ImageBlock, images: int) -> Reservation:
        block.reserve(images)
        reset_s = until_midnight_s(self._wall_clock.now())
        note_images(block.limit, block.left, reset_s)
        return Reservation(block.caller_id, block.day, images, block)

    async def reserve(self, caller: Caller, images: int) -> Reservation | None:
        """None if the caller has no such limit.

        Raises:
            QuotaExceeded: so many are not left today.
        """
        limit = caller.limits.images_per_day
        if limit is None:
            return None
        day = day_of(self._wall_clock.now())
        name = counter_of(caller.id, day)
        try:
            block = await self._block_for(caller, day, images, limit)
        except StoreUnavailable:
            return self._reserve_alone(caller.id, day, images, limit)
        if block is None:
            raise self._refusal(images, limit, limit - self._shares.used(name))
        return self.reserve_from(block, images)

    def settle(self, reservation: Reservation, delivered: int) -> None:
        """Give back what was not delivered; the store is told at the next `flush`."""
        name = counter_of(reservation.caller_id, reservation.day)
        left_over = reservation.images - delivered
        block = reservation.block
        if block is not None:
            block.release(reservation.images, delivered)
            if block in self._retired:
                self._give_back(block, left_over)
        elif reservation.item is not None:
            self._counters.forget_later(reservation.item)
            self._counters.add_later(name, -left_over)
        else:
            self._shares.give_back(name, left_over)
            self._counters.add_later(name, delivered)

    async def keep(self, reservation: Reservation, for_s: float) -> str:
        """Let it stand for itself for so long, whatever becomes of this process.

        Returns:
            The item from which `kept_reservation` makes it again.

        Raises:
            StoreUnavailable: nobody promises that.
        """
        caller_id, day = reservation.caller_id, reservation.day
        if reservation.item is not None:
            await self._counters.schedule(reservation.item, for_s)
            return reservation.item
        item = item_of(next(self._names), caller_id, day, reservation.images)
        await self._schedule_or_forget(item, for_s)
        block, reservation.block, reservation.item = reservation.block, None, item
        if block is None:
            self._counters.add_later(counter_of(caller_id, day), reservation.images)
            return item
        block.release(reservation.images, delivered=reservation.images)
        with suppress(StoreUnavailable):  # else at the next flush
            await self._tell_spent(block)
        return item

    async def tell(self) -> None:
        """Tell the store of what was settled.

        Raises:
            StoreUnavailable: not all was told; `flush` does it later.
        """
        await self._counters.tell()

    async def flush(self) -> None:
        """Tell it all, and give back what is not used. To be called once a second.

        Raises:
            StoreUnavailable: not all was told; call again.
        """
        self._look_at_blocks()
        self._leave_to_sweep()
        await self._counters.tell()
        for block in [*self._serving.values(), *self._retired]:
            await self._tell_of(block)

    def retire(self) -> None:
        """Nothing more will be reserved: the next `flush` gives all back."""
        for block in [*self._serving.values()]:
            self._retire(block)

    async def sweep(self) -> None:
        """Give back what was reserved by processes that died.

        Raises:
            StoreUnavailable: call again.
        """
        for item in await self._counters.due():
            caller_id, day, images = parse_item(item)
            abandoned = images - await self._counters.spent(item)
            # First of all, or it would be given back once more.
            await self._counters.forget(item)
            log.warning(
                "%d images reserved by %s are given back: nobody settled them",
                abandoned,
                caller_id,
            )
            self._counters.add_later(counter_of(caller_id, day), -abandoned)
        self._leave_to_sweep()
        await self._counters.tell()

    async def left(self, caller: Caller) -> int | None:
        """Images that the caller may still ask for today; None: no limit.

        Raises:
            StoreUnavailable: unknown.
        """
        limit = caller.limits.images_per_day
        if limit is None:
            return None
        day = day_of(self._wall_clock.now())
        used = await self._counters.used(counter_of(caller.id, day))
        block = self._serving.get(caller.id)
        own = block.free if block is not None and block.day == day else 0
        return max(0, limit - used + own)

    async def _block_for(
        self, caller: Caller, day: str, images: int, limit: int
    ) -> ImageBlock | None:
        """None: so many are not left.

        One request asks the store for all of its caller's that come meanwhile.
        """
        lock = self._asking.setdefault(caller.id, asyncio.Lock())
        async with lock:
            return self.room(caller, images) or await self._ask_for_block(
                caller.id, day, images, limit
            )

    async def _ask_for_block(
        self, caller_id: str, day: str, images: int, limit: int
    ) -> ImageBlock | None:
        name = counter_of(caller_id, day)
        before = self._serving.get(caller_id)
        if before is not None:
            self._retire(before)
        # What was used in an outage, or is given back, counts before anything else.
        await self._counters.tell()
        if self._shares.used(name) + images > limit:
            # To look costs less than to be refused.
            self._shares.hear(name, await self._counters.used(name))
        left = limit - self._shares.used(name)
        if left < images:
            return None
        size = block_size(
            images,
            used_lately=before.used_lately if before is not None else 0,
            left=left,
            processes=self._processes,
            most=_MOST_IN_BLOCK,
        )
        block = await self._take_block(caller_id, day, size, limit)
        if block is None and size > images:
            block = await self._take_block(caller_id, day, images, limit)
        if block is not None:
            self._serving[caller_id] = block
            if before is not None:
                block.goes_on_for(before)
        return block

    async def _take_block(
        self, caller_id: str, day: str, images: int, limit: int
    ) -> ImageBlock | None:
        """None: they would pass the limit."""
        name = counter_of(caller_id, day)
        item = item_of(next(self._names), caller_id, day, images)
        now = self._clock.now()
        block = ImageBlock(
            item,
            caller_id,
            day,
            limit,
            serves_until=now + _SERVES_S,
            due_at=now + self._due_s - _DUE_MARGIN_S,
            free=images,
        )
        # First the timetable: if this process dies in between, the caller gains.
        await self._schedule_or_forget(item, self._due_s)
        used = None
        try:
            used = await self._counters.take(name, images, limit)
        finally:
            if used is None:
                # There is nothing to give back.
                block.give_up(images)
                self._retired.add(block)
        if used is None:
            self._shares.hear(name, await self._used_at_least(name, limit))
            return None
        self._shares.hear(name, used)
        block.left_outside = limit - used
        return block

    async def _schedule_or_forget(self, item: str, for_s: float) -> None:
        try:
            await self._counters.schedule(item, for_s)
        except StoreUnavailable:
            # It may be there all the same.
            self._counters.forget_later(item)
            raise

    async def _used_at_least(self, name: str, otherwise: int) -> int:
        try:
            return await self._counters.used(name)
        except StoreUnavailable:
            return otherwise

    def _reserve_alone(
        self, caller_id: str, day: str, images: int, limit: int
    ) -> Reservation:
        name = counter_of(caller_id, day)
        left = self._shares.left(name, limit)
        if images > left:
            raise self._refusal(images, limit, left)
        self._shares.take(name, images)
        reset_s = until_midnight_s(self._wall_clock.now())
        note_images(limit, left - images, reset_s)
        return Reservation(caller_id, day, images)

    def _refusal(self, images: int, limit: int, left: int) -> QuotaExceeded:
        left = max(0, left)
        reset_s = until_midnight_s(self._wall_clock.now())
        note_images(limit, left, reset_s)
        return QuotaExceeded(
            f"{images} more would pass the limit of {limit} images a day; "
            f"{left} are left.",
            retry_after_s=reset_s if images <= limit else None,
        )

    def _look_at_blocks(self) -> None:
        """Give back what will hardly be used."""
        now = self._clock.now()
        today = day_of(self._wall_clock.now())
        for block in [*self._serving.values()]:
            self._give_back(block, block.look())
            if block.is_idle or block.day != today or block.serves_until <= now:
                self._retire(block)

    def _leave_to_sweep(self) -> None:
        """Blocks that are due, because the store was away for minutes.

        Who sweeps gives back all that the timetable does not know to be spent; so it
        is added here once more.
        """
        now = self._clock.now()
        for block in self._retired:
            if block.due_at <= now:
                name = counter_of(block.caller_id, block.day)
                self._counters.add_later(name, block.spent)
                block.spent = 0

    def _retire(self, block: ImageBlock) -> None:
        del self._serving[block.caller_id]
        self._retired.add(block)
        self._give_back(block, block.free)

    def _give_back(self, block: ImageBlock, images: int) -> None:
        """Of the free ones."""
        block.give_up(images)
        self._counters.add_later(counter_of(block.caller_id, block.day), -images)

    async def _tell_of(self, block: ImageBlock) -> None:
        """To the timetable, what became of the block."""
        if block not in self._retired or block.in_flight:
            await self._tell_spent(block)
        elif self._clock.now() < block.due_at:
            await self._counters.forget(block.item)
            self._retired.discard(block)
        elif not block.spent:
            self._retired.discard(block)

    async def _tell_spent(self, block: ImageBlock) -> None:
        if not block.spent or self._clock.now() >= block.due_at:
            return
        spent, block.spent = block.spent, 0
        try:
            await self._counters.tell_spent(block.item, spent)
        except BaseException:
            block.spent += spent
            raise

"""Blocks of images: cheap to reserve from, exact over processes and their deaths."""

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from easel.errors import QuotaExceeded, StoreUnavailable
from easel.gateway.access.image_block import block_size
from easel.gateway.access.quota import Quota
from easel.gateway.access.reservation import Reservation
from tests.gateway.access.access_rig import FlakyStore, Times, cautious, key_holder

CALLER = key_holder(images_per_day=100)
BUSY = key_holder(images_per_day=100_000)
RESERVED_S = 360.0
# When a block that nobody is heard of any more is given back.
DUE_S = RESERVED_S + 70.0


def process(store: FlakyStore, times: Times, processes: int = 4) -> Quota:
    return Quota(
        cautious(store, times),
        clock=times.clock,
        wall_clock=times.wall,
        processes=processes,
        reserved_s=RESERVED_S,
    )


@pytest.fixture
def quota(store: FlakyStore, times: Times) -> Quota:
    return process(store, times)


@pytest.fixture
def other(store: FlakyStore, times: Times) -> Quota:
    return process(store, times)


async def reserve(quota: Quota, images: int = 1) -> Reservation:
    reservation = await quota.reserve(CALLER, images)
    assert reservation is not None
    return reservation


async def deliver(quota: Quota, images: int = 1) -> None:
    quota.settle(await reserve(quota, images), images)


async def left(quota: Quota) -> int:
    images = await quota.left(CALLER)
    assert images is not None
    return images


# What it costs


async def test_a_busy_caller_asks_the_store_seldom(
    store: FlakyStore, quota: Quota
) -> None:
    for _ in range(2000):
        reservation = await quota.reserve(BUSY, 1)
        assert reservation is not None
        quota.settle(reservation, 1)
    # 1, 2, 6, 18, 54, 162, and then 256 at a time: two operations for each block.
    assert store.operations == 2 * (6 + 7)
    await quota.flush()
    assert await quota.left(BUSY) == 98_000


async def test_where_there_is_room_nothing_is_awaited(
    store: FlakyStore, quota: Quota
) -> None:
    for _ in range(2):
        await deliver(quota)
    operations = store.operations
    block = quota.room(CALLER, 1)
    assert block is not None
    quota.settle(quota.reserve_from(block, 1), 1)
    assert quota.room(CALLER, 1) is None
    assert store.operations == operations


async def test_what_comes_at_once_asks_the_store_one_after_the_other(
    store: FlakyStore, quota: Quota
) -> None:
    reservations = await asyncio.gather(*(reserve(quota) for _ in range(9)))
    assert len(reservations) == 9
    assert store.operations == 2 * 3  # blocks of 1, 2 and 6


async def test_whom_nothing_is_left_costs_one_look(
    store: FlakyStore, quota: Quota
) -> None:
    await reserve(quota, 100)
    operations = store.operations
    for _ in range(5):
        with pytest.raises(QuotaExceeded):
            await reserve(quota)
    assert store.operations == operations + 5


@pytest.mark.parametrize(
    ("used_lately", "left", "size"),
    [(0, 1000, 3), (5, 1000, 10), (500, 100_000, 256), (50, 400, 50), (50, 9, 3)],
)
def test_a_block_is_as_large_as_its_caller_is_busy(
    used_lately: int, left: int, size: int
) -> None:
    assert size == block_size(
        3, used_lately=used_lately, left=left, processes=4, most=256
    )


# What is not used


async def test_what_is_not_used_for_a_second_is_for_all(
    quota: Quota, other: Quota
) -> None:
    for _ in range(10):
        await deliver(quota)
    with pytest.raises(QuotaExceeded, match="80 are left"):  # and ten are held here
        await reserve(other, 90)
    await quota.flush()
    await quota.flush()
    await reserve(other, 90)
    assert await left(quota) == 0


async def test_no_more_is_held_than_two_seconds_would_use(
    store: FlakyStore, quota: Quota, other: Quota
) -> None:
    for _ in range(10):
        await deliver(quota)
    await quota.flush()
    assert await left(other) == 100 - 10 - 10
    await deliver(quota)  # one in this second
    await quota.flush()
    assert await left(other) == 100 - 11 - 2


async def test_a_full_counter_and_a_free_rest_of_ones_own_make_what_is_asked(
    quota: Quota, other: Quota
) -> None:
    for _ in range(2):
        await deliver(quota)  # one of the second block is free
    await reserve(other, 96)
    await reserve(quota, 2)  # that one, and the last of the counter
    assert await left(other) == 0


async def test_what_comes_back_late_is_given_back(quota: Quota, other: Quota) -> None:
    long = await reserve(quota, 40)
    for _ in range(3):
        await quota.flush()
    assert await left(other) == 60
    quota.settle(long, 15)
    await quota.flush()
    assert await left(other) == 85


async def test_a_lower_limit_holds_at_once(quota: Quota) -> None:
    for _ in range(10):
        await deliver(quota)
    with pytest.raises(QuotaExceeded, match="0 are left"):
        await quota.reserve(key_holder(images_per_day=10), 1)


async def test_a_stop_gives_back_what_is_free(quota: Quota, other: Quota) -> None:
    for _ in range(10):
        await deliver(quota)
    quota.retire()
    await quota.flush()
    assert await left(other) == 90


# Processes that die


async def killed_after(
    quota: Quota, times: Times, heir: Quota, *, is_flushed: bool
) -> int:
    """Images left after a process died that had delivered 10 of 100, 4 in flight."""
    for _ in range(10):
        await deliver(quota)
    await reserve(quota, 4)
    if is_flushed:
        await quota.flush()
    times.advance(DUE_S)
    await heir.sweep()
    return await left(heir)


async def test_what_a_killed_process_delivered_stays_counted(
    quota: Quota, times: Times, other: Quota
) -> None:
    assert await killed_after(quota, times, other, is_flushed=True) == 90


async def test_of_its_last_second_nothing_is_counted(
    quota: Quota, times: Times, other: Quota
) -> None:
    assert await killed_after(quota, times, other, is_flushed=False) == 100


async def test_what_was_handed_over_outlives_its_process(
    quota: Quota, times: Times, other: Quota
) -> None:
    await quota.keep(await reserve(quota, 30), 24 * 3600.0)
    times.advance(DUE_S)
    await other.sweep()
    assert await left(other) == 70


# The store away for longer than a block lasts


@pytest.mark.parametrize("sweeps_first", [True, False])
async def test_after_a_long_outage_nothing_is_counted_twice(
    store: FlakyStore, times: Times, quota: Quota, other: Quota, sweeps_first: bool
) -> None:
    for _ in range(10):
        await deliver(quota)
    in_flight = await reserve(quota, 7)
    await quota.flush()
    store.is_down = True
    quota.settle(in_flight, 5)
    for _ in range(5):
        times.advance(DUE_S / 4)
        with pytest.raises(StoreUnavailable):
            await quota.flush()
    store.is_down = False
    times.advance(2.0)
    if sweeps_first:
        await other.sweep()
    await quota.flush()
    await other.sweep()
    assert await left(other) == 100 - 10 - 5


async def test_an_old_block_serves_no_more(
    store: FlakyStore, times: Times, quota: Quota
) -> None:
    for _ in range(10):
        await deliver(quota)
    assert quota.room(CALLER, 1) is not None
    times.advance(60.0)
    assert quota.room(CALLER, 1) is None


class Gateways:
    """Some processes, and what became of their reservations."""

    def __init__(self) -> None:
        self.times = Times()
        self.store = FlakyStore(self.times.store)
        self.processes = [process(self.store, self.times, 3) for _ in range(3)]
        # (process, reservation, when)
        self.open: list[tuple[Quota, Reservation, float]] = []
        self.delivered = 0
        self.had_outage = False

    @property
    def in_flight(self) -> int:
        return sum(reservation.images for _, reservation, _ in self.open)

    async def reserve(self, number: int, images: int) -> None:
        quota = self.processes[number]
        with suppress(QuotaExceeded):
            now = self.times.clock.now()
            self.open.append((quota, await reserve(quota, images), now))

    def settle(self, number: int, delivered: int) -> None:
        quota, reservation, _ = self.open.pop(number % len(self.open))
        delivered = min(delivered, reservation.images)
        quota.settle(reservation, delivered)
        self.delivered += delivered

    async def pass_time(self, seconds: float) -> None:
        """No generation takes longer than `RESERVED_S`."""
        now = self.times.clock.now()
        for number in reversed(range(len(self.open))):
            if now + seconds - self.open[number][2] >= RESERVED_S:
                self.settle(number, number % 3)
        self.times.advance(seconds)
        for quota in self.processes:
            with suppress(StoreUnavailable):
                await quota.sweep()
            with suppress(StoreUnavailable):
                await quota.flush()

    async def end(self) -> None:
        while self.open:
            self.settle(0, 1)
        self.store.is_down = False
        self.store.fails_at = set()
        for _ in range(4):
            await self.pass_time(2.0)
        await self.pass_time(DUE_S)


EVENTS = st.one_of(
    st.tuples(st.just("reserve"), st.integers(0, 2), st.integers(1, 9)),
    st.tuples(st.just("settle"), st.integers(0, 20), st.integers(0, 9)),
    st.tuples(st.just("pass"), st.sampled_from([0, 1, 5, 70, 300, 500]), st.just(0)),
    st.tuples(st.just("fail"), st.integers(0, 3), st.just(0)),
    st.tuples(st.just("down"), st.integers(0, 1), st.just(0)),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(EVENTS, max_size=60), st.booleans())
async def test_whatever_happens_the_counter_ends_at_what_was_delivered(
    events: list[tuple[str, int, int]], may_fail: bool
) -> None:
    gateways = Gateways()
    store = gateways.store
    # Counters do not go below 0, so one that is 0 would hide what is given back twice.
    await deliver(gateways.processes[0], 50)
    await gateways.pass_time(2.0)
    await gateways.pass_time(2.0)
    gateways.delivered = 50
    for what, number, images in events:
        match what:
            case "reserve":
                await gateways.reserve(number, images)
            case "settle" if gateways.open:
                gateways.settle(number, images)
            case "pass":
                await gateways.pass_time(float(number))
            case "fail" if may_fail:
                store.fails_at.add(store.operations + number)
            case "down" if may_fail:
                store.is_down = bool(number)
        if not may_fail:
            assert gateways.delivered + gateways.in_flight <= 100
    await gateways.end()
    for quota in gateways.processes:
        assert await left(quota) == max(0, 100 - gateways.delivered)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 2), max_size=30))
async def test_every_image_can_be_had_by_any_process(before: list[int]) -> None:
    """Whoever asked before, a second later all that is left is one process's to use."""
    gateways = Gateways()
    for number in before:
        await deliver(gateways.processes[number])
    for _ in range(2):
        await gateways.pass_time(1.0)
    for _ in range(100 - len(before)):
        await deliver(gateways.processes[0])
    with pytest.raises(QuotaExceeded):
        await deliver(gateways.processes[0])

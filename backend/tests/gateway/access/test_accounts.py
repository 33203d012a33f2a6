import asyncio
import logging
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from easel.errors import (
    CallerError,
    QuotaExceeded,
    RateLimited,
    StoreUnavailable,
    TooManyConcurrent,
)
from easel.gateway.access.accounts import Accounts
from easel.gateway.access.callers import Caller
from easel.gateway.access.joint_delivery import JointDelivery
from tests.gateway.access.access_rig import (
    LIMITED,
    FlakyStore,
    Times,
    accounts_of,
    images_today,
    key_holder,
    left,
    paint,
)


async def test_who_has_no_limits_and_no_key_costs_nothing(
    accounts: Accounts, store: FlakyStore
) -> None:
    before = store.operations
    anonymous = Caller(id="address:10.0.0.1")
    async with accounts.admitted(anonymous, images=1, cost=1.0) as charge:
        await charge.hand_over("gen_a_1")
        await charge.take_back()
        charge.delivered()
    await accounts.flush()
    assert store.operations == before


async def test_a_key_without_limits_asks_nothing_before_it_is_answered(
    accounts: Accounts, store: FlakyStore
) -> None:
    before = store.operations
    async with accounts.admitted(key_holder(), images=2, cost=6.0) as charge:
        charge.delivered(2)
    assert store.operations == before
    await accounts.flush()
    assert await images_today(accounts, key_holder()) == 2


async def test_of_a_busy_key_the_store_hears_seldom(
    store: FlakyStore, times: Times
) -> None:
    busy = key_holder(rate="1000/minute", max_concurrent=2, images_per_day=10_000)
    async with accounts_of(store, times, processes=1) as accounts:
        for _ in range(200):
            async with accounts.admitted(busy, images=1, cost=1.0) as charge:
                charge.delivered()
        # Blocks of 1, 2, 6, 18, 54 and 162 images.
        assert store.operations == 2 * 6
    async with accounts_of(store, times) as later:
        assert (await later.usage(busy)).images_left_today == 9_800


async def test_what_is_delivered_is_paid_and_the_rest_given_back(
    accounts: Accounts,
) -> None:
    async with accounts.admitted(LIMITED, images=4, cost=8.0) as charge:
        assert await left(accounts) == 96
        charge.delivered()
        charge.delivered(2)
    usage = await accounts.usage(LIMITED)
    assert (usage.today.images, usage.today.generations) == (3, 1)
    assert usage.today.cost_units == 6.0
    assert usage.images_left_today == 97


@pytest.mark.parametrize(("is_whole", "images"), [(True, 3), (False, 0)])
async def test_of_several_in_one_answer_all_are_paid_or_none(
    accounts: Accounts, is_whole: bool, images: int
) -> None:
    with JointDelivery() as joint:
        for part in (1, 2):
            async with accounts.admitted(
                LIMITED, images=part, cost=4.0 * part, joint=joint
            ) as charge:
                charge.delivered(part)
        # Its places are free, but what it may cost is still reserved.
        await paint(accounts, images=1, delivered=0)
        assert (await images_today(accounts), await left(accounts)) == (0, 97)
        if is_whole:
            joint.complete()
    assert await images_today(accounts) == images
    assert await left(accounts) == 100 - images


async def test_more_than_was_asked_is_not_charged(accounts: Accounts) -> None:
    await paint(accounts, images=2, delivered=5)
    assert (await images_today(accounts), await left(accounts)) == (2, 98)


@pytest.mark.parametrize("error", [RuntimeError, asyncio.CancelledError])
async def test_a_generation_that_fails_costs_nothing(
    accounts: Accounts, error: type[BaseException]
) -> None:
    for _ in range(3):  # places are freed, too
        with pytest.raises(error):
            async with accounts.admitted(LIMITED, images=4, cost=8.0):
                raise error
    usage = await accounts.usage(LIMITED)
    assert (usage.today.images, usage.today.generations) == (0, 0)
    assert usage.images_left_today == 100


async def test_the_first_limit_that_is_met_refuses(
    accounts: Accounts, times: Times
) -> None:
    with pytest.raises(QuotaExceeded):
        await paint(accounts, images=101)
    async with (
        accounts.admitted(LIMITED, images=1, cost=1.0),
        accounts.admitted(LIMITED, images=1, cost=1.0),
    ):
        with pytest.raises(TooManyConcurrent):
            await paint(accounts, images=101)
        for _ in range(6):
            with pytest.raises(TooManyConcurrent):
                await paint(accounts)
        with pytest.raises(RateLimited):
            await paint(accounts, images=101)
    times.advance(120.0)
    await paint(accounts)
    assert await left(accounts) == 99


async def test_who_leaves_while_the_limits_are_asked_holds_nothing(
    accounts: Accounts, store: FlakyStore
) -> None:
    for turns in range(12):
        entering = asyncio.ensure_future(paint(accounts, images=4, delivered=0))
        for _ in range(turns):
            await asyncio.sleep(0)
        entering.cancel()
        await asyncio.gather(entering, return_exceptions=True)
        await accounts._till.finish()
    assert await left(accounts) == 100
    assert await store.holders("concurrent/holder01") == 0
    assert await images_today(accounts) == 0


# Handed over


async def test_what_is_handed_over_is_settled_from_any_process_once(
    accounts: Accounts, store: FlakyStore, times: Times
) -> None:
    async with accounts.admitted(LIMITED, images=4, cost=8.0) as charge:
        await charge.hand_over("gen_a_1")
        charge.delivered(4)  # of no consequence any more
    assert (await images_today(accounts), await left(accounts)) == (0, 96)
    async with accounts_of(store, times, processes=4) as other:
        outcomes = await asyncio.gather(
            *(one.settle_later("gen_a_1", 3) for one in (accounts, other) * 3)
        )
        assert sorted(outcomes) == [False] * 5 + [True]
    await accounts.flush()
    assert (await images_today(accounts), await left(accounts)) == (3, 97)


async def test_a_place_that_is_handed_over_is_taken_until_it_is_settled(
    accounts: Accounts,
) -> None:
    for number in range(2):
        async with accounts.admitted(LIMITED, images=1, cost=1.0) as charge:
            await charge.hand_over(f"gen_a_{number}")
    with pytest.raises(TooManyConcurrent):
        await paint(accounts)
    await accounts.settle_later("gen_a_0", 0)
    await paint(accounts)


async def test_what_was_never_handed_over_is_not_settled(accounts: Accounts) -> None:
    assert not await accounts.settle_later("gen_a_1", 1)
    assert await images_today(accounts) == 0


async def test_a_second_server_takes_the_charge_over(accounts: Accounts) -> None:
    async with accounts.admitted(LIMITED, images=4, cost=8.0) as charge:
        await charge.hand_over("gen_a_1")
        await charge.hand_over("gen_b_1")
    assert not await accounts.settle_later("gen_a_1", 4)
    assert await accounts.settle_later("gen_b_1", 4)
    assert (await images_today(accounts), await left(accounts)) == (4, 96)


async def test_what_is_taken_back_is_settled_at_the_end(accounts: Accounts) -> None:
    async with accounts.admitted(LIMITED, images=4, cost=8.0) as charge:
        await charge.hand_over("gen_a_1")
        await charge.take_back()
        charge.delivered(1)
    assert not await accounts.settle_later("gen_a_1", 4)
    assert (await images_today(accounts), await left(accounts)) == (1, 99)


async def test_what_was_settled_meanwhile_is_not_taken_back(
    accounts: Accounts,
) -> None:
    async with accounts.admitted(LIMITED, images=4, cost=8.0) as charge:
        await charge.hand_over("gen_a_1")
        await accounts.settle_later("gen_a_1", 4)
        await charge.take_back()
        charge.delivered(4)
    assert (await images_today(accounts), await left(accounts)) == (4, 96)


async def test_without_the_store_nothing_is_handed_over(
    accounts: Accounts, store: FlakyStore, times: Times
) -> None:
    async with accounts.admitted(LIMITED, images=4, cost=8.0) as charge:
        store.is_down = True
        with pytest.raises(StoreUnavailable):
            await charge.hand_over("gen_a_1")
        charge.delivered(4)
    store.is_down = False
    times.advance(10.0)
    await accounts.flush()
    assert (await images_today(accounts), await left(accounts)) == (4, 96)


async def test_a_charge_waits_while_the_store_is_away(
    accounts: Accounts, store: FlakyStore, times: Times
) -> None:
    async with accounts.admitted(LIMITED, images=4, cost=8.0) as charge:
        await charge.hand_over("gen_a_1")
    store.is_down = True
    with pytest.raises(StoreUnavailable):
        await accounts.settle_later("gen_a_1", 4)
    store.is_down = False
    times.advance(2.0)
    assert await accounts.settle_later("gen_a_1", 4)


# The store fails


async def one_generation(accounts: Accounts, *, hands_over: bool) -> int:
    """Images that were delivered."""
    async with accounts.admitted(LIMITED, images=4, cost=8.0) as charge:
        if hands_over:
            try:
                await charge.hand_over("gen_a_1")
            except StoreUnavailable:
                return 0  # an asynchronous generation is refused then
        charge.delivered(3)
    if not hands_over:
        return 3
    try:
        return 3 if await accounts.settle_later("gen_a_1", 3) else 0
    except StoreUnavailable:
        return 0


@pytest.mark.parametrize("hands_over", [False, True])
@pytest.mark.parametrize("number", range(16))
async def test_a_failure_at_any_moment_charges_what_was_delivered(
    accounts: Accounts,
    store: FlakyStore,
    times: Times,
    number: int,
    hands_over: bool,
) -> None:
    store.fails_at = {store.operations + number}
    delivered = await one_generation(accounts, hands_over=hands_over)
    with suppress(StoreUnavailable):
        await accounts.flush()
    store.fails_at = set()
    times.advance(2.0)  # the pause after a failure
    await accounts.settle_later("gen_a_1", delivered)
    await accounts.flush()
    times.advance(3600.0)  # reservations and leases have ended
    await accounts._quota.sweep()
    await accounts.flush()
    assert await images_today(accounts) == delivered
    assert await left(accounts) == 100 - delivered
    assert await store.holders("concurrent/holder01") == 0
    for _ in range(2):
        await paint(accounts)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([1, 4]),
    st.sets(st.integers(0, 80), max_size=12),
    st.lists(st.tuples(st.booleans(), st.floats(0.0, 30.0)), min_size=1, max_size=8),
)
async def test_however_often_it_fails_what_was_delivered_is_charged(
    processes: int, fails_at: set[int], generations: list[tuple[bool, float]]
) -> None:
    times = Times()
    store = FlakyStore(times.store)
    delivered = 0
    async with accounts_of(store, times, processes=processes) as accounts:
        store.fails_at = fails_at
        for hands_over, passes_s in generations:
            with suppress(CallerError):
                delivered += await one_generation(accounts, hands_over=hands_over)
            times.advance(passes_s)
            with suppress(StoreUnavailable):
                await accounts.settle_later("gen_a_1", 0)
        store.fails_at = set()
        times.advance(2.0)
        await accounts.settle_later("gen_a_1", 0)
        times.advance(3600.0)
        await accounts.flush()
        await accounts._quota.sweep()
        assert await images_today(accounts) == delivered
        assert await left(accounts) == 100 - delivered
        assert await store.holders("concurrent/holder01") == 0


async def test_a_long_outage_neither_stops_nor_multiplies_anybody(
    accounts: Accounts, store: FlakyStore, times: Times
) -> None:
    store.is_down = True
    delivered = 0
    for _ in range(60):
        with suppress(CallerError):  # their limits; no fault of ours reaches them
            await paint(accounts)
            delivered += 1
        times.advance(2.0)
    # Two minutes of 10 a minute, or of a quarter of it.
    assert 4 <= delivered <= 25
    store.is_down = False
    times.advance(2.0)
    await accounts.flush()
    assert await images_today(accounts) == delivered
    assert await left(accounts) == 100 - delivered


async def test_an_outage_is_told_once(
    store: FlakyStore, times: Times, caplog: pytest.LogCaptureFixture
) -> None:
    async with accounts_of(store, times, processes=4) as accounts:
        store.is_down = True
        await paint(accounts)
        times.advance(60.0)
        await paint(accounts)
        store.is_down = False
        times.advance(2.0)
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    (line,) = warnings
    assert "1/4 of its limits" in line


# The ledger


async def test_nothing_is_lost_at_a_clean_stop(store: FlakyStore, times: Times) -> None:
    async with accounts_of(store, times) as accounts:
        await paint(accounts)
        async with accounts.admitted(key_holder("other"), images=1, cost=1.0) as charge:
            charge.delivered()
    async with accounts_of(store, times) as later:
        assert await images_today(later) == 1
        assert await images_today(later, key_holder("other")) == 1


async def test_at_a_stop_the_store_is_asked_though_it_failed_a_moment_ago(
    store: FlakyStore, times: Times
) -> None:
    async with accounts_of(store, times) as accounts:
        store.is_down = True
        await paint(accounts)
        store.is_down = False
    async with accounts_of(store, times) as later:
        assert (await images_today(later), await left(later)) == (1, 99)


async def test_a_stop_without_the_store_ends_and_says_what_is_lost(
    store: FlakyStore, times: Times, caplog: pytest.LogCaptureFixture
) -> None:
    async with accounts_of(store, times) as accounts:
        await paint(accounts)
        store.is_down = True
    assert "the last usage is lost" in caplog.text

import asyncio
from contextlib import suppress

import pytest

from easel.errors import QuotaExceeded, StoreUnavailable
from easel.gateway.access.limit_headers import begin_limit_notes, limit_headers
from easel.gateway.access.quota import Quota
from easel.gateway.access.reservation import Reservation
from easel.gateway.access.wall_clock import DAY_S
from tests.gateway.access.access_rig import FlakyStore, Times, cautious, key_holder

CALLER = key_holder(images_per_day=100)
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


async def reserve(quota: Quota, images: int) -> Reservation:
    reservation = await quota.reserve(CALLER, images)
    assert reservation is not None
    return reservation


async def left(quota: Quota) -> int:
    images = await quota.left(CALLER)
    assert images is not None
    return images


async def test_a_caller_without_the_limit_reserves_nothing(
    quota: Quota, store: FlakyStore
) -> None:
    assert await quota.reserve(key_holder(), 8) is None
    assert await quota.left(key_holder()) is None
    assert store.operations == 0


async def test_what_was_not_delivered_is_given_back(quota: Quota) -> None:
    reservation = await reserve(quota, 8)
    assert await left(quota) == 92
    quota.settle(reservation, 5)
    assert await left(quota) == 95


async def test_the_day_ends_with_its_last_image(quota: Quota) -> None:
    await reserve(quota, 99)
    with pytest.raises(QuotaExceeded, match="1 are left") as caught:
        await quota.reserve(CALLER, 2)
    assert caught.value.retry_after_s == DAY_S / 2
    await reserve(quota, 1)
    with pytest.raises(QuotaExceeded):
        await quota.reserve(CALLER, 1)


async def test_what_never_fits_is_not_worth_waiting_for(quota: Quota) -> None:
    with pytest.raises(QuotaExceeded) as caught:
        await quota.reserve(CALLER, 101)
    assert caught.value.retry_after_s is None
    assert await left(quota) == 100


async def test_at_midnight_all_is_there_again(quota: Quota, times: Times) -> None:
    evening = await reserve(quota, 100)
    times.advance(DAY_S / 2)
    assert await left(quota) == 100
    quota.settle(evening, 0)
    assert await left(quota) == 100


async def test_processes_share_the_day(store: FlakyStore, times: Times) -> None:
    processes = [process(store, times) for _ in range(4)]

    async def all_of(one: Quota) -> int:
        count = 0
        with suppress(QuotaExceeded):
            while True:
                await reserve(one, 7)
                count += 7
        return count

    assert sum(await asyncio.gather(*map(all_of, processes))) == 98


async def test_what_a_killed_process_reserved_is_given_back(
    store: FlakyStore, times: Times, quota: Quota
) -> None:
    await reserve(process(store, times), 30)
    await quota.sweep()
    assert await left(quota) == 70
    times.advance(DUE_S)
    await quota.sweep()
    assert await left(quota) == 100
    times.advance(DUE_S)
    await quota.sweep()
    assert await left(quota) == 100


async def test_what_was_settled_is_not_given_back_again(
    quota: Quota, times: Times
) -> None:
    quota.settle(await reserve(quota, 30), 30)
    await quota.flush()
    times.advance(DUE_S)
    await quota.sweep()
    assert await left(quota) == 70


async def test_what_is_kept_outlives_the_usual_time(quota: Quota, times: Times) -> None:
    await quota.keep(await reserve(quota, 30), 3600.0)
    times.advance(3599.0)
    await quota.sweep()
    assert await left(quota) == 70


async def test_without_the_store_each_process_gives_its_share_of_the_rest_away(
    store: FlakyStore, times: Times
) -> None:
    processes = [process(store, times) for _ in range(4)]
    for one in processes:
        await reserve(one, 10)
    store.is_down = True
    # The first has heard of 10, the last of all 40.
    for one, share in zip(processes, (22, 20, 17, 15), strict=True):
        with pytest.raises(QuotaExceeded):
            await one.reserve(CALLER, share + 1)
        await one.reserve(CALLER, share)


async def test_without_the_store_a_day_that_is_used_up_stays_so(
    store: FlakyStore, quota: Quota
) -> None:
    await reserve(quota, 100)
    store.is_down = True
    with pytest.raises(QuotaExceeded):
        await quota.reserve(CALLER, 1)


async def test_in_a_long_outage_a_share_is_given_away_once(
    store: FlakyStore, times: Times
) -> None:
    processes = [process(store, times) for _ in range(4)]
    store.is_down = True
    delivered = 0
    for one in processes:
        with suppress(QuotaExceeded):
            while True:
                one.settle(await reserve(one, 1), 1)
                delivered += 1
                times.advance(2.0)
    assert delivered == 100
    store.is_down = False
    times.advance(2.0)
    for one in processes:
        await one.flush()
    assert await left(processes[0]) == 0


async def test_what_was_not_delivered_in_an_outage_may_be_used_in_it(
    store: FlakyStore, times: Times
) -> None:
    quota = process(store, times)
    store.is_down = True
    quota.settle(await reserve(quota, 25), 5)
    with pytest.raises(QuotaExceeded, match="20 are left"):
        await quota.reserve(CALLER, 21)
    await reserve(quota, 20)


async def test_what_was_delivered_in_an_outage_is_told_after_it(
    store: FlakyStore, times: Times, quota: Quota
) -> None:
    before = await reserve(quota, 10)
    store.is_down = True
    during = await reserve(quota, 10)
    quota.settle(before, 4)
    quota.settle(during, 9)
    store.is_down = False
    times.advance(2.0)
    await quota.flush()
    assert await left(quota) == 100 - 4 - 9
    times.advance(DUE_S)
    await quota.sweep()
    assert await left(quota) == 100 - 4 - 9


async def test_an_outage_in_the_middle_of_the_refusal_is_still_a_refusal(
    store: FlakyStore, quota: Quota
) -> None:
    await reserve(quota, 100)
    store.fails_at = {store.operations + 2}
    with pytest.raises(QuotaExceeded):
        await quota.reserve(CALLER, 1)


async def test_what_is_left_is_not_guessed(store: FlakyStore, quota: Quota) -> None:
    store.is_down = True
    with pytest.raises(StoreUnavailable):
        await quota.left(CALLER)


async def test_an_answer_says_what_is_left_of_the_day(quota: Quota) -> None:
    begin_limit_notes()
    await reserve(quota, 8)
    assert limit_headers() == {
        "RateLimit-Policy": '"images-per-day";q=100;w=86400',
        "RateLimit": '"images-per-day";r=92;t=43200',
        "x-ratelimit-limit-images": "100",
        "x-ratelimit-remaining-images": "92",
        "x-ratelimit-reset-images": "43200s",
    }

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from easel.errors import RateLimited
from easel.gateway.access.limit_headers import begin_limit_notes, limit_headers
from easel.gateway.access.rate_limits import RateLimits
from tests.gateway.access.access_rig import FlakyStore, Times, cautious, key_holder

CALLER = key_holder(rate="10/minute")


def process(store: FlakyStore | None, times: Times, processes: int = 4) -> RateLimits:
    return RateLimits(
        cautious(store, times) if store else None,
        wall_clock=times.wall,
        processes=processes,
    )


async def let_through(limits: RateLimits, attempts: int) -> int:
    count = 0
    for _ in range(attempts):
        try:
            await limits.take(CALLER)
        except RateLimited:
            continue
        count += 1
    return count


async def test_a_caller_without_a_rate_asks_nothing(
    store: FlakyStore, times: Times
) -> None:
    limits = process(store, times)
    await limits.take(key_holder())
    assert store.operations == 0


async def test_one_process_counts_in_its_memory(times: Times) -> None:
    limits = process(None, times, processes=1)
    assert await let_through(limits, 15) == 10
    times.advance(120.0)
    assert await let_through(limits, 15) == 10


async def test_processes_share_one_limit(store: FlakyStore, times: Times) -> None:
    processes = [process(store, times) for _ in range(4)]
    counts = await asyncio.gather(*(let_through(one, 10) for one in processes))
    assert sum(counts) == 10


async def test_callers_do_not_share_theirs(store: FlakyStore, times: Times) -> None:
    limits = process(store, times)
    assert await let_through(limits, 15) == 10
    await limits.take(key_holder("somebody", rate="10/minute"))


async def test_an_admitted_one_costs_one_operation(
    store: FlakyStore, times: Times
) -> None:
    limits = process(store, times)
    await let_through(limits, 1)
    before = store.operations
    await let_through(limits, 5)
    assert store.operations == before + 5


async def test_the_refusal_says_when_to_come_again(
    store: FlakyStore, times: Times
) -> None:
    limits = process(store, times)
    await let_through(limits, 10)
    with pytest.raises(RateLimited, match="10/minute") as caught:
        await limits.take(CALLER)
    wait_s = caught.value.retry_after_s
    assert wait_s is not None
    times.advance(wait_s)
    await limits.take(CALLER)


async def test_a_burst_over_the_border_of_two_windows_is_not_let_through_twice(
    store: FlakyStore, times: Times
) -> None:
    limits = process(store, times)
    times.advance(59.0)
    assert await let_through(limits, 15) == 10
    times.advance(2.0)
    assert await let_through(limits, 15) <= 1


@pytest.mark.parametrize("jump_s", [-3600.0, 3600.0])
async def test_a_clock_that_jumps_refuses_nobody(
    store: FlakyStore, times: Times, jump_s: float
) -> None:
    limits = process(store, times)
    assert await let_through(limits, 5) == 5
    times.wall._now_s += jump_s
    assert await let_through(limits, 5) == 5


async def test_without_the_store_each_process_lets_its_share_through(
    store: FlakyStore, times: Times
) -> None:
    processes = [process(store, times) for _ in range(4)]
    store.is_down = True
    counts = [await let_through(one, 10) for one in processes]
    assert counts == [2, 2, 2, 2]


async def test_what_was_let_through_before_the_outage_counts_in_it(
    store: FlakyStore, times: Times
) -> None:
    processes = [process(store, times) for _ in range(4)]
    for one in processes:
        assert await let_through(one, 2) == 2
    store.is_down = True
    assert [await let_through(one, 10) for one in processes] == [0, 0, 0, 0]
    times.advance(120.0)
    assert [await let_through(one, 10) for one in processes] == [2, 2, 2, 2]


async def test_after_the_outage_the_limit_is_shared_again(
    store: FlakyStore, times: Times
) -> None:
    processes = [process(store, times) for _ in range(4)]
    store.is_down = True
    for one in processes:
        await let_through(one, 10)
    store.is_down = False
    times.advance(120.0)
    assert sum([await let_through(one, 10) for one in processes]) == 10


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.floats(0, 30), st.booleans()),
        min_size=1,
        max_size=60,
    )
)
async def test_an_outage_never_multiplies_a_limit(
    events: list[tuple[int, float, bool]],
) -> None:
    """Whatever comes and goes: in a window at most the limit, and each one's share."""
    times = Times()
    store = FlakyStore(times.store)
    processes = [process(store, times) for _ in range(4)]
    windows: Counter[float] = Counter()
    for number, passes_s, is_down in events:
        times.advance(passes_s)
        store.is_down = is_down
        windows[times.wall.now() // 60.0] += await let_through(processes[number], 12)
    assert max(windows.values()) <= 10 + 4 * 2


async def test_an_answer_says_how_the_limit_stands(
    store: FlakyStore, times: Times
) -> None:
    limits = process(store, times)
    begin_limit_notes()
    await asyncio.create_task(limits.take(CALLER))
    assert limit_headers() == {
        "RateLimit-Policy": '"rate";q=10;w=60',
        "RateLimit": '"rate";r=9;t=120',
        "x-ratelimit-limit-requests": "10",
        "x-ratelimit-remaining-requests": "9",
        "x-ratelimit-reset-requests": "120s",
    }


async def test_an_answer_to_who_has_no_limits_says_nothing(
    store: FlakyStore, times: Times
) -> None:
    begin_limit_notes()
    await process(store, times).take(key_holder())
    assert limit_headers() == {}

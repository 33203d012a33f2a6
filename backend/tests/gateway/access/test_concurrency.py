import asyncio

import pytest

from easel.errors import StoreUnavailable, TooManyConcurrent
from easel.gateway.access.concurrency import LEASE_S, Concurrency, Held
from tests.gateway.access.access_rig import FlakyStore, Times, cautious, key_holder

CALLER = key_holder(max_concurrent=4)
HOUR_S = 3600.0


def process(
    store: FlakyStore | None, times: Times, *, processes: int = 4
) -> Concurrency:
    async def sleep(seconds: float) -> None:
        times.advance(seconds)

    return Concurrency(
        cautious(store, times) if store else None,
        clock=times.clock,
        processes=processes,
        handed_over_s=HOUR_S,
        sleep=sleep,
    )


async def take(places: Concurrency) -> Held:
    held = await places.take(CALLER)
    assert held is not None
    return held


async def take_all(places: Concurrency) -> list[Held]:
    held = []
    try:
        while True:
            held.append(await take(places))
    except TooManyConcurrent:
        return held


async def test_a_caller_without_the_limit_takes_nothing(
    store: FlakyStore, times: Times
) -> None:
    assert await process(store, times).take(key_holder()) is None
    assert store.operations == 0


async def test_one_process_holds_the_limit_alone(times: Times) -> None:
    places = process(None, times, processes=1)
    held = await take_all(places)
    assert len(held) == 4
    await places.free(held[0])
    assert len(await take_all(places)) == 1


async def test_processes_share_one_limit(store: FlakyStore, times: Times) -> None:
    processes = [process(store, times) for _ in range(4)]
    held = [await take_all(one) for one in processes]
    assert sum(map(len, held)) == 4
    await processes[0].free(held[0][0])
    assert len(await take_all(processes[3])) == 1


async def test_a_place_that_is_freed_this_moment_is_waited_for(
    store: FlakyStore, times: Times
) -> None:
    asked = asyncio.Event()
    freed = asyncio.Event()

    async def sleep(seconds: float) -> None:
        asked.set()
        await freed.wait()

    places = Concurrency(
        cautious(store, times),
        clock=times.clock,
        processes=4,
        handed_over_s=HOUR_S,
        sleep=sleep,
    )
    held = [await take(places) for _ in range(4)]
    taking = asyncio.create_task(take(places))
    await asked.wait()
    await places.free(held[0])
    freed.set()
    await taking


async def test_the_places_of_a_killed_process_free_themselves(
    store: FlakyStore, times: Times
) -> None:
    killed, alive = process(store, times), process(store, times)
    await take(killed)
    await take(alive)
    for _ in range(4):
        times.advance(LEASE_S / 3)
        await alive.renew()
    assert len(await take_all(alive)) == 3


async def test_a_renewed_place_lasts(store: FlakyStore, times: Times) -> None:
    places = process(store, times)
    await take_all(places)
    for _ in range(20):
        times.advance(LEASE_S / 3)
        await places.renew()
    assert await take_all(process(store, times)) == []


async def test_a_store_that_was_emptied_learns_of_the_places_again(
    store: FlakyStore, times: Times
) -> None:
    places = process(store, times)
    await take_all(places)
    store._leases.clear()
    await places.renew()
    assert await take_all(process(store, times)) == []


async def test_the_refusal_says_when_the_oldest_should_be_done(times: Times) -> None:
    places = process(None, times, processes=1)
    for _ in range(30):  # learns that one takes 20 s
        held = await take(places)
        times.advance(20.0)
        await places.free(held)
    await take_all(places)
    times.advance(5.0)
    with pytest.raises(TooManyConcurrent, match="4 generations") as caught:
        await take(places)
    assert caught.value.retry_after_s == pytest.approx(15.0, abs=0.1)
    times.advance(100.0)
    with pytest.raises(TooManyConcurrent) as caught:
        await take(places)
    assert caught.value.retry_after_s == 1.0


async def test_without_the_store_each_process_gives_its_share_away(
    store: FlakyStore, times: Times
) -> None:
    store.is_down = True
    assert [len(await take_all(process(store, times))) for _ in range(4)] == [1] * 4


async def test_places_taken_before_the_outage_count_in_it(
    store: FlakyStore, times: Times
) -> None:
    processes = [process(store, times) for _ in range(4)]
    for one in processes:
        await take(one)
    store.is_down = True
    assert [await take_all(one) for one in processes] == [[]] * 4


async def test_places_taken_in_an_outage_are_leases_after_it(
    store: FlakyStore, times: Times
) -> None:
    one, other = process(store, times), process(store, times)
    store.is_down = True
    held = await take(one)
    store.is_down = False
    times.advance(2.0)
    await one.renew()
    assert len(await take_all(other)) == 3
    await one.free(held)
    assert len(await take_all(other)) == 1


async def test_a_place_freed_in_an_outage_is_free_soon_after(
    store: FlakyStore, times: Times
) -> None:
    places = process(store, times)
    for held in await take_all(places):
        store.is_down = True
        await places.free(held)
    store.is_down = False
    times.advance(LEASE_S)
    await places.renew()
    assert len(await take_all(places)) == 4


@pytest.mark.parametrize("is_shared", [True, False])
async def test_a_place_that_was_handed_over_needs_nobody(
    store: FlakyStore, times: Times, is_shared: bool
) -> None:
    places = process(store if is_shared else None, times)
    held = (await take_all(places))[0]
    await places.hand_over(held)
    times.advance(HOUR_S - 1.0)
    await places.renew()
    assert await take_all(places) == []
    await places.free(held)
    assert len(await take_all(places)) == 1


@pytest.mark.parametrize("is_shared", [True, False])
async def test_a_place_that_was_handed_over_and_forgotten_ends(
    store: FlakyStore, times: Times, is_shared: bool
) -> None:
    places = process(store if is_shared else None, times)
    for held in await take_all(places):
        await places.hand_over(held)
    times.advance(HOUR_S)
    assert len(await take_all(places)) == 4


async def test_a_place_stays_here_if_it_cannot_be_handed_over(
    store: FlakyStore, times: Times
) -> None:
    places = process(store, times)
    held = await take(places)
    store.is_down = True
    with pytest.raises(StoreUnavailable):
        await places.hand_over(held)
    store.is_down = False
    times.advance(2.0)
    for _ in range(4):
        times.advance(LEASE_S / 3)
        await places.renew()
    assert len(await take_all(process(store, times))) == 3

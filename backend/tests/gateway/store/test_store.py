"""What every store does, whatever it is made of."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from easel.clock import ManualClock
from easel.gateway.store.base import Store
from easel.gateway.store.redis import RedisStore
from easel.gateway.store.sqlite import SqliteStore
from tests.gateway.store.manual_host_clock import ManualHostClock
from tests.gateway.store.memory_store import MemoryStore
from tests.gateway.store.redis_server import RedisServer, needs_redis


@dataclass
class Rig:
    store: Store
    advance: Callable[[float], None]


@pytest.fixture(
    params=[
        "memory",
        "sqlite",
        pytest.param("redis", marks=[pytest.mark.system, needs_redis]),
    ]
)
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    if request.param == "memory":
        clock = ManualClock()
        made = Rig(MemoryStore(clock), clock.advance)
    elif request.param == "sqlite":
        host = ManualHostClock()
        made = Rig(SqliteStore(tmp_path / "store", clock=host), host.advance)
    else:
        server: RedisServer = request.getfixturevalue("redis_server")
        made = Rig(RedisStore(server.url), server.age)
    async with made.store:
        yield made


@pytest.fixture
def store(rig: Rig) -> Store:
    return rig.store


async def test_a_value_is_what_was_put_last(store: Store) -> None:
    assert await store.get("a/b") is None
    await store.put("a/b", b"1")
    await store.put("a/b", b"2")
    assert await store.get("a/b") == b"2"


@pytest.mark.parametrize("value", [b"", bytes(range(256)), b"x" * 60_000])
async def test_a_value_is_any_bytes(store: Store, value: bytes) -> None:
    assert await store.put_if_absent("key", value) == value
    assert await store.get("key") == value
    assert await store.replace("key", value, b"new")
    assert await store.items("") == {"key": b"new"}


async def test_a_value_ends_with_its_time_to_live(rig: Rig) -> None:
    await rig.store.put("short", b"1", ttl_s=10)
    await rig.store.put("long", b"2", ttl_s=100)
    await rig.store.put("for ever", b"3")
    rig.advance(50)
    assert await rig.store.get("short") is None
    assert await rig.store.items("") == {"long": b"2", "for ever": b"3"}


async def test_putting_again_sets_the_time_to_live_anew(rig: Rig) -> None:
    await rig.store.put("a", b"1", ttl_s=10)
    await rig.store.put("a", b"1")
    await rig.store.put("b", b"1")
    await rig.store.put("b", b"1", ttl_s=10)
    rig.advance(50)
    assert await rig.store.items("") == {"a": b"1"}


async def test_only_the_first_puts_if_absent(rig: Rig) -> None:
    assert await rig.store.put_if_absent("key", b"1", ttl_s=10) == b"1"
    assert await rig.store.put_if_absent("key", b"2", ttl_s=100) == b"1"
    assert await rig.store.get("key") == b"1"
    rig.advance(50)
    assert await rig.store.put_if_absent("key", b"3") == b"3"


async def test_one_replaces_only_what_still_stands(rig: Rig) -> None:
    assert not await rig.store.replace("key", b"", b"2")
    assert await rig.store.get("key") is None
    await rig.store.put("key", b"1")
    assert not await rig.store.replace("key", b"other", b"2")
    assert await rig.store.replace("key", b"1", b"2", ttl_s=10)
    assert await rig.store.get("key") == b"2"
    rig.advance(50)
    assert not await rig.store.replace("key", b"2", b"3")


async def test_what_is_replaced_without_time_to_live_stays(rig: Rig) -> None:
    await rig.store.put("key", b"1", ttl_s=10)
    assert await rig.store.replace("key", b"1", b"2")
    rig.advance(50)
    assert await rig.store.get("key") == b"2"


async def test_deleting_is_idempotent(store: Store) -> None:
    await store.put("key", b"1")
    await store.delete("key")
    await store.delete("key")
    assert await store.get("key") is None


@pytest.mark.parametrize("odd", ["a*", "a?", "a[bc]", "a\\", "a%", "a_", "a~"])
async def test_a_prefix_means_itself(store: Store, odd: str) -> None:
    await store.put(odd, b"1")
    await store.put(f"{odd}/x", b"2")
    await store.put("abc", b"3")
    assert await store.items(odd) == {odd: b"1", f"{odd}/x": b"2"}


async def test_many_items_are_all_found(store: Store) -> None:
    names = [f"many/{number}" for number in range(300)]
    await asyncio.gather(*(store.put(name, name.encode()) for name in names))
    await store.put("other", b"")
    assert await store.items("many/") == {name: name.encode() for name in names}


async def test_a_counter_never_passes_its_limit(store: Store) -> None:
    assert await store.count("n") == 0
    assert await store.add_within("n", 3, 5, ttl_s=100) == 3
    assert await store.add_within("n", 3, 5, ttl_s=100) is None
    assert await store.count("n") == 3
    assert await store.add_within("n", 2, 5, ttl_s=100) == 5
    assert await store.add_within("n", 7, None, ttl_s=100) == 12


async def test_taking_away_never_fails_and_never_goes_below_0(store: Store) -> None:
    assert await store.add_within("n", -1, 0, ttl_s=100) == 0
    await store.add_within("n", 10, None, ttl_s=100)
    assert await store.add_within("n", -4, 0, ttl_s=100) == 6
    assert await store.add_within("n", -9, 5, ttl_s=100) == 0
    assert await store.count("n") == 0


async def test_a_counter_lives_from_its_first_addition(rig: Rig) -> None:
    await rig.store.add_within("n", 1, None, ttl_s=100)
    rig.advance(60)
    assert await rig.store.add_within("n", 1, None, ttl_s=100) == 2
    rig.advance(60)
    assert await rig.store.count("n") == 0
    assert await rig.store.add_within("n", 1, 1, ttl_s=100) == 1


async def test_taking_away_from_nothing_starts_no_time_to_live(rig: Rig) -> None:
    await rig.store.add_within("n", -1, None, ttl_s=100)
    rig.advance(60)
    await rig.store.add_within("n", 1, None, ttl_s=100)
    rig.advance(60)
    assert await rig.store.count("n") == 1


async def test_of_many_at_once_exactly_as_many_count_as_may(store: Store) -> None:
    counts = await asyncio.gather(
        *(store.add_within("n", 1, 10, ttl_s=100) for _ in range(50))
    )
    granted = sorted(count for count in counts if count is not None)
    assert granted == list(range(1, 11))


async def test_there_are_as_many_leases_as_places(store: Store) -> None:
    assert await store.holders("door") == 0
    assert await store.lease("door", "a", 2, ttl_s=100)
    assert await store.lease("door", "b", 2, ttl_s=100)
    assert not await store.lease("door", "c", 2, ttl_s=100)
    assert await store.lease("other door", "c", 1, ttl_s=100)
    assert await store.holders("door") == 2
    await store.release("door", "a")
    await store.release("door", "a")
    assert await store.lease("door", "c", 2, ttl_s=100)


async def test_a_lease_is_renewed_also_past_a_lower_limit(rig: Rig) -> None:
    await rig.store.lease("door", "a", None, ttl_s=100)
    await rig.store.lease("door", "b", None, ttl_s=100)
    rig.advance(60)
    assert await rig.store.lease("door", "a", 0, ttl_s=100)
    assert await rig.store.holders("door") == 2
    rig.advance(60)
    assert await rig.store.holders("door") == 1
    assert not await rig.store.lease("door", "b", 1, ttl_s=100)


async def test_a_short_lease_does_not_shorten_the_others(rig: Rig) -> None:
    await rig.store.lease("door", "a", None, ttl_s=100)
    await rig.store.lease("door", "b", None, ttl_s=10)
    rig.advance(50)
    assert await rig.store.holders("door") == 1
    assert not await rig.store.lease("door", "c", 1, ttl_s=10)


async def test_a_place_is_free_when_its_holder_is_heard_of_no_more(rig: Rig) -> None:
    await rig.store.lease("door", "a", 1, ttl_s=100)
    rig.advance(150)
    assert await rig.store.lease("door", "b", 1, ttl_s=100)


async def test_of_many_at_once_exactly_as_many_enter_as_may(store: Store) -> None:
    had = await asyncio.gather(
        *(store.lease("door", f"{number}", 10, ttl_s=100) for number in range(50))
    )
    assert had.count(True) == 10
    assert await store.holders("door") == 10


async def test_items_are_due_in_their_order_and_not_before(rig: Rig) -> None:
    await rig.store.schedule("q", "late", 100)
    await rig.store.schedule("q", "second", 20)
    await rig.store.schedule("q", "first", 10)
    await rig.store.schedule("other", "x", 0)
    assert await rig.store.due("q", limit=10, again_in_s=500) == []
    rig.advance(50)
    assert await rig.store.due("q", limit=10, again_in_s=500) == ["first", "second"]


async def test_no_more_items_are_claimed_than_asked_for(rig: Rig) -> None:
    for number in range(3):
        await rig.store.schedule("q", f"{number}", number)
    rig.advance(50)
    assert await rig.store.due("q", limit=0, again_in_s=500) == []
    assert await rig.store.due("q", limit=2, again_in_s=500) == ["0", "1"]
    assert await rig.store.due("q", limit=2, again_in_s=500) == ["2"]


async def test_a_claimed_item_is_due_again_later(rig: Rig) -> None:
    await rig.store.schedule("q", "item", 0)
    rig.advance(1)
    assert await rig.store.due("q", limit=1, again_in_s=100) == ["item"]
    rig.advance(50)
    assert await rig.store.due("q", limit=1, again_in_s=100) == []
    rig.advance(100)
    assert await rig.store.due("q", limit=1, again_in_s=100) == ["item"]


async def test_an_item_is_scheduled_once_however_often_it_is_put(rig: Rig) -> None:
    await rig.store.schedule("q", "item", 10)
    await rig.store.schedule("q", "item", 100)
    rig.advance(50)
    assert await rig.store.due("q", limit=9, again_in_s=500) == []
    rig.advance(100)
    assert await rig.store.due("q", limit=9, again_in_s=500) == ["item"]


async def test_what_is_unscheduled_is_never_due(rig: Rig) -> None:
    await rig.store.schedule("q", "item", 0)
    await rig.store.unschedule("q", "item")
    await rig.store.unschedule("q", "item")
    rig.advance(50)
    assert await rig.store.due("q", limit=9, again_in_s=500) == []


async def test_of_many_at_once_one_claims_an_item(rig: Rig) -> None:
    await rig.store.schedule("q", "item", 0)
    rig.advance(1)
    claims = await asyncio.gather(
        *(rig.store.due("q", limit=1, again_in_s=500) for _ in range(20))
    )
    assert [claim for claim in claims if claim] == [["item"]]


async def test_each_kind_has_its_own_names(store: Store) -> None:
    await store.put("x", b"1")
    await store.add_within("x", 2, None, ttl_s=100)
    await store.lease("x", "x", 1, ttl_s=100)
    await store.schedule("x", "x", 100)
    assert await store.items("x") == {"x": b"1"}
    assert await store.count("x") == 2
    assert await store.holders("x") == 1
    await store.delete("x")
    assert await store.count("x") == 2


async def test_a_store_that_works_says_so(store: Store) -> None:
    assert store.is_available
    await store.put("x", b"1")
    assert store.is_available

import asyncio

import pytest

from easel.errors import StoreUnavailable
from easel.gateway.access.api_keys import KeyTerms
from easel.gateway.access.key_book import KEY_AREA, KeyBook
from easel.gateway.access.key_registry import (
    KeyNotActive,
    KeyNotFound,
    KeyRegistry,
)
from tests.gateway.access.access_rig import PEPPER, FlakyStore, Times, cautious


@pytest.fixture
def book(store: FlakyStore, times: Times) -> KeyBook:
    return KeyBook(cautious(store, times), times.clock)


@pytest.fixture
def registry(store: FlakyStore, times: Times) -> KeyRegistry:
    return KeyRegistry(store, PEPPER, times.wall)


@pytest.fixture
async def key(registry: KeyRegistry) -> str:
    issued = await registry.create(KeyTerms(name="studio"))
    return issued.record.public_id


async def state(book: KeyBook, key: str, times: Times) -> str | None:
    record = await book.lookup(key)
    return None if record is None else record.state(times.wall.now())


async def test_a_key_is_read_once_in_five_seconds(
    book: KeyBook, key: str, store: FlakyStore, times: Times
) -> None:
    before = store.operations
    for _ in range(10):
        await book.lookup(key)
        times.advance(0.4)
    assert store.operations == before + 1


async def test_many_who_ask_at_once_are_one_question(
    book: KeyBook, key: str, store: FlakyStore
) -> None:
    before = store.operations
    records = await asyncio.gather(*(book.lookup(key) for _ in range(20)))
    assert store.operations == before + 1
    assert all(record is records[0] for record in records)


async def test_who_leaves_while_asking_takes_the_answer_from_nobody(
    book: KeyBook, key: str
) -> None:
    leaver = asyncio.ensure_future(book.lookup(key))
    stayer = asyncio.ensure_future(book.lookup(key))
    await asyncio.sleep(0)
    leaver.cancel()
    assert (await stayer) is not None


async def test_a_revoked_key_is_known_as_such_within_five_seconds(
    book: KeyBook, key: str, registry: KeyRegistry, times: Times
) -> None:
    assert await state(book, key, times) == "active"
    await registry.revoke(key)
    times.advance(5.0)
    assert await state(book, key, times) == "revoked"


async def test_a_record_that_did_not_change_stays_the_same_object(
    book: KeyBook, key: str, times: Times
) -> None:
    first = await book.lookup(key)
    times.advance(5.0)
    assert book.fresh(key) is None
    assert await book.lookup(key) is first
    assert book.fresh(key) is first


async def test_known_keys_go_on_for_ten_minutes_without_the_store(
    book: KeyBook, key: str, store: FlakyStore, times: Times
) -> None:
    await book.lookup(key)
    store.is_down = True
    times.advance(599.0)
    assert await state(book, key, times) == "active"
    times.advance(1.0)
    with pytest.raises(StoreUnavailable):
        await book.lookup(key)
    store.is_down = False
    times.advance(2.0)
    assert await state(book, key, times) == "active"


async def test_unknown_keys_are_not_judged_without_the_store(
    book: KeyBook, key: str, store: FlakyStore, times: Times
) -> None:
    assert await book.lookup("never000") is None
    store.is_down = True
    with pytest.raises(StoreUnavailable):
        await book.lookup(key)
    times.advance(5.0)
    with pytest.raises(StoreUnavailable):
        await book.lookup("never000")


async def test_a_damaged_record_is_no_refusal(
    book: KeyBook, key: str, store: FlakyStore, times: Times
) -> None:
    await book.lookup(key)
    await store.put(KEY_AREA + key, b"{damaged")
    times.advance(5.0)
    assert await state(book, key, times) == "active"
    times.advance(600.0)
    with pytest.raises(StoreUnavailable):
        await book.lookup(key)


async def test_the_first_key_closes_every_process_within_five_seconds(
    store: FlakyStore, times: Times, registry: KeyRegistry
) -> None:
    books = [KeyBook(cautious(store, times), times.clock) for _ in range(3)]
    assert all([await book.is_open() for book in books])
    assert (await registry.create(KeyTerms(name="first"))).is_first
    times.advance(5.0)
    assert not any([await book.is_open() for book in books])
    assert not (await registry.create(KeyTerms(name="second"))).is_first


async def test_a_gateway_that_was_open_goes_on_for_ten_minutes(
    book: KeyBook, store: FlakyStore, times: Times
) -> None:
    assert await book.is_open()
    store.is_down = True
    times.advance(599.0)
    assert await book.is_open()
    times.advance(1.0)
    with pytest.raises(StoreUnavailable):
        await book.is_open()


async def test_a_gateway_that_never_saw_its_store_is_not_open(
    book: KeyBook, store: FlakyStore
) -> None:
    store.is_down = True
    with pytest.raises(StoreUnavailable):
        await book.is_open()
    assert await book.mode() == "keys"


@pytest.mark.parametrize("loss", ["down", "emptied"])
async def test_once_closed_no_loss_of_the_store_opens_it(
    loss: str, key: str, book: KeyBook, store: FlakyStore, times: Times
) -> None:
    assert not await book.is_open()
    if loss == "down":
        store.is_down = True
    else:
        store._values.clear()
    times.advance(10_000.0)
    assert not await book.is_open()
    assert await book.mode() == "keys"


async def test_who_has_seen_a_key_knows_that_it_is_closed(
    book: KeyBook, key: str, store: FlakyStore
) -> None:
    await book.lookup(key)
    store.is_down = True
    assert not await book.is_open()


async def test_it_is_closed_before_the_first_key_is_there(
    store: FlakyStore, times: Times, registry: KeyRegistry
) -> None:
    store.fails_at = {2}  # after the mark
    with pytest.raises(StoreUnavailable):
        await registry.create(KeyTerms(name="first"))
    assert not await KeyBook(cautious(store, times), times.clock).is_open()


async def test_the_memory_of_keys_is_bounded(
    store: FlakyStore, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("easel.gateway.access.key_book.CAPACITY", 3)
    book = KeyBook(cautious(store, times), times.clock)
    for number in range(10):
        await book.lookup(f"key{number}")
    assert len(book._records._entries) == 3


async def test_keys_are_listed_from_the_oldest(
    registry: KeyRegistry, times: Times
) -> None:
    for name in ("first", "second", "third"):
        await registry.create(KeyTerms(name=name))
        times.advance(1.0)
    names = [record.terms.name for record in await registry.all()]
    assert names == ["first", "second", "third"]


async def test_a_key_that_is_not_there_is_not_changed(registry: KeyRegistry) -> None:
    with pytest.raises(KeyNotFound):
        await registry.revoke("nobody00")
    with pytest.raises(KeyNotFound):
        await registry.rotate("nobody00", overlap_s=0.0)


async def test_a_revoked_key_gets_no_new_secret(
    registry: KeyRegistry, key: str
) -> None:
    await registry.revoke(key)
    with pytest.raises(KeyNotActive, match="revoked"):
        await registry.rotate(key, overlap_s=0.0)


async def test_revoking_is_not_lost_beside_another_change(
    registry: KeyRegistry, key: str, times: Times
) -> None:
    await asyncio.gather(registry.rotate(key, overlap_s=60.0), registry.revoke(key))
    (record,) = await registry.all()
    assert record.state(times.wall.now()) == "revoked"

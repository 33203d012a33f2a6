"""Whatever happens to the file: StoreUnavailable, and all is well when it is over."""

import asyncio
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from easel.errors import StoreUnavailable
from easel.gateway.store import sqlite, sqlite_operations
from easel.gateway.store.availability import Availability
from easel.gateway.store.base import Store
from easel.gateway.store.host_clock import host_clock
from easel.gateway.store.sqlite import SqliteStore
from easel.gateway.store.sqlite_file import SqliteFile
from easel.gateway.store.sqlite_thread import Effect, Job, SqliteThread
from tests.gateway.store.waiting import until


@contextmanager
def locked(path: Path) -> Iterator[None]:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


async def assert_every_write_is_refused(store: Store) -> None:
    writes = [
        store.put("key", b"2"),
        store.put_if_absent("key", b"2"),
        store.replace("key", b"1", b"2"),
        store.delete("key"),
        store.add_within("n", 1, None, ttl_s=100),
        store.lease("door", "b", None, ttl_s=100),
        store.release("door", "a"),
        store.schedule("q", "item", 0),
        store.due("q", limit=1, again_in_s=1),
        store.unschedule("q", "item"),
    ]
    results = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(result) for result in results] == [StoreUnavailable] * len(writes)
    assert not store.is_available


async def assert_everything_is_refused(store: Store) -> None:
    reads = [store.get("key"), store.items(""), store.count("n"), store.holders("door")]
    results = await asyncio.gather(*reads, return_exceptions=True)
    assert [type(result) for result in results] == [StoreUnavailable] * len(reads)
    await assert_every_write_is_refused(store)


async def recovered(store: Store) -> bool:
    try:
        await store.put("after", b"1")
    except StoreUnavailable:
        return False
    return True


async def test_a_locked_file_is_read_and_not_written(tmp_path: Path) -> None:
    path = tmp_path / "store"
    async with SqliteStore(path) as store:
        await store.put("key", b"1")
        with locked(path):
            await assert_every_write_is_refused(store)
            assert await store.get("key") == b"1"
            assert await store.items("") == {"key": b"1"}
            both = await asyncio.gather(
                store.get("key"), store.put("key", b"2"), return_exceptions=True
            )
            assert both[0] == b"1"
            assert isinstance(both[1], StoreUnavailable)
        await store.put("key", b"3")
        assert await store.get("key") == b"3"
        assert store.is_available


async def test_a_file_that_is_locked_at_start_is_opened_later(tmp_path: Path) -> None:
    path = tmp_path / "store"
    with locked(path):
        async with SqliteStore(path) as store:
            await assert_everything_is_refused(store)
    async with SqliteStore(path) as store:
        await store.put("key", b"1")


async def test_availability_comes_back_without_a_request(tmp_path: Path) -> None:
    path = tmp_path / "store"
    async with SqliteStore(path, sweep_every_s=0.05) as store:
        await store.put("key", b"1")
        with locked(path):
            await until(lambda: not store.is_available)
        await until(lambda: store.is_available)


async def test_an_outage_is_two_lines_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "store"
    async with SqliteStore(path) as store:
        await store.put("key", b"1")
        with locked(path):
            await assert_every_write_is_refused(store)
            await store.get("key")
            await assert_every_write_is_refused(store)
        await store.put("key", b"1")
    first, second = (record.getMessage() for record in caplog.records)
    assert "cannot be used" in first
    assert "SQLITE_BUSY" in first
    assert "can be used again" in second


async def test_no_error_tells_a_path(tmp_path: Path) -> None:
    path = tmp_path / "store"
    path.mkdir()
    async with SqliteStore(path) as store:
        with pytest.raises(StoreUnavailable) as caught:
            await store.get("key")
    assert str(tmp_path) not in caught.value.detail


async def test_a_full_file_is_read_and_emptied(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "store", max_bytes=256 * 1024) as store:
        values = {f"{number}": b"x" * 4000 for number in range(100)}
        puts = [store.put(key, value, ttl_s=1000) for key, value in values.items()]
        results = await asyncio.gather(*puts, return_exceptions=True)
        refused = [key for key, end in zip(values, results, strict=True) if end]
        assert 0 < len(refused) < 100
        assert {type(end) for end in results if end} == {StoreUnavailable}
        assert not store.is_available
        kept = await store.items("")
        assert sorted([*kept, *refused]) == sorted(values)
        await asyncio.gather(*(store.delete(key) for key in kept))
        await store.put("key", b"x" * 4000)
        assert store.is_available


def damage(path: Path) -> None:
    """All but the first page, in which the schema's place is."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))


def overwrite(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)


@pytest.mark.parametrize("break_file", [damage, overwrite])
async def test_a_damaged_file_is_refused_and_left_for_repair(
    tmp_path: Path, break_file: Callable[[Path], None]
) -> None:
    path, backup = tmp_path / "store", tmp_path / "backup"
    async with SqliteStore(path) as store:
        await store.put("key", b"1")
    shutil.copy(path, backup)
    break_file(path)
    broken = path.read_bytes()
    async with SqliteStore(path) as store:
        await assert_everything_is_refused(store)
        assert path.read_bytes() == broken
        backup.replace(path)
        await until(lambda: recovered(store))
        assert await store.get("key") == b"1"
        assert store.is_available


async def test_a_file_damaged_while_in_use_is_refused(tmp_path: Path) -> None:
    path, backup = tmp_path / "store", tmp_path / "backup"
    async with SqliteStore(path) as store:
        await store.put("key", b"1")
    shutil.copy(path, backup)
    async with SqliteStore(path) as store:
        assert await store.get("key") == b"1"
        shutil.copy(backup, tmp_path / "other")
        overwrite(tmp_path / "other")
        (tmp_path / "other").replace(path)
        await assert_everything_is_refused(store)
        backup.replace(path)
        await until(lambda: recovered(store))
        assert await store.get("key") == b"1"


async def test_a_deleted_file_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    path, aside = tmp_path / "store", tmp_path / "aside"
    async with SqliteStore(path) as store:
        await store.put("key", b"1")
    async with SqliteStore(path) as store:
        assert await store.get("key") == b"1"
        path.rename(aside)
        await assert_everything_is_refused(store)
        assert not path.exists()
        aside.rename(path)
        await until(lambda: recovered(store))
        assert await store.get("key") == b"1"


async def test_a_folder_that_goes_and_comes_back(tmp_path: Path) -> None:
    folder, aside = tmp_path / "data", tmp_path / "aside"
    async with SqliteStore(folder / "store") as store:
        await store.put("key", b"1")
        folder.rename(aside)
        await assert_everything_is_refused(store)
        aside.rename(folder)
        await until(lambda: recovered(store))
        assert await store.get("key") == b"1"


async def test_a_folder_that_cannot_be_made_until_later(tmp_path: Path) -> None:
    in_the_way = tmp_path / "data"
    in_the_way.touch()
    async with SqliteStore(in_the_way / "store") as store:
        await assert_everything_is_refused(store)
        in_the_way.unlink()
        await until(lambda: recovered(store))


async def test_a_disk_that_hangs_is_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()

    def hang(*_: object) -> None:
        answers.wait()

    async with SqliteStore(tmp_path / "store") as store:
        await store.put("key", b"1")
        with monkeypatch.context() as patch:
            patch.setattr(sqlite, "_ANSWER_S", 0.05)
            patch.setattr(sqlite_operations, "get", hang)
            with pytest.raises(StoreUnavailable, match="no answer"):
                await store.get("key")
            assert not store.is_available
            with pytest.raises(StoreUnavailable):
                await store.put("key", b"given up")
        answers.set()
        assert await store.get("key") == b"1"
        await store.put("key", b"2")
        assert store.is_available


async def test_a_closed_store_is_a_refusal(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store")
    with pytest.raises(StoreUnavailable):
        await store.get("key")
    async with store:
        await store.put("key", b"1")
    with pytest.raises(StoreUnavailable):
        await store.get("key")


async def test_leaving_a_store_finishes_what_was_asked_of_it(tmp_path: Path) -> None:
    path = tmp_path / "store"
    async with SqliteStore(path) as store:
        puts = [asyncio.create_task(store.put(f"{n}", b"1")) for n in range(600)]
        await asyncio.sleep(0)
    await asyncio.gather(*puts)
    async with SqliteStore(path) as store:
        assert len(await store.items("")) == 600


def job(effect: Effect, work: object) -> Job[object]:
    assert callable(work)
    return Job(effect, work, asyncio.get_running_loop().create_future())


async def test_one_that_fails_takes_no_other_of_its_group_along(tmp_path: Path) -> None:
    clock = host_clock()
    file = SqliteFile(tmp_path / "store", clock=clock, max_bytes=2**20)
    thread = SqliteThread(file, clock, Availability("test"), sweep_every_s=60)

    def put(key: object) -> Job[object]:
        def work(db: sqlite3.Connection, now: float) -> None:
            db.execute("INSERT INTO entries VALUES (?, ?, ?)", (key, b"1", 1e12))

        return job(Effect.WRITES, work)

    def a_bug(db: sqlite3.Connection, now: float) -> None:
        db.execute("DELETE FROM entries")
        raise ZeroDivisionError

    def keys(db: sqlite3.Connection, now: float) -> object:
        return db.execute("SELECT key FROM entries ORDER BY key").fetchall()

    good = [put("a"), put("b"), put("c")]
    poisoned = [put(object()), put("\ud800"), put(2**80), job(Effect.WRITES, a_bug)]
    group = [good[0], *poisoned[:2], good[1], *poisoned[2:], good[2]]
    for one in group:
        thread.submit(one)  # before it starts: it takes them all at once
    thread.start(asyncio.get_running_loop())
    await asyncio.gather(*(one.future for one in group))
    last = job(Effect.READS, keys)
    thread.submit(last)
    await last.future
    thread.stop(5)

    assert [one.outcome() for one in good] == [None] * 3
    assert last.outcome() == [("a",), ("b",), ("c",)]
    for one in poisoned:
        with pytest.raises(Exception, match=r".*") as caught:
            one.outcome()
        assert not isinstance(caught.value, StoreUnavailable)


async def test_what_nobody_waits_for_any_longer_is_not_done(tmp_path: Path) -> None:
    clock = host_clock()
    file = SqliteFile(tmp_path / "store", clock=clock, max_bytes=2**20)
    thread = SqliteThread(file, clock, Availability("test"), sweep_every_s=60)
    done: list[str] = []
    given_up = job(Effect.READS, lambda db, now: done.append("given up"))
    wanted = job(Effect.READS, lambda db, now: done.append("wanted"))
    given_up.future.cancel()
    for one in (given_up, wanted):
        thread.submit(one)
    thread.start(asyncio.get_running_loop())
    await wanted.future
    thread.stop(5)
    assert done == ["wanted"]

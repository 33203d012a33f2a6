"""The file: who may read it, where it may be, and what becomes of it in time."""

import fcntl
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from easel.errors import StoreUnavailable
from easel.gateway.store.sqlite import SqliteStore
from easel.gateway.store.sqlite_schema import MIGRATIONS
from tests.gateway.store.manual_host_clock import ManualHostClock
from tests.gateway.store.waiting import until


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def rows(path: Path, table: str) -> int:
    connection = sqlite3.connect(path)
    try:
        count: int = connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
    finally:
        connection.close()
    return count


async def test_only_its_user_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "data" / "store"
    async with SqliteStore(path) as store:
        await store.put("key", b"1")
        assert names(path.parent) == ["store", "store-shm", "store-wal"]
        assert {mode(file) for file in path.parent.iterdir()} == {0o600}
        assert mode(path.parent) == 0o700


async def test_a_file_that_others_may_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "store"
    path.touch(0o644)
    async with SqliteStore(path) as store:
        await store.put("key", b"1")
    assert mode(path) == 0o600


async def test_one_file_is_left_and_holds_everything(tmp_path: Path) -> None:
    path = tmp_path / "store"
    async with SqliteStore(path) as store:
        await store.put("key", b"1")
        await store.add_within("n", 2, None, ttl_s=1000)
        await store.lease("door", "a", 1, ttl_s=1000)
        await store.schedule("q", "item", -1)
    assert names(tmp_path) == ["store"]
    async with SqliteStore(path) as store:
        assert await store.get("key") == b"1"
        assert await store.count("n") == 2
        assert await store.holders("door") == 1
        assert await store.due("q", limit=1, again_in_s=1) == ["item"]


async def test_two_stores_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "store"
    async with SqliteStore(path) as one, SqliteStore(path) as other:
        await one.put("key", b"1")
        assert await other.get("key") == b"1"
        assert await other.lease("door", "a", 1, ttl_s=1000)
        assert not await one.lease("door", "b", 1, ttl_s=1000)


async def test_what_has_ended_is_swept(
    tmp_path: Path, host_clock: ManualHostClock
) -> None:
    path = tmp_path / "store"
    async with SqliteStore(path, clock=host_clock, sweep_every_s=0.01) as store:
        await store.put("short", b"1", ttl_s=10)
        await store.put("long", b"2", ttl_s=100)
        await store.add_within("n", 1, None, ttl_s=10)
        await store.lease("door", "a", 1, ttl_s=10)
        host_clock.advance(50)
        await until(lambda: rows(path, "counters") + rows(path, "leases") == 0)
        await until(lambda: rows(path, "entries") == 1)
        assert await store.get("long") == b"2"


async def test_a_file_knows_its_schema(tmp_path: Path) -> None:
    path = tmp_path / "store"
    async with SqliteStore(path) as store:
        await store.get("key")
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    connection.close()


async def test_the_file_of_a_later_version_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "store"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    async with SqliteStore(path) as store:
        with pytest.raises(StoreUnavailable):
            await store.get("key")
    assert "later version" in caplog.text


@pytest.mark.parametrize("hour_s", [3600.0, -3600.0])
async def test_setting_the_clock_ends_nothing(
    tmp_path: Path, host_clock: ManualHostClock, hour_s: float
) -> None:
    async with SqliteStore(tmp_path / "store", clock=host_clock) as store:
        await store.lease("door", "a", 1, ttl_s=60)
        await store.put("key", b"1", ttl_s=60)
        await store.schedule("q", "item", 60)
        host_clock.set_wall(hour_s)
        host_clock.advance(50)
        assert await store.holders("door") == 1
        assert await store.get("key") == b"1"
        assert await store.due("q", limit=1, again_in_s=1) == []
        host_clock.advance(20)
        assert await store.holders("door") == 0
        assert await store.get("key") is None
        assert await store.due("q", limit=1, again_in_s=1) == ["item"]


async def fill(store: SqliteStore) -> None:
    await store.put("minute", b"1", ttl_s=60)
    await store.put("day", b"2", ttl_s=86_400)
    await store.put("for ever", b"3")
    await store.add_within("n", 4, None, ttl_s=86_400)
    await store.lease("door", "a", 1, ttl_s=86_400)
    await store.schedule("q", "item", 3600)


async def test_a_reboot_counts_as_the_time_that_it_took(
    tmp_path: Path, host_clock: ManualHostClock
) -> None:
    path = tmp_path / "store"
    async with SqliteStore(path, clock=host_clock) as store:
        await fill(store)
    host_clock.reboot(after_s=300)
    async with SqliteStore(path, clock=host_clock) as store:
        assert await store.items("") == {"day": b"2", "for ever": b"3"}
        assert await store.count("n") == 4
        host_clock.advance(3600 - 300 - 10)
        assert await store.due("q", limit=1, again_in_s=1) == []
        host_clock.advance(20)
        assert await store.due("q", limit=1, again_in_s=1) == ["item"]
        host_clock.advance(86_400)
        assert await store.items("") == {"for ever": b"3"}


async def test_no_lease_survives_its_host(
    tmp_path: Path, host_clock: ManualHostClock
) -> None:
    path = tmp_path / "store"
    async with SqliteStore(path, clock=host_clock) as store:
        await fill(store)
    host_clock.reboot(after_s=1)
    async with SqliteStore(path, clock=host_clock) as store:
        assert await store.lease("door", "b", 1, ttl_s=10)


async def test_a_host_that_boots_in_the_past_prolongs_nothing(
    tmp_path: Path, host_clock: ManualHostClock
) -> None:
    path = tmp_path / "store"
    async with SqliteStore(path, clock=host_clock) as store:
        await fill(store)
    host_clock.reboot(after_s=-1_000_000_000)
    async with SqliteStore(path, clock=host_clock) as store:
        assert len(await store.items("")) == 3
        host_clock.advance(61)
        assert await store.items("") == {"day": b"2", "for ever": b"3"}
        host_clock.advance(86_400)
        assert await store.items("") == {"for ever": b"3"}


def refused(*_: object) -> None:
    raise OSError(37, os.strerror(37))


def granted(*_: object) -> None:
    """To all who ask."""


@pytest.mark.parametrize("lockf", [refused, granted])
async def test_a_folder_whose_locks_do_not_work_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    lockf: Callable[..., None],
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "lockf", lockf)
        async with SqliteStore(tmp_path / "store") as store:
            with pytest.raises(StoreUnavailable):
                await store.get("key")
    assert "file locks do not work" in caplog.text
    assert "use a local disk" in caplog.text

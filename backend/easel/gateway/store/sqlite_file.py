"""The SQLite store's file: created, opened, and opened anew when that is needed.

A damaged or vanished file is never replaced by an empty one while the gateway runs:
the API keys are in it, and without keys a gateway is open to everybody. Everything is
refused until somebody has put the file back, or has restarted the gateway.
"""

import contextlib
import os
import sqlite3
import stat
import time
from pathlib import Path

from easel.gateway.store.host_clock import HostClock
from easel.gateway.store.lock_test import LocksDoNotWork, check_locks
from easel.gateway.store.sqlite_schema import NewerSchema, prepare

# How long opening waits for a lock of another process.
_OPEN_BUSY_S = 0.2

# After a failure, opening is not tried again for so long.
_REOPEN_S = 0.25

# The write-ahead log is cut back to this; SQLite writes it back at 4 MB, too.
_WAL_BYTES = 4 * 2**20

# What says nothing against the open connection.
_HARMLESS = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL)


class FileUnusable(Exception):
    """It cannot be opened, for this reason."""


def is_busy(error: Exception | None) -> bool:
    """Another process has the lock."""
    return _primary_code(error) == sqlite3.SQLITE_BUSY


def is_of_the_file(error: Exception) -> bool:
    """And not of what was asked of it."""
    if isinstance(error, FileUnusable | OSError | sqlite3.OperationalError):
        return True
    # A damaged file has no class of its own.
    return type(error) is sqlite3.DatabaseError


class SqliteFile:
    """One connection to one file. Everything here belongs to one thread."""

    def __init__(self, path: Path, *, clock: HostClock, max_bytes: int) -> None:
        self._path = path
        self._clock = clock
        self._max_bytes = max_bytes
        self._connection: sqlite3.Connection | None = None
        # Which files the connection has open. One that is deleted stays open, and
        # this process would be alone with it.
        self._identity: tuple[int, ...] = ()
        self._has_been_open = False
        self._failure: Exception | None = None
        self._failed_at = 0.0

    def connection(self) -> sqlite3.Connection:
        """In autocommit mode; never waits for a lock.

        Raises:
            sqlite3.Error, FileUnusable, OSError: none can be had now.
        """
        if self._connection is not None and _identity(self._path) != self._identity:
            self.close()
        if self._connection is None:
            self._connection = self._open_unless_just_failed()
        return self._connection

    def close(self) -> None:
        """Leaves one file behind if this was the last process to have it open."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None

    def recover_from(self, error: Exception) -> None:
        """Make the connection fit for the next transaction, or drop it."""
        if self._connection is None:
            return
        with contextlib.suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        # Read-only counts as broken: a file that was so when opened stays so.
        is_broken = is_of_the_file(error) and _primary_code(error) not in _HARMLESS
        if is_broken or self._connection.in_transaction:
            self.close()

    def _open_unless_just_failed(self) -> sqlite3.Connection:
        if self._failure and time.monotonic() < self._failed_at + _REOPEN_S:
            raise self._failure.with_traceback(None)
        self._failure = None
        try:
            connection = self._opened()
        except (sqlite3.Error, FileUnusable, OSError) as error:
            if not is_busy(error):
                self._failure = error
                self._failed_at = time.monotonic()
            raise
        self._has_been_open = True
        self._identity = _identity(self._path)
        return connection

    def _opened(self) -> sqlite3.Connection:
        if self._has_been_open:
            if not self._path.exists():
                raise FileUnusable("the file is gone; put it back or restart")
        else:
            _create(self._path)
        try:
            check_locks(self._path.parent)
        except LocksDoNotWork as error:
            raise FileUnusable(
                f"file locks do not work in its folder ({error}): use a local disk"
            ) from error
        connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=_OPEN_BUSY_S,
            isolation_level=None,
        )
        try:
            self._configure(connection)
            prepare(connection, self._clock)
        except NewerSchema as error:
            connection.close()
            raise FileUnusable(
                f"a later version of Easel wrote it ({error})"
            ) from error
        except BaseException:
            connection.close()
            raise
        connection.execute("PRAGMA busy_timeout = 0")
        return connection

    def _configure(self, connection: sqlite3.Connection) -> None:
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise FileUnusable("its file system cannot hold a write-ahead log")
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
        page_bytes: int = connection.execute("PRAGMA page_size").fetchone()[0]
        pages = max(1, self._max_bytes // page_bytes)
        connection.execute(f"PRAGMA max_page_count = {pages}")


def _create(path: Path) -> None:
    """An empty file, if there is none: only this user may read the hashes of keys."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Never open one that is there: closing it would free the locks that another
    # connection of this process has on it.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    mode = stat.S_IMODE(path.stat().st_mode)
    with contextlib.suppress(PermissionError):  # it is another user's
        if mode & 0o077:
            path.chmod(mode & 0o700)


def _identity(path: Path) -> tuple[int, ...]:
    """Of the file and its write-ahead log; empty if there is none."""
    try:
        files = os.stat(path), os.stat(f"{path}-wal")
    except OSError:
        return ()
    return tuple(number for file in files for number in (file.st_dev, file.st_ino))


def _primary_code(error: Exception | None) -> int | None:
    """SQLite's code without its details; None if it is not SQLite's."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF

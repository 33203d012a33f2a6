"""The tables of the SQLite store, how they came to be, and their times.

Times are seconds since the host was booted (`host_clock.py`); infinity is never.
"""

import sqlite3

from easel.gateway.store.host_clock import HostClock

_FIRST = (
    """CREATE TABLE entries (
        key TEXT PRIMARY KEY NOT NULL,
        value BLOB NOT NULL,
        ends_at REAL NOT NULL
    )""",
    """CREATE TABLE counters (
        key TEXT PRIMARY KEY NOT NULL,
        count INTEGER NOT NULL,
        ends_at REAL NOT NULL
    )""",
    """CREATE TABLE leases (
        key TEXT NOT NULL,
        holder TEXT NOT NULL,
        ends_at REAL NOT NULL,
        PRIMARY KEY (key, holder)
    )""",
    """CREATE TABLE timetable (
        queue TEXT NOT NULL,
        item TEXT NOT NULL,
        due_at REAL NOT NULL,
        PRIMARY KEY (queue, item)
    )""",
    "CREATE INDEX entries_by_end ON entries (ends_at)",
    "CREATE INDEX counters_by_end ON counters (ends_at)",
    "CREATE INDEX leases_by_end ON leases (ends_at)",
    "CREATE INDEX timetable_by_time ON timetable (queue, due_at, item)",
    # One row: when the store was last looked after, by both clocks.
    """CREATE TABLE last_seen (
        boot_id TEXT NOT NULL,
        since_boot_s REAL NOT NULL,
        wall_s REAL NOT NULL
    )""",
)

# `PRAGMA user_version` is how many of these a file has seen. Only ever append.
MIGRATIONS = (_FIRST,)

# So many rows a table at once: others wait for the lock meanwhile.
_SWEEP_ROWS = 1000


class NewerSchema(Exception):
    """A later version of Easel wrote this file."""


def prepare(connection: sqlite3.Connection, clock: HostClock) -> None:
    """Bring the file to this version and to this boot of the host.

    Raises:
        NewerSchema: it may not be touched.
    """
    if _is_prepared(connection, clock):
        return  # without the lock: another process may hold it
    connection.execute("BEGIN IMMEDIATE")
    try:
        _migrate(connection)
        _carry_over(connection, clock)
        note_time(connection, clock)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def note_time(connection: sqlite3.Connection, clock: HostClock) -> None:
    now = (clock.boot_id, clock.since_boot_s(), clock.wall_s())
    connection.execute("DELETE FROM last_seen")
    connection.execute("INSERT INTO last_seen VALUES (?, ?, ?)", now)


def sweep(connection: sqlite3.Connection, now: float) -> bool:
    """Delete what has ended; whether there may be more."""
    swept = [
        connection.execute(
            f"DELETE FROM {table} WHERE rowid IN "
            f"(SELECT rowid FROM {table} WHERE ends_at <= ? LIMIT ?)",
            (now, _SWEEP_ROWS),
        ).rowcount
        for table in ("entries", "counters", "leases")
    ]
    return max(swept) == _SWEEP_ROWS


def _is_prepared(connection: sqlite3.Connection, clock: HostClock) -> bool:
    if _version(connection) != len(MIGRATIONS):
        return False
    boot_id, _, _ = _last_seen(connection)
    return boot_id == clock.boot_id


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _last_seen(connection: sqlite3.Connection) -> tuple[str, float, float]:
    """Boot id, seconds since boot, seconds since 1970; empty for a new file."""
    row = connection.execute("SELECT * FROM last_seen").fetchone()
    return row or ("", 0.0, 0.0)


def _migrate(connection: sqlite3.Connection) -> None:
    version = _version(connection)
    if version > len(MIGRATIONS):
        raise NewerSchema(f"schema {version}, and {len(MIGRATIONS)} is known here")
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _carry_over(connection: sqlite3.Connection, clock: HostClock) -> None:
    """Move all times from an earlier boot's clock to this one's.

    A wall clock that is behind at boot counts as no time passed, so that nothing lives
    longer for it than it had left.
    """
    boot_id, since_boot_s, wall_s = _last_seen(connection)
    if boot_id in {"", clock.boot_id}:
        return
    passed_s = max(0.0, clock.wall_s() - wall_s)
    shift_s = clock.since_boot_s() - since_boot_s - passed_s
    connection.execute("UPDATE entries SET ends_at = ends_at + ?", (shift_s,))
    connection.execute("UPDATE counters SET ends_at = ends_at + ?", (shift_s,))
    connection.execute("UPDATE timetable SET due_at = due_at + ?", (shift_s,))
    # No holder survives its host.
    connection.execute("DELETE FROM leases")

"""Each operation of the store as SQL, within a transaction that others open and end.

All take the connection and the present time, in seconds on the clock of
`sqlite_schema.py`. What has ended is not there for them, swept or not.
"""

import sqlite3
from math import inf


def get(db: sqlite3.Connection, now: float, key: str) -> bytes | None:
    row = db.execute(
        "SELECT value FROM entries WHERE key = ? AND ends_at > ?", (key, now)
    ).fetchone()
    return None if row is None else row[0]


def put(
    db: sqlite3.Connection, now: float, key: str, value: bytes, ttl_s: float | None
) -> None:
    db.execute(
        "INSERT INTO entries VALUES (?, ?, ?) ON CONFLICT (key) "
        "DO UPDATE SET value = excluded.value, ends_at = excluded.ends_at",
        (key, value, _end(now, ttl_s)),
    )


def put_if_absent(
    db: sqlite3.Connection, now: float, key: str, value: bytes, ttl_s: float | None
) -> bytes:
    present = get(db, now, key)
    if present is not None:
        return present
    put(db, now, key, value, ttl_s)
    return value


def replace(
    db: sqlite3.Connection,
    now: float,
    key: str,
    old: bytes,
    new: bytes,
    ttl_s: float | None,
) -> bool:
    cursor = db.execute(
        "UPDATE entries SET value = ?, ends_at = ? "
        "WHERE key = ? AND value = ? AND ends_at > ?",
        (new, _end(now, ttl_s), key, old, now),
    )
    return cursor.rowcount == 1


def delete(db: sqlite3.Connection, now: float, key: str) -> None:
    db.execute("DELETE FROM entries WHERE key = ?", (key,))


def items(db: sqlite3.Connection, now: float, prefix: str) -> dict[str, bytes]:
    # The last character of all comes after every key with the prefix.
    rows = db.execute(
        "SELECT key, value FROM entries WHERE key >= ? AND key < ? AND ends_at > ?",
        (prefix, prefix + "\U0010ffff", now),
    )
    return dict(rows.fetchall())


def add_within(
    db: sqlite3.Connection,
    now: float,
    key: str,
    amount: int,
    limit: int | None,
    ttl_s: float,
) -> int | None:
    present = _counter(db, now, key)
    total = (present or 0) + amount
    if amount > 0 and limit is not None and total > limit:
        return None
    if present is not None:
        total = max(0, total)
        db.execute("UPDATE counters SET count = ? WHERE key = ?", (total, key))
        return total
    if amount <= 0:
        return 0
    db.execute(
        "INSERT OR REPLACE INTO counters VALUES (?, ?, ?)",
        (key, total, _end(now, ttl_s)),
    )
    return total


def count(db: sqlite3.Connection, now: float, key: str) -> int:
    return _counter(db, now, key) or 0


def lease(
    db: sqlite3.Connection,
    now: float,
    key: str,
    holder: str,
    limit: int | None,
    ttl_s: float,
) -> bool:
    end = _end(now, ttl_s)
    renewed = db.execute(
        "UPDATE leases SET ends_at = ? WHERE key = ? AND holder = ? AND ends_at > ?",
        (end, key, holder, now),
    )
    if renewed.rowcount == 1:
        return True
    if limit is not None and holders(db, now, key) >= limit:
        return False
    db.execute("INSERT OR REPLACE INTO leases VALUES (?, ?, ?)", (key, holder, end))
    return True


def release(db: sqlite3.Connection, now: float, key: str, holder: str) -> None:
    db.execute("DELETE FROM leases WHERE key = ? AND holder = ?", (key, holder))


def holders(db: sqlite3.Connection, now: float, key: str) -> int:
    row = db.execute(
        "SELECT COUNT(*) FROM leases WHERE key = ? AND ends_at > ?", (key, now)
    ).fetchone()
    taken: int = row[0]
    return taken


def schedule(
    db: sqlite3.Connection, now: float, queue: str, item: str, in_s: float
) -> None:
    db.execute(
        "INSERT OR REPLACE INTO timetable VALUES (?, ?, ?)", (queue, item, now + in_s)
    )


def due(
    db: sqlite3.Connection, now: float, queue: str, limit: int, again_in_s: float
) -> list[str]:
    rows = db.execute(
        "SELECT item FROM timetable WHERE queue = ? AND due_at <= ? "
        "ORDER BY due_at, item LIMIT ?",
        (queue, now, max(0, limit)),
    ).fetchall()
    db.executemany(
        "UPDATE timetable SET due_at = ? WHERE queue = ? AND item = ?",
        [(now + again_in_s, queue, item) for (item,) in rows],
    )
    return [item for (item,) in rows]


def unschedule(db: sqlite3.Connection, now: float, queue: str, item: str) -> None:
    db.execute("DELETE FROM timetable WHERE queue = ? AND item = ?", (queue, item))


def _end(now: float, ttl_s: float | None) -> float:
    return inf if ttl_s is None else now + ttl_s


def _counter(db: sqlite3.Connection, now: float, key: str) -> int | None:
    row = db.execute(
        "SELECT count FROM counters WHERE key = ? AND ends_at > ?", (key, now)
    ).fetchone()
    return None if row is None else row[0]

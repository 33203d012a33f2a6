"""The journal's SQLite file: opened, created, or moved aside when it is damaged."""

import contextlib
import itertools
import logging
import os
import sqlite3
from pathlib import Path

log = logging.getLogger(__name__)

_SCHEMA_VERSION = 1

# `position`: SQLite gives a new row the largest, plus 1. The blobs stand last, because
# it walks through them to reach a column behind.
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE generations (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    entry TEXT NOT NULL,
    ended TEXT,
    starts INTEGER NOT NULL DEFAULT 0,
    source BLOB,
    mask BLOB
);
PRAGMA user_version = {_SCHEMA_VERSION};
COMMIT;
"""

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class JournalUnusable(OSError):
    """The file cannot be opened, is another process's, or of a later version."""


def open_journal_file(path: Path, max_bytes: int) -> sqlite3.Connection:
    """A connection that no other process has; usable from any one thread at a time.

    Raises:
        JournalUnusable: it cannot be opened.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _opened_or_renewed(path, max_bytes)
    except JournalUnusable:
        raise
    except (sqlite3.Error, OSError) as error:
        reason = str(error)
        if primary_code(error) == sqlite3.SQLITE_BUSY:
            reason = "another process uses it"
        raise JournalUnusable(f"the journal {path} cannot be used: {reason}") from error


def _opened_or_renewed(path: Path, max_bytes: int) -> sqlite3.Connection:
    try:
        return _opened(path, max_bytes)
    except sqlite3.DatabaseError as error:
        if primary_code(error) not in _DAMAGE:
            raise
    # Not to serve at all would be worse than to lose what was waiting.
    aside = _moved_aside(path)
    log.error("the journal is damaged and moved to %s; a new one begins", aside)
    return _opened(path, max_bytes)


def _opened(path: Path, max_bytes: int) -> sqlite3.Connection:
    """Raises sqlite3.DatabaseError, OSError, or JournalUnusable for a later version."""
    # It holds prompts. SQLite gives the files beside it the same mode.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    connection = sqlite3.connect(
        path, timeout=1.0, isolation_level=None, check_same_thread=False
    )
    try:
        path.chmod(0o600)
        _prepare(connection, path, max_bytes)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, max_bytes: int) -> None:
    def pragma(text: str) -> int | str:
        row = connection.execute(f"PRAGMA {text}").fetchone()
        value: int | str = row[0] if row else ""
        return value

    # From the first access on, no other process gets in.
    pragma("locking_mode = EXCLUSIVE")
    version = int(pragma("user_version"))
    if version > _SCHEMA_VERSION:
        raise JournalUnusable(
            f"the journal {path} is of a later version of Easel: its schema is "
            f"{version}, this version knows {_SCHEMA_VERSION}"
        )
    # Before anything is written, so that a damaged file is kept as it is.
    if (finding := pragma("quick_check(1)")) != "ok":
        raise _damage(str(finding))
    if not version:
        # Only an empty file can be told so.
        pragma("auto_vacuum = INCREMENTAL")
    pragma("journal_mode = WAL")
    pragma("synchronous = FULL")
    # What is forgotten shall not be readable in the file.
    pragma("secure_delete = FAST")
    pragma(f"max_page_count = {max_bytes // int(pragma('page_size'))}")
    if not version:
        connection.executescript(_SCHEMA)


def _damage(finding: str) -> sqlite3.DatabaseError:
    """What SQLite raises when it meets the damage by itself."""
    error = sqlite3.DatabaseError(finding)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def primary_code(error: Exception) -> int | None:
    """SQLite's error code without its details (SQLITE_IOERR_WRITE: SQLITE_IOERR)."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _moved_aside(path: Path) -> Path:
    """Rename it and the files that belong to it; returns the new name."""
    names = (path.with_name(f"{path.name}.damaged-{n}") for n in itertools.count(1))
    aside = next(name for name in names if not name.exists())
    for suffix in ("", "-wal"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(
                aside.with_name(aside.name + suffix)
            )
    return aside

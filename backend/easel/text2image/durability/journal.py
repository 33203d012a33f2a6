"""What was accepted and what came of it, on disk: it outlives this process.

One SQLite file, held by one process. Safe to use from several threads, but not from
the event loop: a write returns when the disk has it.
"""

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from easel.contract.generations import (
    CancelledGeneration,
    CompletedGeneration,
    FailedGeneration,
    Parameters,
)
from easel.errors import StorageFull
from easel.text2image.durability.journal_file import open_journal_file, primary_code
from easel.text2image.images.image_files import StoredImage

log = logging.getLogger(__name__)

T = TypeVar("T")

EndedDocument = Annotated[
    CompletedGeneration | FailedGeneration | CancelledGeneration,
    Field(discriminator="status"),
]


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """An accepted generation: all that it takes to paint it again.

    `created_at` is aware, in UTC. `source` and `mask` are the PNG files that an
    image-to-image generation starts from; they are dropped when it has ended.
    `starts` is how often it was begun and not ended: each one was a crash.
    `fingerprint` is that of the request, where a gateway chose the id.
    """

    id: str
    model: str
    parameters: Parameters
    warnings: tuple[str, ...]
    request_id: str
    user: str
    priority: str
    created_at: datetime
    source: bytes | None = None
    mask: bytes | None = None
    starts: int = 0
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class EndedEntry:
    """How it ended. The paths of `images` are kept as given: give relative ones."""

    document: EndedDocument
    images: tuple[StoredImage, ...]
    ended_at: datetime


_ENTRY = TypeAdapter(JournalEntry)
_ENDED = TypeAdapter(EndedEntry)

_ACCEPT = "INSERT INTO generations (id, entry, source, mask) VALUES (?, ?, ?, ?)"
_END = """
INSERT INTO generations (id, entry, ended) VALUES (?, ?, ?)
ON CONFLICT (id) DO UPDATE SET ended = excluded.ended, source = NULL, mask = NULL
"""
_START = "UPDATE generations SET starts = starts + 1 WHERE id = ?"
_SUSPEND = "UPDATE generations SET starts = MAX(0, starts - 1) WHERE id = ?"
_FORGET = "DELETE FROM generations WHERE id = ?"
_UNFINISHED = """
SELECT id, entry, starts, source, mask FROM generations
WHERE ended IS NULL ORDER BY position
"""
_ENDED_ONES = """
SELECT id, entry, ended FROM generations WHERE ended IS NOT NULL ORDER BY position
"""

# A limit on the size of files, or a quota, shows as an I/O error.
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


class Journal:
    """Accepted generations, in the order of their acceptance, and how they ended."""

    def __init__(self, path: Path, *, max_bytes: int = 2**30) -> None:
        """Open or create it; a damaged file is moved aside, with an error in the log.

        Args:
            path: Of the file; SQLite keeps another beside it while it is open.
            max_bytes: A journal of this size is full.

        Raises:
            JournalUnusable: it cannot be opened.
        """
        self._lock = threading.Lock()
        self._connection = open_journal_file(path, max_bytes)

    def accept(self, entry: JournalEntry) -> None:
        """On return it survives a crash of the process and of the machine.

        Raises:
            StorageFull: it is not in the journal.
        """
        row = (entry.id, _entry_json(entry), entry.source, entry.mask)
        with self._lock:
            self._write(_ACCEPT, [row])

    def start(self, generation_id: str) -> None:
        """It is being painted: if the process dies now, that may be why.

        Raises:
            StorageFull: the journal is as it was.
        """
        with self._lock:
            self._write(_START, [(generation_id,)])

    def suspend(self, generation_id: str) -> None:
        """It was begun, and stopped in good order.

        Raises:
            StorageFull: the journal is as it was.
        """
        with self._lock:
            self._write(_SUSPEND, [(generation_id,)])

    def end(self, entry: JournalEntry, ended: EndedEntry) -> None:
        """Note how it ended, be it accepted here or never seen before.

        Raises:
            StorageFull: the journal is as it was.
        """
        row = (entry.id, _entry_json(entry), _ENDED.dump_json(ended).decode())
        with self._lock:
            self._write(_END, [row])

    def forget(self, ids: Iterable[str]) -> None:
        """Remove these, whether they are there or not; all of them or none.

        Raises:
            StorageFull: a removal, too, must be written.
        """
        rows = [(generation_id,) for generation_id in ids]
        with self._lock:
            self._write(_FORGET, rows)
            self._give_space_back()

    def unfinished(self) -> list[JournalEntry]:
        """What was accepted and has not ended, in the order of acceptance."""
        with self._lock:
            rows = self._connection.execute(_UNFINISHED).fetchall()
        return [
            replace(entry, starts=starts, source=source, mask=mask)
            for generation_id, text, starts, source, mask in rows
            if (entry := _parsed(_ENTRY, text, generation_id))
        ]

    def ended(self) -> list[tuple[JournalEntry, EndedEntry]]:
        """What has ended and is not forgotten, in the order of acceptance."""
        with self._lock:
            rows = self._connection.execute(_ENDED_ONES).fetchall()
        found = [
            (entry, ended)
            for generation_id, text, ended_text in rows
            if (entry := _parsed(_ENTRY, text, generation_id))
            and (ended := _parsed(_ENDED, ended_text, generation_id))
        ]
        # Those that were first seen at their end stand behind in the file.
        return sorted(found, key=lambda pair: pair[0].created_at)

    def close(self) -> None:
        """Leave one file behind, no larger than needed."""
        with self._lock:
            self._give_space_back()
            self._connection.close()

    def _write(
        self, statement: str, rows: Sequence[tuple[str | bytes | None, ...]]
    ) -> None:
        """All rows or none."""
        try:
            with self._connection:  # commits, or rolls back
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            if primary_code(error) not in _FULL:
                raise
            log.warning("the journal cannot be written: %s", error.sqlite_errorname)
            # For the next one, the space of the write-ahead log may do.
            self._give_space_back()
            raise StorageFull(
                "The server has no space left for its journal."
            ) from error

    def _give_space_back(self) -> None:
        """Shrink the file to what it holds; the disk may be too full even for that."""
        for pragma in ("incremental_vacuum", "wal_checkpoint(TRUNCATE)"):
            with contextlib.suppress(sqlite3.OperationalError):
                # `execute` would stop after the first page that is freed.
                self._connection.executescript(f"PRAGMA {pragma}")


def _entry_json(entry: JournalEntry) -> str:
    return _ENTRY.dump_json(entry, exclude={"starts", "source", "mask"}).decode()


def _parsed(adapter: TypeAdapter[T], text: str, generation_id: str) -> T | None:
    """None, and an error in the log, if it cannot be read; prompts stay out of that."""
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['type']}"
            for fault in error.errors(include_input=False, include_url=False)
        )
    fields = {"id": generation_id, "faults": faults}
    log.error("skipped what cannot be read in the journal", extra={"fields": fields})
    return None

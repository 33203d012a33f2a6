"""The journal, asked from the event loop: one thread of its own writes it."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from easel.errors import StorageFull
from easel.text2image.durability.journal import Journal
from easel.text2image.durability.recovery import (
    ended_again,
    ended_entry,
    journal_entry,
    source_of,
    unfinished_again,
)
from easel.text2image.engines.base import SourceImage
from easel.text2image.images.image_files import sync_files
from easel.text2image.live_generation import LiveGeneration

log = logging.getLogger(__name__)

# A generation that was being painted each time when the server died is not tried again.
_MOST_STARTS = 3


@dataclass(frozen=True, slots=True)
class Remembered:
    """What an earlier process left."""

    ended: tuple[LiveGeneration, ...]
    unfinished: tuple[tuple[LiveGeneration, SourceImage | None], ...]
    given_up: tuple[LiveGeneration, ...]


class Journaling:
    """
    Args:
        journal: Open.
        root: Folder of the images; the journal's paths are relative to it.
    """

    def __init__(self, journal: Journal, root: Path) -> None:
        self._journal = journal
        self._root = root
        self._thread = ThreadPoolExecutor(1, "journal")

    async def accept(self, live: LiveGeneration, source: SourceImage | None) -> None:
        """On return it survives a crash.

        Raises:
            StorageFull: it does not.
        """

        def work() -> None:
            self._journal.accept(journal_entry(live, source))

        await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def end(self, live: LiveGeneration) -> None:
        """Remember how it ended.

        A disk without space loses only the memory: a durable one will be painted again
        after a restart, to the same images.
        """
        ended = ended_entry(live, self._root, datetime.now(UTC))
        assert ended is not None
        entry = journal_entry(live, None)
        paths = [one.path for one in live.images]

        def work() -> None:
            # What was not durable when it was painted is not synced yet, and the
            # journal must not name what is not there.
            with contextlib.suppress(FileNotFoundError):
                sync_files(paths)
            self._journal.end(entry, ended)

        await self._noted(live, work)

    async def start(self, live: LiveGeneration) -> None:
        """It is being painted; a process that dies now will have been its fault."""
        await self._noted(live, self._journal.start, live.id)

    async def suspend(self, live: LiveGeneration) -> None:
        """It was begun, and goes on in the next process."""
        await self._noted(live, self._journal.suspend, live.id)

    def forget(self, generation_ids: Iterable[str]) -> None:
        """Soon; nobody waits for it."""
        self._thread.submit(self._forget, list(generation_ids))

    async def recover(self, next_number: Callable[[], int], now_s: float) -> Remembered:
        """What an earlier process accepted, ended or not.

        Args:
            next_number: Numbers a generation of this process.
            now_s: By the server's clock.
        """
        loop = asyncio.get_running_loop()
        ended = await loop.run_in_executor(self._thread, self._journal.ended)
        begun = await loop.run_in_executor(self._thread, self._journal.unfinished)
        now = datetime.now(UTC)
        past = tuple(
            ended_again(
                entry, end, self._root, number=next_number(), now_s=now_s, now=now
            )
            for entry, end in ended
        )
        again = [
            (entry, unfinished_again(entry, number=next_number(), now_s=now_s))
            for entry in begun
        ]
        return Remembered(
            past,
            tuple(
                (live, source_of(entry))
                for entry, live in again
                if entry.starts < _MOST_STARTS
            ),
            tuple(live for entry, live in again if entry.starts >= _MOST_STARTS),
        )

    def close(self) -> None:
        """After what was asked of it is written."""
        self._thread.shutdown()
        self._journal.close()

    async def _noted(
        self, live: LiveGeneration, write: Callable[..., None], *arguments: object
    ) -> None:
        """Write about a generation that goes on whether it is written or not."""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, write, *arguments)
        except StorageFull:
            fields = {"id": live.id, "request_id": live.request_id}
            log.exception("the journal has no space for it", extra={"fields": fields})

    def _forget(self, generation_ids: list[str]) -> None:
        try:
            self._journal.forget(generation_ids)
        except StorageFull:
            # They are asked to be forgotten again after the next restart.
            log.warning("no space to forget old generations in the journal")

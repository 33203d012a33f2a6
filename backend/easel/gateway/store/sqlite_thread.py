"""The one thread of a process that uses the SQLite store's file.

All that waits in its inbox becomes one transaction (a group commit), so that a
thousand operations at once cost about as much as ten, and one alone waits for
nobody. Results go back to the event loop in one hop for the whole group.
"""

import asyncio
import contextlib
import queue
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from enum import IntEnum
from typing import Generic, TypeVar

from easel.errors import StoreUnavailable
from easel.gateway.store import sqlite_schema
from easel.gateway.store.availability import Availability
from easel.gateway.store.host_clock import HostClock
from easel.gateway.store.sqlite_file import SqliteFile, is_busy, is_of_the_file

T = TypeVar("T")

UNAVAILABLE = "The gateway's store cannot be used now"

# How long a group tries; what arrives meanwhile waits as long before its own turn.
_PATIENCE_S = 0.4
_LONGEST_PAUSE_S = 0.005

_MAX_GROUP = 256
_PROBE_S = 1.0


class Effect(IntEnum):
    """What an operation does to the file.

    LASTS is a write of what has no time to live, API keys for example: it was meant to
    survive even a power failure, and its transaction is synced.
    """

    READS = 0
    WRITES = 1
    LASTS = 2


class Job(Generic[T]):
    """One operation on its way to the thread and back."""

    __slots__ = ("_error", "_result", "effect", "future", "is_settled", "work")

    def __init__(
        self,
        effect: Effect,
        work: Callable[[sqlite3.Connection, float], T],
        future: "asyncio.Future[None]",
    ) -> None:
        """`future` is done when the job is settled; cancel it to give the job up."""
        self.effect = effect
        self.work = work
        self.future = future
        self.is_settled = False
        self._result: T
        self._error: Exception | None = None

    def succeed(self, result: T) -> None:
        self._result = result
        self.is_settled = True

    def fail(self, error: Exception) -> None:
        self._error = error
        self.is_settled = True

    def outcome(self) -> T:
        """Only of a settled job; raises what it failed with."""
        if self._error is not None:
            raise self._error
        return self._result


class SqliteThread:
    """Start it and stop it once each. `submit` is for the event loop."""

    def __init__(
        self,
        file: SqliteFile,
        clock: HostClock,
        availability: Availability,
        *,
        sweep_every_s: float,
    ) -> None:
        self._file = file
        self._clock = clock
        self._availability = availability
        self._sweep_every_s = sweep_every_s
        self._sweep_at = time.monotonic() + sweep_every_s
        self._inbox: queue.SimpleQueue[Job[object] | None] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        # A disk that never answers must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._thread.start()

    def submit(self, job: Job[T]) -> None:
        # The thread passes results on without looking at them.
        self._inbox.put(job)  # type: ignore[arg-type]

    def stop(self, timeout_s: float) -> None:
        """Finish what is in the inbox, and close the file; waits."""
        self._inbox.put(None)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        self._look_after_file()
        is_running = True
        while is_running:
            jobs, is_running = self._next_group()
            if jobs:
                self._settle(jobs)
                self._deliver(jobs)
            if time.monotonic() >= self._sweep_at:
                self._look_after_file()
        self._file.close()

    def _next_group(self) -> tuple[list[Job[object]], bool]:
        """What waits now, and whether more may come; empty when it is time to sweep."""
        jobs: list[Job[object]] = []
        wait_s = max(0.0, self._sweep_at - time.monotonic())
        with contextlib.suppress(queue.Empty):
            job = self._inbox.get(timeout=wait_s)
            while job is not None:
                # Nobody waits any longer for one that is done.
                if not job.future.done():
                    jobs.append(job)
                if len(jobs) == _MAX_GROUP:
                    return jobs, True
                job = self._inbox.get_nowait()
            return jobs, False
        return jobs, True

    def _deliver(self, jobs: list[Job[object]]) -> None:
        assert self._loop is not None
        # A loop that is closed has nobody left who waits.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(_wake, jobs)

    def _look_after_file(self) -> None:
        """Sweep, note the time, and find out whether the file can be written."""
        nobody: asyncio.Future[None] = asyncio.Future(loop=self._loop)
        self._settle([Job(Effect.WRITES, self._sweep, nobody)])
        every_s = self._sweep_every_s if self._availability.is_available else _PROBE_S
        self._sweep_at = time.monotonic() + min(every_s, self._sweep_every_s)

    def _sweep(self, connection: sqlite3.Connection, now: float) -> None:
        sqlite_schema.note_time(connection, self._clock)
        sqlite_schema.sweep(connection, now)

    def _settle(self, jobs: list[Job[object]]) -> None:
        """Do them all; what goes wrong with one is not felt by the others."""
        self._settle_until(time.monotonic() + _PATIENCE_S, jobs)

    def _settle_until(self, deadline: float, jobs: list[Job[object]]) -> None:
        error = self._attempt_until(deadline, jobs)
        if error is None:
            return
        if len(jobs) == 1:
            self._fail(jobs, error)
            return
        for part in _parts(jobs):
            # Reading may work still, and is asked once more even when time is over.
            if time.monotonic() < deadline or part[0].effect is Effect.READS:
                self._settle_until(deadline, part)
            else:
                self._fail(part, error)

    def _attempt_until(
        self, deadline: float, jobs: list[Job[object]]
    ) -> Exception | None:
        """Try again while another process has the lock.

        Our own naps are shorter than SQLite's, and random: with several processes at
        it, nobody starves.
        """
        pause_s = 0.0002
        while True:
            error = self._attempt(jobs)
            if not is_busy(error) or time.monotonic() >= deadline:
                return error
            time.sleep(random.uniform(0, pause_s))
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _attempt(self, jobs: list[Job[object]]) -> Exception | None:
        """All in one transaction; None, or why none of it has happened."""
        try:
            connection = self._file.connection()
            effect = max(job.effect for job in jobs)
            _begin(connection, effect)
            now = self._clock.since_boot_s()
            results = [job.work(connection, now) for job in jobs]
            connection.execute("COMMIT")
        except Exception as error:
            self._file.recover_from(error)
            return error
        if effect > Effect.READS:
            self._availability.has_written()
        for job, result in zip(jobs, results, strict=True):
            job.succeed(result)
        return None

    def _fail(self, jobs: list[Job[object]], error: Exception) -> None:
        if not is_of_the_file(error):
            for job in jobs:
                job.fail(error)
            return
        self._availability.failed(_reason(error))
        for job in jobs:
            unavailable = StoreUnavailable(f"{UNAVAILABLE}.")
            unavailable.__cause__ = error
            job.fail(unavailable)


def _begin(connection: sqlite3.Connection, effect: Effect) -> None:
    if effect is Effect.READS:
        connection.execute("BEGIN")  # waits for nobody
        return
    # NORMAL does not sync at a commit: it survives the death of every process, and
    # is lost only if the host itself dies within moments. Right for leases and limits.
    level = "FULL" if effect is Effect.LASTS else "NORMAL"
    connection.execute(f"PRAGMA synchronous = {level}")
    connection.execute("BEGIN IMMEDIATE")


def _parts(jobs: list[Job[object]]) -> list[list[Job[object]]]:
    """What to try after the whole group has failed: all reads, then each write."""
    reads = [job for job in jobs if job.effect is Effect.READS]
    if len(reads) == len(jobs):
        return [[job] for job in jobs]
    writes = [[job] for job in jobs if job.effect is not Effect.READS]
    return [reads, *writes] if reads else writes


def _wake(jobs: list[Job[object]]) -> None:
    for job in jobs:
        if not job.future.done():
            job.future.set_result(None)


def _reason(error: Exception) -> str:
    """For the log: no path, no value."""
    if isinstance(error, sqlite3.Error):
        return error.sqlite_errorname
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return str(error)

"""The door of a gateway whose several workers run on one host.

What they share is a file (`occupancy_file.py`); what befalls the tickets of another
worker it reads there when its bell rings (`worker_presence.py`), or half a second
later. Whoever finds no place free looks for the dead first.
"""

import asyncio
import contextlib
import logging
import random as random_numbers
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from easel.clock import Clock, MonotonicClock
from easel.errors import StoreUnavailable
from easel.gateway.admission.fair_queue import FairQueue
from easel.gateway.admission.occupancy import Occupancy
from easel.gateway.admission.occupancy_file import OccupancyFile, is_shared_in
from easel.gateway.admission.worker_door import WorkerDoor
from easel.gateway.admission.worker_presence import (
    WorkerPresence,
    is_dead,
    remove_traces,
    ring,
)

log = logging.getLogger(__name__)


class SharedDoor(WorkerDoor):
    """One worker's door; use as a context manager, after forking.

    Each worker brings the limits when it comes: the newest hold for all.

    Args:
        folder: Of the workers of this gateway and nobody else, best in memory.
        max_inside: Generations that all workers together pass on at the same time.
        max_waiting: Generations that wait beyond these; 0 queues nobody.
        clock: Of all times; the same for all processes, as the machine's is.
        random: In [0, 1); spreads the times at which refused callers come back.
    """

    def __init__(
        self,
        folder: Path,
        *,
        max_inside: int,
        max_waiting: int,
        clock: Clock,
        random: Callable[[], float] = random_numbers.random,
    ) -> None:
        super().__init__("", clock, random)
        self._folder = folder
        self._limits = (max_inside, max_waiting)
        self._file: OccupancyFile | None = None
        self._presence: WorkerPresence | None = None
        self._swept: list[str] = []

    async def __aenter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = OccupancyFile(self._folder, self._empty)
        self._presence = WorkerPresence(self._folder)
        self._worker = self._presence.name
        bell = self._presence.bell
        if bell is not None:
            asyncio.get_running_loop().add_reader(bell.fileno(), self._bell_rang)
        self.set_limits(*self._limits)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """What is still held or waited for by now is given up."""
        assert self._file is not None
        assert self._presence is not None
        with contextlib.suppress(StoreUnavailable):
            self._change(
                lambda occupancy, now_s: occupancy.remove_worker(self._worker, now_s)
            )
        self._go()
        bell = self._presence.bell
        if bell is not None:
            asyncio.get_running_loop().remove_reader(bell.fileno())
        self._presence.close()
        self._file.close()
        self._file = None

    @contextmanager
    def _changing(self) -> Iterator[Occupancy]:
        with self._opened().changing() as occupancy:
            yield occupancy
        ring(self._folder, occupancy.verdicts)
        while self._swept:
            remove_traces(self._folder, self._swept.pop())

    def _as_it_is(self) -> Occupancy:
        return self._opened().as_it_is()

    def _sweep(self, occupancy: Occupancy, now_s: float) -> None:
        others = occupancy.workers() - {self._worker}
        self._swept = _take_out_dead(self._folder, others, occupancy, now_s)

    def _opened(self) -> OccupancyFile:
        if self._file is None:
            raise StoreUnavailable("This worker is not at its gateway's door.")
        return self._file

    def _empty(self) -> Occupancy:
        max_inside, max_waiting = self._limits
        return Occupancy(max_inside, FairQueue(max_waiting))

    def _bell_rang(self) -> None:
        assert self._presence is not None
        self._presence.hear()
        self._catch_up()


def sweep(folder: Path, *, clock: Clock | None = None) -> None:
    """Free at once what dead workers held; for a process that saw one die.

    It raises nothing: where it fails, a worker does the same half a second later.

    Args:
        folder: Of the door.
        clock: As the workers have it.
    """
    if not is_shared_in(folder):
        return
    try:
        file = OccupancyFile(folder, lambda: Occupancy(0, FairQueue(0)))
        with contextlib.closing(file), file.changing() as occupancy:
            now_s = (clock or MonotonicClock()).now()
            dead = _take_out_dead(folder, occupancy.workers(), occupancy, now_s)
    except StoreUnavailable as error:
        log.warning("dead workers' places are not free yet: %s", error.__cause__)
        return
    ring(folder, occupancy.verdicts)
    for name in dead:
        remove_traces(folder, name)


def _take_out_dead(
    folder: Path, workers: Iterable[str], occupancy: Occupancy, now_s: float
) -> list[str]:
    dead = [name for name in workers if is_dead(folder, name)]
    for name in dead:
        occupancy.remove_worker(name, now_s)
    return dead

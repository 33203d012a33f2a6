"""The door of a gateway that is one process: everything is in its memory."""

import random as random_numbers
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from easel.clock import Clock
from easel.gateway.admission.fair_queue import FairQueue
from easel.gateway.admission.occupancy import Occupancy
from easel.gateway.admission.worker_door import WorkerDoor


class ProcessDoor(WorkerDoor):
    """
    Args:
        max_inside: Generations that are passed on at the same time.
        max_waiting: Generations that wait beyond these; 0 queues nobody.
        clock: Of all times.
        random: In [0, 1); spreads the times at which refused callers come back.
    """

    def __init__(
        self,
        *,
        max_inside: int,
        max_waiting: int,
        clock: Clock,
        random: Callable[[], float] = random_numbers.random,
    ) -> None:
        super().__init__("only", clock, random)
        self._occupancy = Occupancy(max_inside, FairQueue(max_waiting))

    @contextmanager
    def _changing(self) -> Iterator[Occupancy]:
        yield self._occupancy

    def _as_it_is(self) -> Occupancy:
        return self._occupancy

    def _sweep(self, occupancy: Occupancy, now_s: float) -> None:
        """The only worker is this one."""

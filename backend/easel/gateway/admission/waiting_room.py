"""Where generations wait for a server to have loaded their model.

They do not stand at the door, in the way of others whose model is there. But they are
no more than may stand there, in each process, and by the same order: when the room is
full, the worst claim has to go, batches first.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from easel.errors import EvictedFromQueue, QueueFull
from easel.gateway.admission.fair_queue import FairQueue
from easel.gateway.admission.pace import retry_after_s
from easel.gateway.admission.tickets import Ticket
from easel.gateway.upstream import UNAVAILABLE


class Seat:
    """One generation's place in the room."""

    def __init__(self, full: Callable[[], str], random: Callable[[], float]) -> None:
        self._full = full
        self._random = random
        self.is_lost = False

    def check(self, eta_s: float | None) -> None:
        """To be called at each look at the servers.

        Args:
            eta_s: Seconds until one will have loaded the model; None if unknown.

        Raises:
            EvictedFromQueue: somebody with a better claim has it.
        """
        if self.is_lost:
            raise EvictedFromQueue(
                f"{self._full()}, and a fairer claim took this one's place.",
                retry_after_s=retry_after_s(eta_s, self._random),
            )


class WaitingRoom:
    """
    Args:
        most: How many may wait; asked whenever one comes.
        random: In [0, 1); spreads the times at which the refused come back.
    """

    def __init__(self, most: Callable[[], int], random: Callable[[], float]) -> None:
        self._most = most
        self._random = random
        self._queue = FairQueue(max_waiting=0)
        self._seats: dict[str, Seat] = {}

    @contextmanager
    def seat(self, ticket: Ticket, eta_s: float | None) -> Iterator[Seat]:
        """
        Args:
            ticket: Of the generation.
            eta_s: As for `Seat.check`.

        Raises:
            QueueFull: all who wait have a better claim.
        """
        self._queue.max_waiting = self._most()
        displaced = self._queue.join(ticket)
        if displaced is ticket:
            raise QueueFull(
                f"{self._full()}.", retry_after_s=retry_after_s(eta_s, self._random)
            )
        if displaced is not None:
            self._seats[displaced.id].is_lost = True
        seat = self._seats[ticket.id] = Seat(self._full, self._random)
        try:
            yield seat
        finally:
            del self._seats[ticket.id]
            self._queue.withdraw(ticket.id)

    def _full(self) -> str:
        return (
            f"{UNAVAILABLE}: its model is being loaded, and as many wait for theirs as "
            f"may (the limit is {self._queue.max_waiting})"
        )

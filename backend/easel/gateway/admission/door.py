"""The door that every generation passes: so many inside, the others in a fair queue."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from easel.gateway.admission.tickets import Passage, Place, Ticket


@dataclass(frozen=True, slots=True)
class DoorState:
    """For `/health` and metrics; of all workers together."""

    inside: int
    waiting: int
    max_inside: int
    max_waiting: int


class Door(Protocol):
    def pass_through(
        self, ticket: Ticket, *, on_place: Callable[[Place], None] | None = None
    ) -> AbstractAsyncContextManager[Passage]:
        """Entering waits for a place inside; leaving frees it.

        Leaving normally teaches the door how long such a cost takes inside, unless the
        passage is not typical. Cancelling the wait takes the ticket out of the queue.

        Args:
            ticket: Who wants in.
            on_place: Told on the event loop where the ticket stands, when it begins to
                wait and whenever that changes; never for one that enters at once.

        Raises:
            QueueFull: refused before it queued, with `retry_after_s`.
            EvictedFromQueue: it waited, and a fairer claim took its place.
            DeadlineUnreachable: it would not be done in time; refused at once.
            QueueTimeout: its deadline passed while it waited.
        """
        ...

    def state(self) -> DoorState: ...

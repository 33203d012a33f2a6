"""Who is inside and who waits, of all workers of one gateway. Pure.

No place is free while a ticket waits: whatever frees one gives it to the next in the
queue at once. What that means for tickets of another worker is kept as verdicts until
that worker takes them.
"""

from dataclasses import dataclass, field
from typing import Literal

from easel.gateway.admission.door import DoorState
from easel.gateway.admission.fair_queue import FairQueue
from easel.gateway.admission.pace import Held, Pace, is_too_late, wait_s
from easel.gateway.admission.tickets import Place, Ticket

Entry = Literal["inside", "waiting", "full", "too_late", "closed"]


@dataclass(slots=True)
class Occupancy:
    """
    Attributes:
        max_inside: Places.
        queue: Those that wait.
        pace: What their waiting times are predicted from.
        is_closed: Nobody else is let in or queued.
        held: Places taken, by worker.
        hosts: The worker in which each ticket waits, by the ticket's id.
        verdicts: By worker and ticket: when it was let in, or None if it was displaced.
    """

    max_inside: int
    queue: FairQueue
    pace: Pace = field(default_factory=Pace)
    is_closed: bool = False
    held: dict[str, Held] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)
    verdicts: dict[str, dict[str, float | None]] = field(default_factory=dict)

    @property
    def inside(self) -> int:
        return sum(held.count for held in self.held.values())

    @property
    def has_place(self) -> bool:
        return self.inside < self.max_inside

    def state(self) -> DoorState:
        return DoorState(
            inside=self.inside,
            waiting=len(self.queue),
            max_inside=self.max_inside,
            max_waiting=self.queue.max_waiting,
        )

    def workers(self) -> set[str]:
        """All that hold, wait for or are told anything."""
        return {*self.held, *self.hosts.values(), *self.verdicts}

    def enter(self, ticket: Ticket, worker: str, now_s: float) -> Entry:
        """Let it in, queue it, or neither."""
        if self.is_closed:
            return "closed"
        predicted_s = self.predicted_s(ticket, now_s)
        # An empty house refuses nobody: else one bad measurement could refuse
        # everybody, and no better one would ever be made.
        if self.held and is_too_late(predicted_s, ticket.deadline_s):
            return "too_late"
        if self.has_place:
            self.queue.pass_by(ticket)
            self._admit(worker, ticket.cost, now_s)
            return "inside"
        displaced = self.queue.join(ticket)
        if displaced is ticket:
            return "full"
        self.hosts[ticket.id] = worker
        if displaced is not None:
            self._tell(displaced.id, None)
        return "waiting"

    def leave(
        self,
        worker: str,
        cost: float,
        entered_at_s: float,
        now_s: float,
        *,
        took_s: float | None = None,
    ) -> None:
        """A place is free.

        Args:
            worker: Whose place.
            cost: As it was entered with.
            entered_at_s: When.
            now_s: On the same clock.
            took_s: How long such a cost takes inside; None if nothing can be learned.
        """
        held = self.held[worker]
        held.remove(cost, entered_at_s)
        if not held.count:
            del self.held[worker]
        if took_s is not None:
            self.pace.learn(cost, took_s)
        self._fill(now_s)

    def withdraw(self, ticket: Ticket, worker: str, now_s: float) -> None:
        """It does not want in any more, whatever has become of it meanwhile."""
        if self.queue.withdraw(ticket.id):
            del self.hosts[ticket.id]
            return
        verdicts = self.verdicts[worker]
        entered_at_s = verdicts.pop(ticket.id)
        if not verdicts:
            del self.verdicts[worker]
        if entered_at_s is not None:
            self.leave(worker, ticket.cost, entered_at_s, now_s)

    def take_verdicts(self, worker: str) -> dict[str, float | None]:
        return self.verdicts.pop(worker, {})

    def remove_worker(self, worker: str, now_s: float) -> None:
        """It is dead: what it held and waited for is free."""
        for ticket_id in [name for name, host in self.hosts.items() if host == worker]:
            self.queue.withdraw(ticket_id)
            del self.hosts[ticket_id]
        self.held.pop(worker, None)
        self.verdicts.pop(worker, None)
        self._fill(now_s)

    def set_limits(self, max_inside: int, max_waiting: int, now_s: float) -> None:
        """Who is inside or waits already is not affected by lower ones."""
        self.max_inside = max_inside
        self.queue.max_waiting = max_waiting
        self._fill(now_s)

    def predicted_s(self, ticket: Ticket, now_s: float) -> float | None:
        """Seconds that it would take, waiting and painting, if it came now."""
        own_s = self.pace.seconds_for(ticket.cost)
        if own_s is None or self.has_place:
            return own_s
        waiting_s = self._wait_s(self.queue.cost_ahead(ticket), now_s)
        return None if waiting_s is None else waiting_s + own_s

    def next_entry_s(self, now_s: float) -> float | None:
        """Seconds until one of those that wait is let in: the queue has room then."""
        return self._wait_s(0.0, now_s)

    def places(self, now_s: float) -> dict[str, Place]:
        """Where all that wait stand, by their ids."""
        places, cost_ahead, everywhere = {}, 0.0, self._held_everywhere()
        for position, ticket in enumerate(self.queue.in_order(), start=1):
            eta_s = wait_s(self.pace, everywhere, cost_ahead, now_s, self.max_inside)
            rounded_s = None if eta_s is None else round(eta_s, 1)
            places[ticket.id] = Place(position, rounded_s)
            cost_ahead += ticket.cost
        return places

    def _wait_s(self, cost_ahead: float, now_s: float) -> float | None:
        everywhere = self._held_everywhere()
        return wait_s(self.pace, everywhere, cost_ahead, now_s, self.max_inside)

    def _held_everywhere(self) -> Held:
        return Held(
            self.inside,
            sum(held.cost for held in self.held.values()),
            sum(held.entered_s for held in self.held.values()),
        )

    def _fill(self, now_s: float) -> None:
        while self.has_place and self.hosts:
            ticket = self.queue.serve_next()
            self._admit(self.hosts[ticket.id], ticket.cost, now_s)
            self._tell(ticket.id, now_s)
        if not self.held:
            self.queue.rest()

    def _admit(self, worker: str, cost: float, now_s: float) -> None:
        self.held.setdefault(worker, Held()).add(cost, now_s)

    def _tell(self, ticket_id: str, entered_at_s: float | None) -> None:
        """It waits no longer."""
        worker = self.hosts.pop(ticket_id)
        self.verdicts.setdefault(worker, {})[ticket_id] = entered_at_s

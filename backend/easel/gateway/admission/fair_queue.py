"""The gateway's queue: bounded, in classes of priority, fair within each.

A class is served before the next one; one that has been passed over often enough gets
one turn all the same. When the queue is full, the worst claim of all has to go,
whoever came last: one caller's flood fills the queue for himself only. Pure.
"""

import math
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from easel.contract.generations import Priority
from easel.gateway.admission.start_time_queue import Claim, StartTimeQueue
from easel.gateway.admission.tickets import Ticket

# Best first.
PRIORITIES: tuple[Priority, ...] = ("interactive", "batch", "background")

# Turns that a class lets others have before one is its own: under full load the best
# class gets at least eight of ten.
PATIENCE = 8


@dataclass(slots=True)
class FairQueue:
    """
    Attributes:
        max_waiting: Tickets that may wait.
        classes: Those that wait, and who was served how much.
        passed_over: Turns since the class had one, while somebody waited in it.
        number: Of the newest claim.
    """

    max_waiting: int
    classes: dict[Priority, StartTimeQueue] = field(
        default_factory=lambda: {priority: StartTimeQueue() for priority in PRIORITIES}
    )
    passed_over: dict[Priority, int] = field(
        default_factory=lambda: dict.fromkeys(PRIORITIES, 0)
    )
    number: int = 0

    def __len__(self) -> int:
        return sum(len(queue) for queue in self.classes.values())

    def join(self, ticket: Ticket) -> Ticket | None:
        """Queue it, if it has a better claim than the worst of a full queue.

        Returns:
            Who is not in the queue for it: None, one that waited, or `ticket` itself.

        Raises:
            ValueError: its cost or weight is not a finite, positive number; a cost may
                be 0.
        """
        displaced = None
        if len(self) >= self.max_waiting:
            displaced = self._worst_beside(ticket)
            if displaced is ticket:
                return ticket
            self.withdraw(displaced.id)
        self._add(ticket)
        return displaced

    def pass_by(self, ticket: Ticket) -> None:
        """Nobody waits and it need not either; it counts for its caller's share."""
        self._add(ticket)
        self.classes[ticket.priority].serve_next()

    def serve_next(self) -> Ticket:
        """Take out whose turn it is.

        Raises:
            ValueError: nobody waits.
        """
        waiting = [name for name in PRIORITIES if self.classes[name].has_claims]
        return self.classes[_turn(waiting, self.passed_over)].serve_next()

    def withdraw(self, ticket_id: str) -> bool:
        """As if it had never come; False if it does not wait."""
        return any(queue.remove(ticket_id) for queue in self.classes.values())

    def in_order(self) -> Iterator[Ticket]:
        """As they will be served if nobody comes or leaves."""
        passed_over = dict(self.passed_over)
        lines = {
            priority: deque(ticket for *_, ticket in sorted(queue.starts()))
            for priority, queue in self.classes.items()
        }
        while waiting := [priority for priority in PRIORITIES if lines[priority]]:
            yield lines[_turn(waiting, passed_over)].popleft()

    def cost_ahead(self, ticket: Ticket) -> float:
        """What would be served before it, if it came now.

        Turns of classes that were passed over are left out: few, and not yet due.
        """
        rank = PRIORITIES.index(ticket.priority)
        better = sum(
            other.cost
            for priority in PRIORITIES[:rank]
            for *_, other in self.classes[priority].starts()
        )
        queue = self.classes[ticket.priority]
        own_start = queue.start_of_next(ticket.caller)
        return better + sum(
            other.cost for start, _, other in queue.starts() if start <= own_start
        )

    def rest(self) -> None:
        """All that was asked for is done: who was served how much is forgotten."""
        for queue in self.classes.values():
            queue.rest()

    def _add(self, ticket: Ticket) -> None:
        if not (0 <= ticket.cost < math.inf and 0 < ticket.weight < math.inf):
            raise ValueError("such a cost or weight has no place in a queue")
        queue = self.classes[ticket.priority]
        if not queue.has_claims:
            self.passed_over[ticket.priority] = 0
        self.number += 1
        queue.add(Claim(self.number, ticket))

    def _worst_beside(self, newcomer: Ticket) -> Ticket:
        """By class, then by start, then the newest."""
        own_start = self.classes[newcomer.priority].start_of_next(newcomer.caller)
        claims = [
            (rank, start, number, ticket)
            for rank, priority in enumerate(PRIORITIES)
            for start, number, ticket in self.classes[priority].starts()
        ]
        rank = PRIORITIES.index(newcomer.priority)
        *_, ticket = max((*claims, (rank, own_start, self.number + 1, newcomer)))
        return ticket


def _turn(waiting: Collection[Priority], passed_over: dict[Priority, int]) -> Priority:
    """Whose turn it is of the classes in `waiting`, best first; counts it."""
    best, *_ = waiting
    longest = max(waiting, key=lambda priority: passed_over[priority])
    turn = longest if passed_over[longest] >= PATIENCE else best
    for priority in waiting:
        if PRIORITIES.index(priority) > PRIORITIES.index(turn):
            passed_over[priority] += 1
    passed_over[turn] = 0
    return turn

"""One priority class of waiting tickets, shared fairly between its callers.

Start-time fair queueing (Goyal, Vin, Cheng: SIGCOMM 1996). Each caller's tickets lie
end to end on an axis of virtual cost, each as long as its cost over its weight; the
ticket that starts first is served first. Pure; fields are plain so that the state can
be written down.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from easel.gateway.admission.tickets import Ticket

# Of a ticket in megapixel-steps. What costs nothing must not go before others forever.
_LEAST_COST = 0.01


@dataclass(slots=True)
class Claim:
    """A waiting ticket; numbers grow in the order of arrival."""

    number: int
    ticket: Ticket


@dataclass(slots=True)
class Flow:
    """One caller: `start` is where the first of his claims starts."""

    start: float
    weight: float
    claims: list[Claim] = field(default_factory=list)

    def starts(self) -> Iterator[tuple[float, int, Ticket]]:
        start = self.start
        for claim in self.claims:
            yield start, claim.number, claim.ticket
            start += _length(claim.ticket)


@dataclass(slots=True)
class StartTimeQueue:
    """
    Attributes:
        virtual: Where a caller starts who comes now. It follows the starts of what is
            served, and moves no slower than everyone's due: else a stream of new
            callers, each of whom starts there, would hold it, and those ahead of it
            forever.
        unpaid: Cost that was served last; everyone's due grows by it with the next.
        flows: Callers that wait here or were served more than was their due.
    """

    virtual: float = 0.0
    unpaid: float = 0.0
    flows: dict[str, Flow] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(len(flow.claims) for flow in self.flows.values())

    @property
    def has_claims(self) -> bool:
        return any(flow.claims for flow in self.flows.values())

    def start_of_next(self, caller: str) -> float:
        """Where a further ticket of this caller would start."""
        flow = self.flows.get(caller)
        if flow is None:
            return self.virtual
        if not flow.claims:
            return max(flow.start, self.virtual)
        start, _, last = list(flow.starts())[-1]
        return start + _length(last)

    def add(self, claim: Claim) -> None:
        ticket = claim.ticket
        flow = self.flows.setdefault(ticket.caller, Flow(self.virtual, ticket.weight))
        if not flow.claims:
            # Time away earns nothing; who was ahead still is.
            flow.start = max(flow.start, self.virtual)
        flow.weight = ticket.weight
        flow.claims.append(claim)

    def serve_next(self) -> Ticket:
        """Take out the ticket that starts first; among equals the oldest.

        Raises:
            ValueError: none waits.
        """
        flow = min(
            (flow for flow in self.flows.values() if flow.claims),
            key=lambda flow: (flow.start, flow.claims[0].number),
        )
        ticket = flow.claims.pop(0).ticket
        weights = sum(each.weight for each in self.flows.values())
        self.virtual = max(flow.start, self.virtual + self.unpaid / weights)
        self.unpaid = max(ticket.cost, _LEAST_COST)
        flow.start += _length(ticket)
        self._forget()
        return ticket

    def remove(self, ticket_id: str) -> bool:
        """As if it had never come; False if it does not wait here."""
        for flow in self.flows.values():
            for place, claim in enumerate(flow.claims):
                if claim.ticket.id == ticket_id:
                    del flow.claims[place]
                    self._forget()
                    return True
        return False

    def starts(self) -> Iterator[tuple[float, int, Ticket]]:
        """(start, number, ticket) of all that wait; their sorted order is the turn."""
        for flow in self.flows.values():
            yield from flow.starts()

    def rest(self) -> None:
        """All that was asked for is done: nobody is ahead of anybody."""
        self.virtual = self.unpaid = 0.0
        self.flows.clear()

    def _forget(self) -> None:
        """Who neither waits nor is ahead: he would start like a newcomer."""
        gone = [
            caller
            for caller, flow in self.flows.items()
            if not flow.claims and flow.start <= self.virtual
        ]
        for caller in gone:
            del self.flows[caller]


def _length(ticket: Ticket) -> float:
    return max(ticket.cost, _LEAST_COST) / ticket.weight

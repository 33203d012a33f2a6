"""What stands in the gateway's queue. Pure values."""

from dataclasses import dataclass

from easel.contract.generations import Priority


@dataclass(frozen=True, slots=True)
class Ticket:
    """One generation that asks to be passed on.

    Attributes:
        id: Unique among all workers.
        caller: Whose share of the queue it takes.
        weight: Of that caller.
        cost: Megapixels x steps x images x the model's weight; 0 for an answer that
            is there already.
        priority: A class is served before the next one.
        deadline_s: Seconds that it may still take, waiting and painting.
    """

    id: str
    caller: str
    weight: float
    cost: float
    priority: Priority
    deadline_s: float


@dataclass(slots=True)
class Passage:
    """A ticket's time inside.

    Attributes:
        is_typical: Whether it tells how long such a cost takes. Not where nothing was
            painted meanwhile: an answer from a cache, a refusal, a mere receipt.
    """

    is_typical: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ticket stands.

    Attributes:
        position: 1 is next.
        eta_s: Seconds until it is passed on; None if unknown.
    """

    position: int
    eta_s: float | None

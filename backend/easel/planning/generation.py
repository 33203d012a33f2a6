"""One generation of a simulated fleet, from its arrival to its end."""

from dataclasses import dataclass, field
from math import inf
from typing import Literal

from easel.contract.generations import Parameters, Priority
from easel.planning.kinds import Kind

# Why one was not painted; the codes of the tiers where they have one.
Reason = Literal[
    "queue_full",  # at the gateway
    "evicted_from_queue",
    "deadline_unreachable",
    "queue_timeout",
    "server_queue_full",
    "upstream_unreachable",
    "upstream_timeout",
]


@dataclass(slots=True, eq=False)
class Generation:
    """Times are seconds since the beginning; `inf` where it has not come to that.

    Attributes:
        number: Grows with every arrival.
        kind: What is asked.
        user: Who asks.
        arrived_at_s: At the gateway.
        accepted_at_s: By a server, the last one if there were several.
        entered_at_s: Through the gateway's door.
        begun_at_s: Its first step.
        previewed_at_s: Its first preview, or its image if there is none.
        ended_at_s: Its last byte has left the gateway.
        promised_s: What the server said that it would take.
        unpainted: Images that are missing.
        tried: URLs of servers that did not take it.
        is_retry: It was lost with a server once.
        failed: Why nothing came of it.
    """

    number: int
    kind: Kind
    user: str
    arrived_at_s: float
    accepted_at_s: float = inf
    entered_at_s: float = inf
    begun_at_s: float = inf
    previewed_at_s: float = inf
    ended_at_s: float = inf
    promised_s: float | None = None
    unpainted: int = 0
    tried: set[str] = field(default_factory=set)
    is_retry: bool = False
    failed: Reason | None = None

    # As the tiers see it: `queue_board.Accepted` and `queue_view.Queued`.

    @property
    def id(self) -> str:
        return str(self.number)

    @property
    def order(self) -> "Generation":
        return self

    @property
    def runs(self) -> dict[str, object]:
        return {}

    @property
    def has_started(self) -> bool:
        return self.begun_at_s < inf

    @property
    def model(self) -> str:
        return self.kind.model

    @property
    def parameters(self) -> Parameters:
        return self.kind.parameters

    @property
    def priority(self) -> Priority:
        return self.kind.priority

    @property
    def has_ended(self) -> bool:
        return self.failed is not None or self.ended_at_s < inf

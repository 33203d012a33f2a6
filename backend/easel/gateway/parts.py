"""What a generation meets on its way through the gateway."""

from dataclasses import dataclass

from easel.clock import Clock
from easel.gateway.access.accounts import Accounts
from easel.gateway.admission.cost import Costs
from easel.gateway.admission.door import Door
from easel.gateway.admission.waiting_room import WaitingRoom
from easel.gateway.drain import Drain
from easel.gateway.flights import Flights
from easel.gateway.followups import Followups
from easel.gateway.metrics import GatewayMetrics
from easel.gateway.replicas.pool import ReplicaPool
from easel.gateway.retry_budget import RetryBudget


@dataclass(frozen=True)
class Parts:
    """Made once for each process.

    Attributes:
        timeout_s: In which a generation must be answered.
        cache_ttl_s: How long an answer is found again; None: never.
        cache_is_shared: Whether callers share those answers.
    """

    pool: ReplicaPool
    door: Door
    waiting_room: WaitingRoom
    accounts: Accounts
    flights: Flights
    followups: Followups
    costs: Costs
    budget: RetryBudget
    metrics: GatewayMetrics
    clock: Clock
    drain: Drain
    timeout_s: float
    cache_ttl_s: float | None
    cache_is_shared: bool

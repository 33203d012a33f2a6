"""What is known of one text-to-image server, and what follows for the choice. Pure."""

from collections.abc import Callable, Sequence
from typing import Self

from easel.clock import Clock
from easel.contract.models import ModelDocument
from easel.gateway.replicas.balancer import Candidate
from easel.gateway.replicas.load_times import LoadTimes
from easel.gateway.replicas.replica_health import ReplicaHealth
from easel.gateway.replicas.told_models import ToldModels
from easel.gateway.replicas.workload import Workload

# Until it is known what a broken connection means: as long as a probe may take.
DOUBTED_FOR_S = 1.0

# "Not now" without "when", and the longest that is believed: probes know better soon.
_REFUSED_FOR_S = 1.0
_MOST_REFUSED_FOR_S = 10.0


class KnownReplica:
    """
    Args:
        url: Unique in the pool.
        clock: Of all measurements.
        load_times: Shared by the pool.
        fastest: Seconds for a unit of cost of the fastest server of the pool.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        load_times: LoadTimes,
        fastest: Callable[[], float | None],
    ) -> None:
        self.standing = ReplicaHealth(clock)
        self.workload = Workload(clock)
        self.told = ToldModels(clock, load_times)
        self._url = url
        self._fastest = fastest

    @property
    def url(self) -> str:
        return self._url

    @property
    def models(self) -> Sequence[ModelDocument]:
        return self.told.documents or ()

    @property
    def is_full(self) -> bool:
        """It refused a moment ago, and its `Retry-After` has not passed."""
        return self.workload.is_full

    def seconds_per_unit(self) -> float:
        """For a unit of cost, as it is taken to be now."""
        return self.workload.pace.seconds_per_unit(self._fastest())

    def refused(self, retry_after_s: float | None) -> None:
        """It takes no more for now."""
        after_s = retry_after_s or _REFUSED_FOR_S
        self.workload.refused(min(after_s, _MOST_REFUSED_FOR_S))

    def candidate(self, model: str | None, fastest: float | None) -> Candidate[Self]:
        """
        Args:
            model: That it would paint with; None for its default.
            fastest: As the pool's function says, asked once for all candidates.
        """
        seconds_per_unit = self.workload.pace.seconds_per_unit(fastest)
        return Candidate(
            server=self,
            wait_s=self.workload.predicted_s(seconds_per_unit),
            load_s=self.told.load_s(model),
            seconds_per_unit=seconds_per_unit,
        )

    def ready_in_s(self) -> float | None:
        """Seconds until it should be; None if it is not starting."""
        if self.standing.is_loading:
            return self.told.start_s()
        return DOUBTED_FOR_S if self.standing.is_doubted else None

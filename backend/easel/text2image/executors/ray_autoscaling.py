"""How many replicas a fleet should have: by queued device-seconds. Pure.

Ray's controller runs this. It is sent there by value, so it imports nothing of ours.
"""

import math
from collections.abc import Mapping
from typing import Any, Protocol

# What every replica records of each front, before the front's name.
BACKLOG_METRIC = "backlog_s:"
GENERATIONS_METRIC = "generations:"


class Context(Protocol):
    """What is used of `ray.serve.config.AutoscalingContext`."""

    @property
    def aggregated_metrics(self) -> Mapping[str, Mapping[Any, float]] | None: ...


class ReplicasForBacklog:
    """As many as finish all accepted work within a given time.

    The bounds, delays and factors of Ray's autoscaling config apply to the answer, and
    the first replica comes as soon as somebody asks for anything.

    Args:
        target_backlog_s: Seconds of device time that each may have before it.
        target_generations: Generations for each, where their device time is unknown.
    """

    def __init__(
        self, target_backlog_s: float = 20.0, target_generations: float = 4.0
    ) -> None:
        if target_backlog_s <= 0 or target_generations <= 0:
            raise ValueError("a replica must be allowed some work")
        self._target_backlog_s = target_backlog_s
        self._target_generations = target_generations

    def __call__(self, context: Context) -> tuple[int, dict[str, Any]]:
        """Replicas, and no state."""
        metrics = context.aggregated_metrics or {}
        backlog_s = self._of_all_fronts(metrics, BACKLOG_METRIC)
        if backlog_s > 0:
            return math.ceil(backlog_s / self._target_backlog_s), {}
        generations = self._of_all_fronts(metrics, GENERATIONS_METRIC)
        return math.ceil(generations / self._target_generations), {}

    @staticmethod
    def _of_all_fronts(
        metrics: Mapping[str, Mapping[Any, float]], prefix: str
    ) -> float:
        """Every replica was told the same, but a new one has not heard it for long."""
        return sum(
            max(of_replicas.values(), default=0.0)
            for name, of_replicas in metrics.items()
            if name.startswith(prefix)
        )

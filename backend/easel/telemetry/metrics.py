"""Prometheus metrics that both tiers have in common, and the text that shows them.

Under gunicorn every worker keeps its own numbers in files of one folder
(prometheus_client finds it in `PROMETHEUS_MULTIPROC_DIR`); the text is then the
sum over all workers, whichever of them answers.
"""

from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

METRICS_MEDIA_TYPE = CONTENT_TYPE_LATEST

# Image generations take from tenths of a second to minutes.
DURATION_BUCKETS_S = (
    *(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0),
)

# The answer to who does not wait: what was asked for takes longer than saying so.
_ACCEPTED = 202


class HttpMetrics:
    """Counts and times the requests of one tier."""

    def __init__(self, tier: str, registry: CollectorRegistry = REGISTRY) -> None:
        self._requests = Counter(
            f"easel_{tier}_requests",
            "HTTP requests answered, by route, method and status.",
            ["route", "method", "status"],
            registry=registry,
        )
        self._duration = Histogram(
            f"easel_{tier}_request_duration_seconds",
            "Time from the request's first byte to the answer's last, by form: "
            "accepted (202: the work goes on) or answered.",
            ["route", "form"],
            buckets=DURATION_BUCKETS_S,
            registry=registry,
        )

        # Looking a child up by its labels costs more than counting.
        self._counters: dict[tuple[str, str, int], Counter] = {}
        self._timers: dict[tuple[str, str, int], Histogram] = {}

    def observe(self, route: str, method: str, status: int, duration_s: float) -> None:
        key = (route, method, status)
        if key not in self._counters:
            form = "accepted" if status == _ACCEPTED else "answered"
            self._counters[key] = self._requests.labels(route, method, str(status))
            self._timers[key] = self._duration.labels(route, form)
        self._counters[key].inc()
        self._timers[key].observe(duration_s)


def metrics_text(
    registry: CollectorRegistry = REGISTRY, *, workers_dir: Path | None = None
) -> bytes:
    """Every metric in Prometheus' text format.

    Args:
        registry: What this process counted.
        workers_dir: The folder that all workers of this gateway write to; if given,
            the sum over them is shown instead.
    """
    if workers_dir is not None:
        registry = CollectorRegistry()
        # prometheus_client has no type hints on this class.
        MultiProcessCollector(registry, str(workers_dir))  # type: ignore[no-untyped-call]
    return generate_latest(registry)

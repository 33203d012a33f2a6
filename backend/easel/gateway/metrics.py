"""What the gateway counts beside the requests themselves."""

from contextlib import AbstractContextManager
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
)

from easel.telemetry.metrics import DURATION_BUCKETS_S

Outcome = Literal[
    "answered", "unreachable", "unavailable", "timeout", "client_left", "stopped"
]
RejectionReason = Literal["no_slot"]


class GatewayMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        # Memory, CPU and open files; shown where the gateway is one process.
        ProcessCollector(registry=registry)
        self._upstream_requests = Counter(
            "easel_gateway_upstream_requests",
            "Requests passed on to the text-to-image server, by how they ended.",
            ["outcome"],
            registry=registry,
        )
        self._first_byte = Histogram(
            "easel_gateway_upstream_first_byte_seconds",
            "Time from passing a request on to the first byte of its answer.",
            buckets=DURATION_BUCKETS_S,
            registry=registry,
        )
        self._client_disconnects = Counter(
            "easel_gateway_client_disconnects",
            "Clients that left before their answer was complete.",
            registry=registry,
        )
        self._rejections = Counter(
            "easel_gateway_rejections",
            "Requests that the gateway refused by itself, by reason.",
            ["reason"],
            registry=registry,
        )
        self._generations_in_flight = Gauge(
            "easel_gateway_generations_in_flight",
            "Generations that hold a slot now.",
            registry=registry,
            # The sum over the workers that live; a dead one holds nothing.
            multiprocess_mode="livesum",
        )

    def generation_in_flight(self) -> AbstractContextManager[None]:
        return self._generations_in_flight.track_inprogress()

    def first_byte(self, seconds: float) -> None:
        self._first_byte.observe(seconds)

    def ended(self, outcome: Outcome) -> None:
        self._upstream_requests.labels(outcome).inc()
        if outcome == "client_left":
            self._client_disconnects.inc()

    def rejected(self, reason: RejectionReason) -> None:
        self._rejections.labels(reason).inc()

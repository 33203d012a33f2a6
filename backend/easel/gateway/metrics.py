"""What the gateway counts beside the requests themselves.

Right over several workers and their deaths: counters add up, gauges are of those that
live. No label holds what a caller chose.
"""

from typing import Literal, get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
)

from easel.contract.generations import Priority
from easel.contract.replicas import ReplicaDocument, ReplicaState
from easel.gateway.access.authenticator import FailureReason
from easel.gateway.admission.door import DoorState
from easel.gateway.webhooks.sender import Delivery
from easel.telemetry.disk import DiskBytes
from easel.telemetry.metrics import DURATION_BUCKETS_S

Outcome = Literal[
    "answered", "refused", "unreachable", "unavailable", "timeout", "client_left"
]
# A loop that answers well is late by fractions of a millisecond.
_LAG_BUCKETS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0)


class GatewayMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        # Memory, CPU and open files; shown where the gateway is one process.
        ProcessCollector(registry=registry)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"easel_gateway_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str, mode: str = "livesum") -> Gauge:
            return Gauge(
                f"easel_gateway_{name}",
                text,
                labels,
                registry=registry,
                multiprocess_mode=mode,  # type: ignore[arg-type] # a Literal of theirs
            )

        def seconds(
            name: str,
            text: str,
            *labels: str,
            buckets: tuple[float, ...] = DURATION_BUCKETS_S,
        ) -> Histogram:
            return Histogram(
                f"easel_gateway_{name}_seconds",
                text,
                labels,
                buckets=buckets,
                registry=registry,
            )

        self._upstream_requests = counter(
            "upstream_requests",
            "Generations passed on to a text-to-image server, by how they ended.",
            "outcome",
        )
        self._first_byte = seconds(
            "upstream_first_byte",
            "Time from passing a generation on to the first byte of its answer.",
        )
        self._queue_wait = seconds(
            "queue_wait", "Time that generations waited in the queue.", "priority"
        )
        self._client_disconnects = counter(
            "client_disconnects", "Clients that left before their answer was complete."
        )
        self._refusals = counter(
            "refusals",
            "Generations that the gateway refused by itself, by the problem's code: "
            "before they queued, or evicted_from_queue and queue_timeout afterwards.",
            "code",
        )
        self._retries = counter("retries", "Generations tried again on another server.")
        self._retry_budget_exhausted = counter(
            "retry_budget_exhausted",
            "Generations not tried again: the budget is used.",
        )
        self._reused = counter(
            "answers",
            "Answers by where they came from: miss (painted), running (attached to an "
            "equal one), hit (finished before).",
            "cache",
        )
        self._images = counter("images", "Images delivered to callers.")
        self._cost_units = counter(
            "cost_units", "Megapixels x steps x images x weight of what was delivered."
        )
        self._auth_failures = counter(
            "auth_failures", "Requests without a valid key, by reason.", "reason"
        )
        self._webhooks = counter(
            "webhook_deliveries", "Webhooks sent, by how that ended.", "outcome"
        )
        self._loop_lag = seconds(
            "event_loop_lag",
            "How late the event loop was for an appointment with itself.",
            buckets=_LAG_BUCKETS_S,
        )
        self._in_flight = gauge(
            "generations_in_flight",
            "Generations passed on and not ended, of all workers.",
            mode="livemax",
        )
        self._queue_depth = gauge(
            "queue_depth",
            "Generations that wait in the queue, of all workers.",
            mode="livemax",
        )
        self._store_available = gauge(
            "store_available",
            "1 while the store of keys and limits answers, in every worker.",
            mode="livemin",
        )
        self._open = gauge(
            "open",
            "1 while there is no API key: whoever reaches the gateway may use it.",
            mode="livemax",
        )
        self._disk_free = gauge(
            "disk_free_bytes", "What is left on the data folder's disk.", mode="livemin"
        )
        self._disk_size = gauge(
            "disk_size_bytes", "The whole disk of the data folder.", mode="livemax"
        )
        self._server_state = gauge(
            "upstream_state",
            "1 for the state that a server is in.",
            *("server", "state"),
            mode="livemax",
        )
        self._server_outstanding = gauge(
            "upstream_in_flight", "Generations sent to a server.", "server"
        )
        self._server_backlog = gauge(
            "upstream_backlog_seconds",
            "Work that a server has accepted, as it predicts it.",
            "server",
            mode="livemax",
        )
        self._seconds_per_cost = gauge(
            "upstream_seconds_per_cost_unit",
            "What a megapixel-step takes on a server, as learned.",
            "server",
            mode="livemax",
        )
        # Looking a child up by its labels costs more than counting.
        self._by_outcome = {
            name: self._upstream_requests.labels(name) for name in get_args(Outcome)
        }
        self._by_cache = {
            name: self._reused.labels(name) for name in ("miss", "running", "hit")
        }
        self._by_priority = {
            name: self._queue_wait.labels(name) for name in get_args(Priority)
        }

        # The rate of a counter that is first seen at 1 is 0.
        for reason in get_args(FailureReason):
            self._auth_failures.labels(reason)
        for delivery in get_args(Delivery):
            self._webhooks.labels(delivery)

    # Generations

    def ended(self, outcome: Outcome) -> None:
        self._by_outcome[outcome].inc()
        if outcome == "client_left":
            self._client_disconnects.inc()

    def refused(self, code: str) -> None:
        self._refusals.labels(code).inc()

    def waited(self, priority: Priority, seconds: float) -> None:
        self._by_priority[priority].observe(seconds)

    def first_byte(self, seconds: float) -> None:
        self._first_byte.observe(seconds)

    def retried(self) -> None:
        self._retries.inc()

    def retry_budget_exhausted(self) -> None:
        self._retry_budget_exhausted.inc()

    def reused(self, cache: str) -> None:
        # What a server makes up is not a label.
        counter = self._by_cache.get(cache)
        if counter is not None:
            counter.inc()

    def delivered(self, images: int, cost: float) -> None:
        self._images.inc(images)
        self._cost_units.inc(cost)

    # As it stands

    def stands(self, state: DoorState, *, is_store_available: bool) -> None:
        """Of all workers; each of them says the same."""
        self._in_flight.set(state.inside)
        self._queue_depth.set(state.waiting)
        self._store_available.set(is_store_available)

    def opened(self, is_open: bool) -> None:
        self._open.set(is_open)

    def disk(self, disk: DiskBytes) -> None:
        self._disk_free.set(disk.free)
        self._disk_size.set(disk.size)

    def server(self, document: ReplicaDocument) -> None:
        """As this worker sees it."""
        for name in get_args(ReplicaState):
            self._server_state.labels(document.url, name).set(name == document.state)
        self._server_outstanding.labels(document.url).set(document.outstanding)
        if document.backlog_s is not None:
            self._server_backlog.labels(document.url).set(document.backlog_s)
        if document.seconds_per_cost_unit is not None:
            pace = self._seconds_per_cost.labels(document.url)
            pace.set(document.seconds_per_cost_unit)

    # The gateway itself

    def auth_failed(self, reason: str) -> None:
        self._auth_failures.labels(reason).inc()

    def webhook(self, outcome: str) -> None:
        self._webhooks.labels(outcome).inc()

    def loop_lag(self, seconds: float) -> None:
        self._loop_lag.observe(seconds)

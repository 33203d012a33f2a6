"""What the text-to-image server counts."""

from collections.abc import Callable
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
)

from easel.contract.errors import ErrorCode
from easel.telemetry.disk import disk_bytes
from easel.telemetry.metrics import DURATION_BUCKETS_S, HttpMetrics
from easel.text2image.engine_thread.painting import StepReport
from easel.text2image.engine_thread.queue_view import QueueView
from easel.text2image.live_generation import LiveGeneration

_STEP_BUCKETS_S = (
    *(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    *(1.0, 2.0, 5.0, 10.0, 30.0),
)
_BATCH_BUCKETS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64)

# Actual duration by predicted duration.
_RATIO_BUCKETS = (0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 4.0)

# How paintings fail. They are shown from the start, because the rate of a counter that
# is first seen at 1 is 0.
_USUAL_FAILURES = (
    *(ErrorCode.ENGINE_FAILED, ErrorCode.INTERNAL_ERROR, ErrorCode.OUT_OF_MEMORY),
    *(ErrorCode.STORAGE_FULL, ErrorCode.SERVER_STOPPING, ErrorCode.CONTENT_REFUSED),
)

# A prediction of a few hundredths of a second says nothing about the cost model.
_MIN_PREDICTED_S = 0.05


class ServerMetrics:
    """One set of metrics for one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        # Memory, CPU and open files.
        ProcessCollector(registry=self.registry)
        self.http = HttpMetrics("server", self.registry)
        self.denoising_steps = self._counter(
            "denoising_steps", "Denoiser passes done, whatever their batch."
        )
        self.generations = Counter(
            "easel_server_generations",
            "Generations that ended, by how.",
            ["status"],
            registry=self.registry,
        )
        for status in ("completed", "failed", "cancelled"):
            self.generations.labels(status)
        self.failures = Counter(
            "easel_server_failures",
            "Generations that failed after they were accepted, by the problem's code.",
            ["code"],
            registry=self.registry,
        )
        for code in _USUAL_FAILURES:
            self.failures.labels(code)
        self.images = self._counter("images", "Images delivered.")
        self.previews = self._counter("previews", "Previews sent.")
        self.saved_steps = self._counter(
            "cancelled_steps_saved",
            "Steps that were not computed, because nobody wanted the image any more.",
        )
        self.queued = self._gauge("queued_generations", "Generations that wait.")
        self.running = self._gauge("running_generations", "Generations being painted.")
        self.backlog_s = self._gauge(
            "backlog_device_seconds", "Predicted device time of all accepted work."
        )
        self.model_loaded = Gauge(
            "easel_server_model_loaded",
            "1 while the model is on the device.",
            ["model"],
            registry=self.registry,
        )
        self.step_seconds = Histogram(
            "easel_server_step_duration_seconds",
            "One denoiser pass, by model and images in it.",
            ["model", "images"],
            buckets=_STEP_BUCKETS_S,
            registry=self.registry,
        )
        self.batch_images = Histogram(
            "easel_server_batch_images",
            "Images in one denoiser pass.",
            ["model"],
            buckets=_BATCH_BUCKETS,
            registry=self.registry,
        )
        self.generation_seconds = Histogram(
            "easel_server_generation_duration_seconds",
            "From acceptance to the finished images.",
            buckets=DURATION_BUCKETS_S,
            registry=self.registry,
        )
        self.first_preview_seconds = Histogram(
            "easel_server_first_preview_seconds",
            "From acceptance to the first preview, where somebody watches.",
            buckets=DURATION_BUCKETS_S,
            registry=self.registry,
        )
        self.eta_ratio = Histogram(
            "easel_server_eta_ratio",
            "Actual duration by the one predicted at acceptance.",
            buckets=_RATIO_BUCKETS,
            registry=self.registry,
        )

    def watch_memory(self, device_bytes: Callable[[], float]) -> None:
        """Show what the models' device has given out, read at every scrape."""
        gauge = self._gauge(
            "device_memory_bytes", "Memory that the device has given to this process."
        )
        gauge.set_function(device_bytes)

    def watch_disk(self, folder: Path) -> None:
        """Show the disk that pictures and journal are on, asked at every scrape."""
        free = self._gauge("disk_free_bytes", "What is left for pictures and journal.")
        free.set_function(lambda: disk_bytes(folder).free)
        size = self._gauge("disk_size_bytes", "The whole disk of the data folder.")
        size.set_function(lambda: disk_bytes(folder).size)

    def saw_step(self, report: StepReport) -> None:
        self.denoising_steps.inc()
        images = str(report.images)
        self.step_seconds.labels(report.model, images).observe(report.seconds)
        self.batch_images.labels(report.model).observe(report.images)

    def saw_queue(self, view: QueueView) -> None:
        if view.backlog_s is not None:
            self.backlog_s.set(view.backlog_s)

    def saw_preview(
        self, live: LiveGeneration, now_s: float, *, is_first: bool
    ) -> None:
        self.previews.inc()
        if is_first:
            self.first_preview_seconds.observe(now_s - live.accepted.accepted_at_s)

    def saw_completed(self, live: LiveGeneration, now_s: float) -> None:
        took_s = now_s - live.accepted.accepted_at_s
        self.generation_seconds.observe(took_s)
        promised_s = live.promised_s
        if promised_s is not None and promised_s >= _MIN_PREDICTED_S:
            self.eta_ratio.observe(took_s / promised_s)

    def _counter(self, name: str, what: str) -> Counter:
        return Counter(f"easel_server_{name}", what, registry=self.registry)

    def _gauge(self, name: str, what: str) -> Gauge:
        return Gauge(f"easel_server_{name}", what, registry=self.registry)

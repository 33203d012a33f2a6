"""What the text-to-image server counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from easel.telemetry.metrics import DURATION_BUCKETS_S, HttpMetrics


class ServerMetrics:
    """One set of metrics for one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.http = HttpMetrics("server", self.registry)
        self.denoising_steps = Counter(
            "easel_server_denoising_steps",
            "Denoiser passes done.",
            registry=self.registry,
        )
        self.generations = Counter(
            "easel_server_generations",
            "Generations that ended, by how.",
            ["status"],
            registry=self.registry,
        )
        self.images = Counter(
            "easel_server_images", "Images delivered.", registry=self.registry
        )
        self.previews = Counter(
            "easel_server_previews", "Previews made.", registry=self.registry
        )
        self.queued = Gauge(
            "easel_server_queued_generations",
            "Generations that wait.",
            registry=self.registry,
        )
        self.running = Gauge(
            "easel_server_running_generations",
            "Generations being painted.",
            registry=self.registry,
        )
        self.model_loaded = Gauge(
            "easel_server_model_loaded",
            "1 once the model is loaded.",
            registry=self.registry,
        )
        self.generation_seconds = Histogram(
            "easel_server_generation_duration_seconds",
            "From acceptance to the finished images.",
            buckets=DURATION_BUCKETS_S,
            registry=self.registry,
        )

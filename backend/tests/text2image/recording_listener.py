"""Hears what the engine's thread tells, and keeps it for a test to look at."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from easel.contract.models import ModelDocument
from easel.errors import ServiceError
from easel.text2image.engine_thread.painting import (
    Order,
    PaintedImage,
    PreviewReport,
    StepReport,
)
from easel.text2image.engine_thread.queue_view import QueueView
from easel.text2image.engine_thread.runner import Device
from tests.text2image.gated_engine import PATIENCE_S


@dataclass(slots=True)
class SomeOrder:
    """A generation as far as the engine's thread knows it."""

    id: str
    request_id: str = "-"
    stop: threading.Event = field(default_factory=threading.Event)
    is_watched: bool = False


class RecordingListener:
    """Ids of generations in the order in which things happened to them."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.warnings: dict[str, tuple[str, ...]] = {}
        self.steps: list[StepReport] = []
        self.told: list[tuple[str, int]] = []
        self.previews: list[PreviewReport] = []
        self.images: list[tuple[str, PaintedImage]] = []
        self.failed: dict[str, ServiceError] = {}
        self.stopped: dict[str, int] = {}
        self.views: list[QueueView] = []
        self.models: list[tuple[ModelDocument, ...]] = []
        self.device: Device | None = None
        self.unavailable: str | None = None
        self._changed = threading.Condition()

    def post(self, call: Callable[..., object], *arguments: object) -> None:
        """What takes news to the event loop elsewhere: here it is told at once."""
        with self._changed:
            call(*arguments)
            self._changed.notify_all()

    def wait_for(self, condition: Callable[[], object]) -> None:
        """Return when the thread has told what makes it true."""
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE_S)

    def progress(self, generation_id: str) -> list[int]:
        return [step for name, step in self.told if name == generation_id]

    def painted(self, generation_id: str) -> list[int]:
        """Indices of its images."""
        return [image.index for name, image in self.images if name == generation_id]

    def state(self, model_id: str) -> str:
        return next(each.state for each in self.models[-1] if each.id == model_id)

    def on_started(self, order: Order) -> None:
        assert order.id not in self.started
        self.started.append(order.id)

    def on_warnings(self, order: Order, warnings: tuple[str, ...]) -> None:
        self.warnings[order.id] = warnings

    def on_step(self, report: StepReport) -> None:
        self.steps.append(report)
        self.on_progress(report.progress)

    def on_progress(self, progress: tuple[tuple[Order, int], ...]) -> None:
        self.told += [(order.id, step) for order, step in progress]

    def on_previews(self, report: PreviewReport) -> None:
        self.previews.append(report)

    def on_image(self, order: Order, painted: PaintedImage) -> None:
        self.images.append((order.id, painted))

    def on_failed(self, order: Order, error: ServiceError) -> None:
        assert order.id not in self.failed
        self.failed[order.id] = error

    def on_stopped(self, order: Order, saved_steps: int) -> None:
        assert order.id not in self.stopped
        self.stopped[order.id] = saved_steps

    def on_queue(self, view: QueueView) -> None:
        self.views.append(view)

    def on_models(self, documents: tuple[ModelDocument, ...]) -> None:
        self.models.append(documents)

    def on_ready(self, device: Device) -> None:
        self.device = device

    def on_unavailable(self, reason: str) -> None:
        self.unavailable = reason

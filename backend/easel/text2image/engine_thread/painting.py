"""A generation as the engine's thread sees it: its samples, and how far each is.

Made on the event loop, owned by the engine's thread from then on. The event loop gets
its news as the values at the end of this file.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from PIL.Image import Image

from easel.contract.generations import Priority
from easel.text2image.engines.base import AnyEngine, RunningSample, SampleSpec
from easel.text2image.images.preview_pacer import PreviewPacer
from easel.text2image.scheduling.samples import QueuedSample


class Order(Protocol):
    """What the engine's thread knows of a live generation."""

    @property
    def id(self) -> str: ...

    @property
    def request_id(self) -> str: ...

    @property
    def stop(self) -> threading.Event:
        """Set when nobody wants the images any more."""
        ...

    @property
    def is_watched(self) -> bool:
        """Whether somebody would see a preview."""
        ...


@dataclass(slots=True, eq=False)
class SampleRun:
    """One image of a painting. Times are readings of the runner's clock."""

    painting: "Painting"
    index: int
    spec: SampleSpec
    queued: QueuedSample
    engine: AnyEngine
    pacer: PreviewPacer
    running: RunningSample | None = None
    encode_s: float = 0.0
    first_step_at: float | None = None
    last_step_at: float = 0.0
    largest_batch: int = 1

    @property
    def step(self) -> int:
        """Steps done of those asked for: some samplers take more passes, or fewer."""
        done = self.running.steps_done if self.running else 0
        asked = self.spec.num_inference_steps
        return min(asked, done * asked // self.queued.steps)


@dataclass(slots=True, eq=False)
class Painting:
    """All samples of one generation that still run.

    Args:
        order: The generation.
        number: Counts up with every accepted generation.
        model: Its id.
        specs: One for each image.
        user: On whose account it runs.
        priority: Its class.
        accepted_at_s: By the runner's clock.
    """

    order: Order
    number: int
    model: str
    specs: Sequence[SampleSpec]
    user: str
    priority: Priority
    accepted_at_s: float
    runs: dict[str, SampleRun] = field(default_factory=dict)
    has_started: bool = False
    told_step: int = 0

    def step(self) -> int:
        """Of the image that is furthest behind."""
        steps = [run.step for run in self.runs.values()]
        finished = len(self.specs) - len(steps)
        if not steps:
            return self.specs[0].num_inference_steps if finished else 0
        return min(steps)


@dataclass(frozen=True, slots=True)
class SampleTimes:
    """Seconds; the readings are of the runner's clock."""

    encode_s: float
    first_step_at: float
    last_step_at: float
    decode_s: float


@dataclass(frozen=True, slots=True)
class PaintedImage:
    """One image of a generation, raw."""

    index: int
    image: Image
    times: SampleTimes
    largest_batch: int


@dataclass(frozen=True, slots=True)
class StepReport:
    """One denoiser pass: who took part, and which generations it brought further."""

    model: str
    images: int
    rows: int
    seconds: float
    progress: tuple[tuple[Order, int], ...]


@dataclass(frozen=True, slots=True)
class PreviewReport:
    """Small pictures of one generation: (image index, picture)."""

    order: Order
    step: int
    previews: tuple[tuple[int, Image], ...]

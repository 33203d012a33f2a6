"""One generation on its way through a fleet: sent to a replica, again if that is lost.

Its state lies with the front, so that a replica may go at any moment: which images have
come, what the listener has heard, how often it was tried.
"""

import asyncio
from dataclasses import dataclass, field

from easel.text2image.engine_thread.painting import Painting
from easel.text2image.engines.base import SampleSpec, SourceImage
from easel.text2image.executors.raw_pictures import RawPicture
from easel.text2image.executors.replica_messages import (
    PaintOrder,
    SampleOrder,
    SourceOrder,
)

# Who has taken so many replicas along is taken for the reason.
MAX_LOST_REPLICAS = 4

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0


@dataclass(slots=True, eq=False)
class Flight:
    """
    Attributes:
        painting: As it was submitted.
        task: Reads a replica's stream; None while it waits to be sent.
        missing: Positions of the images that have not come.
        told_step: What the listener knows; steps made again are not told again.
        lost_replicas: How many have gone while they painted it.
        fruitless: How often in a row no replica took it.
        not_before_s: When it may be sent again.
    """

    painting: Painting
    task: "asyncio.Task[None] | None" = None
    missing: list[int] = field(default_factory=list)
    has_started: bool = False
    told_warnings: bool = False
    told_step: int = 0
    lost_replicas: int = 0
    fruitless: int = 0
    not_before_s: float = 0.0

    def __post_init__(self) -> None:
        self.missing = list(range(len(self.painting.specs)))

    @property
    def id(self) -> str:
        return self.painting.order.id

    def order(self, now_s: float) -> PaintOrder:
        """What a replica is asked for: the images that have not come."""
        painting = self.painting
        specs = [painting.specs[index] for index in self.missing]
        return PaintOrder(
            id=self.id,
            request_id=painting.order.request_id,
            model=painting.model,
            user=painting.user,
            priority=painting.priority,
            waited_s=now_s - painting.accepted_at_s,
            samples=tuple(_sample_order(spec) for spec in specs),
            source=_source_order(specs[0].source),
        )

    def lost(self, now_s: float, *, was_taken: bool) -> None:
        """Its replica is gone, or there was none: it waits a moment, then flies again.

        Args:
            was_taken: Whether a replica had it.
        """
        self.task = None
        if was_taken:
            self.lost_replicas += 1
            self.fruitless = 0
        else:
            self.fruitless += 1
        pause_s = _FIRST_PAUSE_S * 2.0 ** min(self.fruitless, 10)
        self.not_before_s = now_s + min(pause_s, _LONGEST_PAUSE_S)


def _sample_order(spec: SampleSpec) -> SampleOrder:
    return SampleOrder(
        prompt=spec.prompt,
        negative_prompt=spec.negative_prompt,
        width=spec.width,
        height=spec.height,
        num_inference_steps=spec.num_inference_steps,
        guidance_scale=spec.guidance_scale,
        seed=spec.seed,
        sampler=spec.sampler,
        loras=spec.loras,
        is_exact=spec.is_exact,
    )


def _source_order(source: SourceImage | None) -> SourceOrder | None:
    """All images of a generation begin with the same."""
    if source is None:
        return None
    return SourceOrder(
        image=RawPicture.of(source.image),
        mask=None if source.mask is None else RawPicture.of(source.mask),
        strength=source.strength,
    )

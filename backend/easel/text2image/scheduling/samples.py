"""What the batch scheduler moves: samples, and what lets two of them share a step.

A sample is one image being denoised; a generation of four images has four. Pure values.
"""

from dataclasses import dataclass
from typing import get_args

from easel.contract.generations import Priority

# From the first served to the last.
PRIORITIES: tuple[Priority, ...] = get_args(Priority)


@dataclass(frozen=True, slots=True)
class BatchKey:
    """What must be equal for two samples to share a forward pass.

    Attributes:
        model: Its id.
        width: Painted pixels.
        height: Painted pixels.
        text_length: Padded tokens that enter the denoiser; 0 where every prompt has
            the same.
        dtype: Of the denoiser.
        loras: Id and scale of each that is applied.
        alone: Its own id for a sample that never shares, else empty.
    """

    model: str
    width: int
    height: int
    text_length: int = 0
    dtype: str = "float32"
    loras: tuple[tuple[str, float], ...] = ()
    alone: str = ""

    @property
    def pixels(self) -> int:
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class QueuedSample:
    """A sample as it joined.

    Attributes:
        id: Unique among those present.
        key: With whom it may share.
        rows: Of a forward pass that it takes: 2 with classifier-free guidance, else 1.
        steps: Denoiser passes that it needs.
        priority: Its class, before any promotion.
        user: On whose account it runs.
        joined_at_s: By the clock that the scheduler's `now_s` comes from.
    """

    id: str
    key: BatchKey
    rows: int
    steps: int
    priority: Priority
    user: str
    joined_at_s: float

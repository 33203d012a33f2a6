"""Predictions from measured times: seconds of a step, of the rest, and rows at best.

A table knows nothing of how it is learnt (`cost_model` does that); a frozen copy may
be read by any thread.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from easel.text2image.scheduling.samples import BatchKey

# (rows, seconds of a step) by growing rows; never empty.
Curve = tuple[tuple[int, float], ...]

# Where nothing is known, two rows: one sample with guidance, or two without.
MIN_SCALED_ROWS = 2


def costed(key: BatchKey) -> BatchKey:
    """The key without what does not matter to cost."""
    return replace(key, loras=(), alone="") if key.loras or key.alone else key


@dataclass(frozen=True, slots=True)
class CostTable:
    """Measured times by costed key.

    Attributes:
        curves: Seconds of a step by rows.
        overheads: Seconds of everything else for one sample: encode, decode.
        caps: Rows that a batch may have, of keys that ran.
        knees: The caps that measurements have settled.
        ceilings: Rows that memory allows, of keys that once ran out of it.
        start_rows: The cap of a key about which nothing is known.
        max_rows: The operator's cap.
    """

    curves: Mapping[BatchKey, Curve]
    overheads: Mapping[BatchKey, float]
    caps: Mapping[BatchKey, int]
    knees: Mapping[BatchKey, int]
    ceilings: Mapping[BatchKey, int]
    start_rows: int
    max_rows: int

    def step_s(self, key: BatchKey, rows: int) -> float | None:
        """Seconds of one step of a batch; None if the model was never measured."""
        key = costed(key)
        if key in self.curves:
            return at_rows(self.curves[key], rows)
        near = nearest(key, self.curves)
        if near is None:
            return None
        return at_rows(self.curves[near], rows) * key.pixels / near.pixels

    def overhead_s(self, key: BatchKey) -> float | None:
        """Seconds of all but the steps, for one sample; None if unknown."""
        key = costed(key)
        if key in self.overheads:
            return self.overheads[key]
        near = nearest(key, self.overheads)
        if near is None:
            return None
        return self.overheads[near] * key.pixels / near.pixels

    def sample_s(self, key: BatchKey, rows: int, steps: int) -> float | None:
        """Seconds of a whole sample that runs alone; None if its steps are unknown."""
        step_s = self.step_s(key, rows)
        if step_s is None:
            return None
        return steps * step_s + (self.overhead_s(key) or 0.0)

    def cap_rows(self, key: BatchKey) -> int:
        """Rows beyond which a batch only makes everyone slower, as far as is known."""
        key = costed(key)
        cap = self.caps.get(key)
        if cap is None:
            cap = self.first_cap_rows(key)
        return min(cap, self.ceilings.get(key, cap))

    def first_cap_rows(self, key: BatchKey) -> int:
        """Where the search for the knee of a costed key begins."""
        near = nearest(key, self.knees)
        if near is None:
            return min(self.start_rows, self.max_rows)
        scaled = self.knees[near] * near.pixels // key.pixels
        return min(max(scaled, MIN_SCALED_ROWS), self.max_rows)


def nearest(key: BatchKey, known: Mapping[BatchKey, object]) -> BatchKey | None:
    """The key of the same model that is nearest in pixels."""

    def distance(other: BatchKey) -> tuple[int, bool, int]:
        return (
            abs(other.pixels - key.pixels),
            other.dtype != key.dtype,
            abs(other.text_length - key.text_length),
        )

    same_model = (other for other in known if other.model == key.model)
    return min(same_model, key=distance, default=None)


def at_rows(curve: Curve, rows: int) -> float:
    """Read off what was measured, affinely between and beyond it.

    With a single point its shape is open: more rows cost in proportion and fewer save
    nothing, so that no promise is too good.
    """
    if len(curve) == 1:
        measured_rows, step_s = curve[0]
        return step_s * max(1.0, rows / measured_rows)
    above = next((i for i, point in enumerate(curve) if point[0] >= rows), len(curve))
    high = min(max(above, 1), len(curve) - 1)
    (low_rows, low_s), (high_rows, high_s) = curve[high - 1], curve[high]
    if rows == low_rows:
        return low_s
    slope = (high_s - low_s) / (high_rows - low_rows)
    if rows > high_rows:
        # Noise may bend a flat curve downwards: more rows are never quicker.
        return high_s + max(0.0, slope) * (rows - high_rows)
    affine = low_s + slope * (rows - low_rows)
    if rows < low_rows:
        # Nor are fewer rows quicker than in proportion, or slower.
        return min(max(affine, low_s * rows / low_rows), low_s)
    return affine

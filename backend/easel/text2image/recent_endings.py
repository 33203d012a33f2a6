"""What a server got done in the last ten minutes. Pure.

Memory is bounded by time and by precision, not by how much is painted: a slice is a
second, and what took as long to two digits is counted together.
"""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from easel.clock import Clock
from easel.contract.replicas import (
    EndedGenerations,
    GenerationSeconds,
    RecentGenerations,
)

_SLICE_S = 1.0
_MINUTE = 60
_WINDOW = 600


@dataclass(slots=True)
class _Slice:
    """What ended within one second.

    Attributes:
        number: Of the second, counted from the beginning.
        failed: Generations.
        images: Of the completed ones.
        took: How many were completed, by their seconds to two digits.
    """

    number: int
    failed: int = 0
    images: int = 0
    took: Counter[float] = field(default_factory=Counter)


class RecentEndings:
    """Begins to count when it is made."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began_at = clock.now()
        # Only of seconds in which something ended, the oldest first.
        self._slices: deque[_Slice] = deque(maxlen=_WINDOW)

    def completed(self, took_s: float, *, images: int) -> None:
        """
        Args:
            took_s: From acceptance to the last image.
            images: How many those are.
        """
        now = self._slice()
        now.images += images
        now.took[float(f"{took_s:.2g}")] += 1

    def failed(self) -> None:
        self._slice().failed += 1

    def document(self) -> RecentGenerations:
        newest = self._number()
        recent = [one for one in self._slices if one.number > newest - _WINDOW]
        minute = [one for one in recent if one.number > newest - _MINUTE]
        ended = _ended(recent)
        began_s = max(0.0, (newest - _WINDOW + 1) * _SLICE_S)
        return RecentGenerations(
            completed=ended.completed,
            failed=ended.failed,
            images=ended.images,
            window_s=round(self._clock.now() - self._began_at - began_s, 1),
            generation_seconds=_seconds(recent),
            last_minute=_ended(minute),
        )

    def _slice(self) -> _Slice:
        """The one that is now."""
        number = self._number()
        if not self._slices or self._slices[-1].number != number:
            self._slices.append(_Slice(number))
        return self._slices[-1]

    def _number(self) -> int:
        return int((self._clock.now() - self._began_at) / _SLICE_S)


def _ended(slices: Iterable[_Slice]) -> EndedGenerations:
    completed = failed = images = 0
    for one in slices:
        completed += one.took.total()
        failed += one.failed
        images += one.images
    return EndedGenerations(completed=completed, failed=failed, images=images)


def _seconds(slices: Iterable[_Slice]) -> GenerationSeconds | None:
    took: Counter[float] = Counter()
    for one in slices:
        took.update(one.took)
    if not took:
        return None
    return GenerationSeconds(p50=_quantile(took, 50), p95=_quantile(took, 95))


def _quantile(took: Counter[float], percent: int) -> float:
    """The least time within which so many of them were completed."""
    enough = took.total() * percent
    done = 0
    for seconds in sorted(took):
        done += 100 * took[seconds]
        if done >= enough:
            return seconds
    raise ValueError("nothing has no quantile")

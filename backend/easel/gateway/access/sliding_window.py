"""A rate over a window that slides, from the counts of two that do not. Pure.

What was counted in the window before weighs as much as of it still lies within the
last `length_s` seconds. Two counters serve for any limit, and a burst at the border of
two windows is not let through twice.
"""

import math
from typing import NamedTuple

# Waiting exactly until a border is too short: at the border itself it still counts.
_PAST_THE_BORDER_S = 0.001


class SlidingWindow(NamedTuple):
    """
    Attributes:
        limit: So many in `length_s`, at least 1.
        length_s: Of each window.
        elapsed_s: Of the present window, below `length_s`.
        previous: Counted in the window before.
        present: Counted in this one.
    """

    limit: int
    length_s: float
    elapsed_s: float
    previous: int
    present: int

    @property
    def carried(self) -> int:
        """What still counts of the window before."""
        return math.floor(self.previous * (1 - self.elapsed_s / self.length_s))

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.carried - self.present)

    @property
    def reset_s(self) -> float:
        """Seconds until all of the limit is there again, if nobody asks."""
        left_s = self.length_s - self.elapsed_s
        if self.present:
            return left_s + self.length_s
        return left_s if self.previous else 0.0

    @property
    def wait_s(self) -> float:
        """Seconds until one more is let through, if nobody else asks; 0: now."""
        if self.remaining > 0:
            return 0.0
        if self.present < self.limit:
            return self._fades_s(self.previous, self.limit - self.present)
        left_s = self.length_s - self.elapsed_s
        following = SlidingWindow(self.limit, self.length_s, 0.0, self.present, 0)
        return left_s + following._fades_s(self.present, self.limit)

    def _fades_s(self, count: int, room: int) -> float:
        """Seconds until less than `room` of `count` still counts."""
        at_s = self.length_s * (1 - room / count)
        return max(0.0, at_s - self.elapsed_s) + _PAST_THE_BORDER_S

"""The search for the knee: how many rows of one batch key are worth a forward pass.

Levels double. While a level gives at least a tenth more rows per second than the one
below it, the next is tried; the first that does not is left again. Decides by the
estimates that it is shown and knows nothing of keys or samples.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2

MIN_GAIN = 1.10
# A level once found worth it is given up at a clearly smaller gain: noise around the
# limit does not move the cap to and fro.
MIN_KEPT_GAIN = 1.07
MIN_MEASUREMENTS = 3
# A number of rows between two levels speaks for the upper one only if that never
# comes up: kernels work in tiles, so three rows may cost as much as four.
MIN_MEASUREMENTS_BETWEEN = 30
# A machine changes: a level that was not worth it is tried again, seldom.
STEPS_UNTIL_TRIED_AGAIN = 500

_LEARNING_RATE = 0.1
# One hiccup of the machine counts as a step of twice the time, however long it was.
_MAX_SURPRISE = 2.0


@dataclass(slots=True)
class StepEstimate:
    """Seconds of a step at one number of rows.

    The first measurement only warms up (caches, compilation); the next ones are
    averaged, later ones move the estimate by a tenth of the difference.
    """

    step_s: float | None = None
    measurements: int = -1

    def learn(self, step_s: float) -> None:
        self.measurements += 1
        if self.measurements == 0:
            return
        if self.measurements == 1 or self.step_s is None:
            self.step_s = step_s
            return
        rate = max(1 / self.measurements, _LEARNING_RATE)
        self.step_s += rate * (min(step_s, _MAX_SURPRISE * self.step_s) - self.step_s)

    def begin_again(self) -> None:
        """It holds until it is measured again, and proves nothing until then."""
        self.measurements = min(self.measurements, 0)


Estimates = Mapping[int, StepEstimate]


class RowCap:
    """The cap of one batch key; `rows` is the level that is proven or being tried."""

    def __init__(self, *, start_rows: int, max_rows: int) -> None:
        doublings = [1 << i for i in range(max_rows.bit_length())]
        self._levels = [*(rows for rows in doublings if rows < max_rows), max_rows]
        self._top = self._level_of(start_rows)
        if self._levels[self._top] > start_rows:
            self._top -= 1
        self._is_settled = False
        self._proven: set[int] = set()
        self._steps_wanting_more = 0

    @property
    def rows(self) -> int:
        return self._levels[self._top]

    @property
    def knee_rows(self) -> int | None:
        """None while the search goes on."""
        return self.rows if self._is_settled else None

    def learned(self, estimates: Estimates, rows: int, *, wanted_more: bool) -> None:
        """A step of `rows` went into `estimates`.

        Args:
            estimates: By rows.
            rows: Of the step.
            wanted_more: Whether samples of this key were left out of it.
        """
        if self._is_settled:
            self._step_down_if_not_worth_it(estimates)
            self._count_towards_another_try(estimates, rows, wanted_more=wanted_more)
        else:
            self._judge(estimates, rows)

    def _judge(self, estimates: Estimates, rows: int) -> None:
        if self._spokesman(estimates, self._top) is None:
            self._rise_to_the_smallest_sample(estimates, rows)
            return
        gain = self._gain(estimates, self._top)
        if gain is not None and gain < MIN_GAIN:
            self._settle(self._top - 1)
            return
        if gain is not None:
            self._proven.add(self._top)
        if self._top + 1 < len(self._levels):
            self._top += 1
        else:
            self._settle(self._top)

    def _rise_to_the_smallest_sample(self, estimates: Estimates, rows: int) -> None:
        """One sample alone may have more rows than the cap: there the search begins."""
        if rows > self.rows and min(estimates) > self.rows:
            self._top = self._level_of(rows)

    def _step_down_if_not_worth_it(self, estimates: Estimates) -> None:
        gain = self._gain(estimates, self._top)
        limit = MIN_KEPT_GAIN if self._top in self._proven else MIN_GAIN
        if gain is not None and gain < limit:
            self._proven.discard(self._top)
            self._settle(self._top - 1)

    def _count_towards_another_try(
        self, estimates: Estimates, rows: int, *, wanted_more: bool
    ) -> None:
        self._steps_wanting_more += wanted_more and rows >= self.rows
        is_last = self._top + 1 == len(self._levels)
        if is_last or self._steps_wanting_more < STEPS_UNTIL_TRIED_AGAIN:
            return
        self._is_settled = False
        self._top += 1
        for between in self._rows_of(estimates, self._top):
            estimates[between].begin_again()

    def _settle(self, top: int) -> None:
        self._top = top
        self._is_settled = True
        self._steps_wanting_more = 0

    def _gain(self, estimates: Estimates, level: int) -> float | None:
        """Rows per second over those of the level below, per doubling of the rows."""
        if level == 0:
            return None
        below = self._spokesman(estimates, level - 1)
        here = self._spokesman(estimates, level)
        if below is None or here is None:
            return None
        (few, few_s), (many, many_s) = below, here
        speedup = many / many_s * few_s / few
        return float(speedup ** (1 / log2(many / few)))

    def _spokesman(self, estimates: Estimates, level: int) -> tuple[int, float] | None:
        """Rows and seconds by which a level is judged; None while there are none."""
        for rows in sorted(self._rows_of(estimates, level), reverse=True):
            estimate = estimates[rows]
            needed = (
                MIN_MEASUREMENTS
                if rows == self._levels[level]
                else MIN_MEASUREMENTS_BETWEEN
            )
            if estimate.step_s is not None and estimate.measurements >= needed:
                return rows, estimate.step_s
        return None

    def _rows_of(self, estimates: Estimates, level: int) -> list[int]:
        return [rows for rows in estimates if self._level_of(rows) == level]

    def _level_of(self, rows: int) -> int:
        """The lowest level with room for them, or the last."""
        fits = (i for i, level in enumerate(self._levels) if level >= rows)
        return next(fits, len(self._levels) - 1)

"""Several plays of one fleet with different seeds: what they say together. Pure."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, isfinite, nan, sqrt
from statistics import fmean, stdev
from typing import Literal

from easel.planning.generation import Reason
from easel.planning.outcome import Outcome, percentile

# Student's t for a two-sided interval of 95 %, by degrees of freedom.
_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
_T_MANY = 2.1

# What is aimed at: a percentile of one of these.
Measure = Literal["whole", "waiting", "first_preview"]

# Fewer than so many beyond the 95th percentile, and chance decides where it lies.
_LEAST_BEYOND = 10


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over plays, and where the mean of endlessly many lies at 95 %.

    With one play both ends are not a number.
    """

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Target:
    """
    Attributes:
        seconds: That the 95th percentile may take.
        measure: Of what.
        max_refused: Share of the generations that may be refused.
    """

    seconds: float
    measure: Measure = "whole"
    max_refused: float = 0.001


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of a fleet of so many servers."""

    servers: int
    plays: tuple[Outcome, ...]

    def percentile(self, measure: Measure, percent: float) -> Interval:
        return interval(
            [percentile(_times(one, measure), percent) for one in self.plays]
        )

    def mean(self, of: Callable[[Outcome], float]) -> Interval:
        return interval([of(one) for one in self.plays])

    @property
    def refused(self) -> Counter[Reason]:
        return sum((one.refused for one in self.plays), Counter())

    @property
    def refused_share(self) -> float:
        return fmean(one.refused_share for one in self.plays)

    def meets(self, target: Target) -> bool:
        """On the average over plays."""
        p95_s = self.percentile(target.measure, 95).mean
        return p95_s <= target.seconds and self.refused_share <= target.max_refused

    def doubts(self, target: Target | None = None) -> tuple[str, ...]:
        """Why it is not to be relied on; empty where nothing speaks against it."""
        doubts = []
        if len(self.plays) < 2:
            doubts.append("one seed only: nothing says how much chance there is in it")
        fewest = min(len(one.whole_s) for one in self.plays)
        if fewest < 20 * _LEAST_BEYOND:
            doubts.append(
                f"{fewest} generations in a play: at least {20 * _LEAST_BEYOND} make a "
                "95th percentile; simulate longer"
            )
        growth = fmean(one.growth for one in self.plays)
        if growth > MOST_GROWTH:
            doubts.append(
                f"the second half took {growth:.2g} times as long as the first: the "
                "queue grows, and simulated longer it would be longer"
            )
        if target is not None and len(self.plays) > 1:
            found = self.percentile(target.measure, 95)
            if found.low <= target.seconds < found.high:
                doubts.append(
                    f"the target lies within the interval {found.low:.3g} to "
                    f"{found.high:.3g} s: another seed may say otherwise"
                )
        return tuple(doubts)


# A stable queue's halves differ by chance; one that grows by its load.
MOST_GROWTH = 1.5


def interval(values: Sequence[float]) -> Interval:
    """Values that are not finite make it not a number."""
    if not values or not all(isfinite(value) for value in values):
        return Interval(nan, nan, nan)
    mean = fmean(values)
    if len(values) == 1:
        return Interval(mean, nan, nan)
    freedom = len(values) - 1
    t = _T[freedom - 1] if freedom <= len(_T) else _T_MANY
    half = t * stdev(values) / sqrt(len(values))
    return Interval(mean, max(0.0, mean - half), mean + half)


def _times(outcome: Outcome, measure: Measure) -> Sequence[float]:
    match measure:
        case "whole":
            return outcome.whole_s
        case "waiting":
            return outcome.waiting_s
        case "first_preview":
            return outcome.first_preview_s


def smallest(meets: Callable[[int], bool], *, least: int, most: int) -> int | None:
    """The smallest number for which it holds; None if it does not for `most`.

    Doubles from `least` until it holds, then halves the gap. More servers are taken
    never to be worse.

    Args:
        meets: Asked once for each number that is looked at.
        least: Below which it cannot hold, at least 1.
        most: Where the search ends.
    """
    below, at = least - 1, min(least, most)
    while not meets(at):
        if at >= most:
            return None
        below, at = at, min(most, max(at + 1, ceil(at * _STRIDE)))
    while at - below > 1:
        middle = (below + at) // 2
        if meets(middle):
            at = middle
        else:
            below = middle
    return at


# The least number that work alone needs is near the answer: no need to double it.
_STRIDE = 1.25

"""Percentiles and confidence intervals of measured times."""

import random
from collections.abc import Callable, Sequence
from statistics import fmean, median

Pair = tuple[float, float]


def percentile(values: Sequence[float], percent: float) -> float:
    """Linear between the two nearest; not a number if there are no values."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def described(values: Sequence[float]) -> dict[str, float]:
    """Count, mean, median, 95th percentile and maximum."""
    if not values:
        return {"count": 0}
    return {
        "count": len(values),
        "mean": fmean(values),
        "p50": percentile(values, 50),
        "p95": percentile(values, 95),
        "max": max(values),
    }


def ratio_of_medians(pairs: Sequence[Pair]) -> float:
    """Median of the second over median of the first."""
    return median(pair[1] for pair in pairs) / median(pair[0] for pair in pairs)


def bootstrap_interval(
    blocks: Sequence[Sequence[Pair]],
    statistic: Callable[[Sequence[Pair]], float],
    *,
    seed: int,
    resamples: int = 2000,
    percent: float = 95,
) -> tuple[float, float]:
    """Of `statistic`, with whole blocks drawn again.

    Measurements of one block share the state of the machine, so they are no
    independent draws; blocks are, nearly.
    """
    draw = random.Random(seed)
    found = []
    for _ in range(resamples):
        drawn = [draw.choice(blocks) for _ in blocks]
        found.append(statistic([pair for block in drawn for pair in block]))
    tail = (100 - percent) / 2
    return percentile(found, tail), percentile(found, 100 - tail)

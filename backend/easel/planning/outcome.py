"""What came of a simulated fleet: times, shares, why some were not painted. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf, nan
from statistics import fmean, median

from easel.planning.generation import Generation, Reason


def percentile(values: Sequence[float], percent: float) -> float:
    """Linear between the two nearest; not a number if there are no values."""
    if not values:
        return nan
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


@dataclass(slots=True)
class Outcome:
    """Of the generations that arrived after the warm-up.

    Attributes:
        arrived: How many.
        waiting_s: From arrival to the first step.
        whole_s: From arrival to the last byte.
        first_preview_s: From arrival to the first preview.
        promise_errors: Of what servers promised: relative to what came true.
        refused: How many were not painted, by the reason.
        images: That were painted.
        busy_share: Of the devices' time, while traffic lasted, in which they worked.
        mean_rows: Of a forward pass.
        measured_s: From the warm-up to the end of the traffic.
        events: That the simulation took.
    """

    arrived: int = 0
    waiting_s: list[float] = field(default_factory=list)
    whole_s: list[float] = field(default_factory=list)
    first_preview_s: list[float] = field(default_factory=list)
    promise_errors: list[float] = field(default_factory=list)
    refused: Counter[Reason] = field(default_factory=Counter)
    images: int = 0
    busy_share: float = 0.0
    mean_rows: float = 0.0
    measured_s: float = 0.0
    events: int = 0
    # When each arrived that was painted, and what it took.
    _arrivals: list[tuple[float, float]] = field(default_factory=list)

    def ended(self, generation: Generation) -> None:
        """One of those that count."""
        self.arrived += 1
        if generation.failed is not None:
            self.refused[generation.failed] += 1
            return
        arrived_at_s = generation.arrived_at_s
        self.images += generation.kind.images
        self.waiting_s.append(generation.begun_at_s - arrived_at_s)
        self.whole_s.append(generation.ended_at_s - arrived_at_s)
        self._arrivals.append((arrived_at_s, self.whole_s[-1]))
        self.first_preview_s.append(generation.previewed_at_s - arrived_at_s)
        took_s = generation.ended_at_s - generation.accepted_at_s
        if generation.promised_s is not None and 0 < took_s < inf:
            self.promise_errors.append(abs(generation.promised_s / took_s - 1))

    @property
    def refused_share(self) -> float:
        return sum(self.refused.values()) / self.arrived if self.arrived else 0.0

    @property
    def growth(self) -> float:
        """Mean time of the later half by that of the earlier, by arrival.

        Well above 1 it says that a queue grows.
        """
        by_arrival = [whole_s for _, whole_s in sorted(self._arrivals)]
        half = len(by_arrival) // 2
        if not half:
            return 1.0
        return fmean(by_arrival[half:]) / fmean(by_arrival[:half])

    @property
    def images_per_s(self) -> float:
        return self.images / self.measured_s if self.measured_s else 0.0

    @property
    def promise_error(self) -> float:
        """The median."""
        return median(self.promise_errors) if self.promise_errors else nan

"""Who asks for what, and when: open loop, drawn beforehand or read from a trace."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import pi, sin
from random import Random
from typing import Literal, NamedTuple, Protocol

from easel.planning.kinds import Kind

Pattern = Literal["poisson", "bursty", "day"]

# Of the time that bursts take.
BURST_SHARE = 0.1
# At most, or the calm between them would have to be less than nothing.
MOST_BURST_FACTOR = 1 / BURST_SHARE

# A day's peak over its mean at most: nothing at all at night.
MOST_DAY_FACTOR = 2.0
DAY_S = 86_400.0


class Arrival(NamedTuple):
    """One generation is asked for; `at_s` from the beginning."""

    at_s: float
    kind: Kind
    caller: str


class Traffic(Protocol):
    @property
    def duration_s(self) -> float: ...

    @property
    def per_s(self) -> float:
        """Generations a second, on the average."""
        ...

    @property
    def mix(self) -> Sequence[tuple[Kind, float]]:
        """Each kind's share of all generations; the shares add up to 1."""
        ...

    def arrivals(self, seed: int) -> Iterator[Arrival]:
        """In order; the same for the same seed."""
        ...


@dataclass(frozen=True, slots=True)
class DrawnTraffic:
    """
    Attributes:
        per_s: Generations a second, on the average.
        duration_s: How long.
        mix: Each kind, and its share of the generations.
        pattern: `poisson`: independent of each other. `bursty`: Poisson, too, with a
            rate that is `factor` times the mean for a tenth of the time, in bursts of
            `burst_s` on the average. `day`: a sine of a day's length whose highest
            point, half a day from the beginning, is `factor` times the mean.
        factor: See `pattern`.
        burst_s: Mean length of a burst.
        day_s: Length of a day.
        callers: How many people ask, each as often as any other.
    """

    per_s: float
    duration_s: float
    mix: tuple[tuple[Kind, float], ...]
    pattern: Pattern = "poisson"
    factor: float = 1.0
    burst_s: float = 10.0
    day_s: float = DAY_S
    callers: int = 100

    def arrivals(self, seed: int) -> Iterator[Arrival]:
        """By thinning: as many as at the highest rate, of which some do not come."""
        random = Random(seed)
        kinds = [kind for kind, _ in self.mix]
        weights = [share for _, share in self.mix]
        names = [f"caller-{number}" for number in range(self.callers)]
        highest = self.per_s * (1.0 if self.pattern == "poisson" else self.factor)
        rates = _Rates(self, Random(f"{seed} bursts"))
        at_s = random.expovariate(highest)
        while at_s < self.duration_s:
            if random.random() * highest < rates.at(at_s):
                (kind,) = random.choices(kinds, weights)
                yield Arrival(at_s, kind, random.choice(names))
            at_s += random.expovariate(highest)


class _Rates:
    """Generations a second at moments that only grow."""

    def __init__(self, traffic: DrawnTraffic, random: Random) -> None:
        self._traffic = traffic
        self._random = random
        self._is_burst = random.random() < BURST_SHARE
        self._until_s = self._length_s()

    def at(self, now_s: float) -> float:
        traffic = self._traffic
        match traffic.pattern:
            case "poisson":
                return traffic.per_s
            case "day":
                swing = sin(2 * pi * (now_s / traffic.day_s - 0.25))
                return traffic.per_s * (1 + (traffic.factor - 1) * swing)
        while now_s >= self._until_s:
            self._is_burst = not self._is_burst
            self._until_s += self._length_s()
        if self._is_burst:
            return traffic.per_s * traffic.factor
        calm = (1 - BURST_SHARE * traffic.factor) / (1 - BURST_SHARE)
        return traffic.per_s * calm

    def _length_s(self) -> float:
        mean_s = self._traffic.burst_s
        if not self._is_burst:
            mean_s *= (1 - BURST_SHARE) / BURST_SHARE
        return self._random.expovariate(1 / mean_s)


@dataclass(frozen=True, slots=True)
class RecordedTraffic:
    """What once arrived, as it did: every seed plays the same.

    Attributes:
        recorded: In order, at least one.
        duration_s: At least until the last of them.
    """

    recorded: tuple[Arrival, ...]
    duration_s: float

    @property
    def per_s(self) -> float:
        return len(self.recorded) / self.duration_s

    @property
    def mix(self) -> tuple[tuple[Kind, float], ...]:
        counts: dict[Kind, int] = {}
        for arrival in self.recorded:
            counts[arrival.kind] = counts.get(arrival.kind, 0) + 1
        return tuple(
            (kind, count / len(self.recorded)) for kind, count in counts.items()
        )

    def arrivals(self, seed: int) -> Iterator[Arrival]:
        return iter(self.recorded)

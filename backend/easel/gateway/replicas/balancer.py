"""Which server a generation goes to: the one where it should be finished first. Pure.

Above a few servers only two random ones are compared: several gateways that look at
the same, slightly old numbers would otherwise all send to the same one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Generic, TypeVar

Server = TypeVar("Server")

MOST_COMPARED = 8
_SAMPLE = 2

# Predictions are no better than this; among equals chance decides, though nothing is
# loaded by chance.
_EQUAL_S = 0.005
_EQUAL_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Candidate(Generic[Server]):
    """A server that could take it.

    Attributes:
        server: Whatever the caller wants back.
        wait_s: Until it has done what it has to do.
        load_s: Until it has loaded the model; 0 if it has it.
        seconds_per_unit: For a unit of cost.
    """

    server: Server
    wait_s: float
    load_s: float
    seconds_per_unit: float

    def finish_s(self, cost: float) -> float:
        """Expected seconds until a generation of that cost is done there."""
        return self.wait_s + self.load_s + cost * self.seconds_per_unit


def pick(
    candidates: Sequence[Candidate[Server]], cost: float, random: Random
) -> Server:
    """
    Args:
        candidates: At least one.
        cost: Of the generation.
        random: Decides between equals, and which are looked at if there are many.
    """
    seen = _sample(candidates, random)
    least_s = min(candidate.finish_s(cost) for candidate in seen)
    equal_s = max(least_s + _EQUAL_S, least_s * (1 + _EQUAL_SHARE))
    equals = [one for one in seen if one.finish_s(cost) <= equal_s]
    loaded = [one for one in equals if one.load_s == 0]
    return random.choice(loaded or equals).server


def _sample(
    candidates: Sequence[Candidate[Server]], random: Random
) -> list[Candidate[Server]]:
    """All, or two that have the model and two that would have to load it."""
    if len(candidates) <= MOST_COMPARED:
        return list(candidates)
    loaded = [one for one in candidates if one.load_s == 0]
    others = [one for one in candidates if one.load_s > 0]
    return [
        one
        for group in (loaded, others)
        for one in random.sample(group, min(_SAMPLE, len(group)))
    ]

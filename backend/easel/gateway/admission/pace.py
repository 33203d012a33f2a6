"""How long things take behind the door, learned from those that came out. Pure."""

import math
from collections.abc import Callable
from dataclasses import dataclass

# Weight of the newest measurement, once there are enough of them.
_NEWEST = 0.2
# One measurement counts as at most so many times slower or faster than expected: a
# hiccup of the server must not refuse the next hundred callers.
_SURPRISE = 4.0

# A prediction is no promise: what would only just be too late is let in.
_TOLERANCE = 1.25

# Those who were refused together should not come back together.
_RETRY_SPREAD = 0.2
_SHORTEST_RETRY_S, _LONGEST_RETRY_S = 0.5, 120.0
_RETRY_UNKNOWN_S = 5.0


@dataclass(slots=True)
class Pace:
    """Seconds that a unit of cost takes inside, the server's own queue included.

    Attributes:
        log_s: Its natural logarithm: the average of logarithms is moved as far by what
            took ten times as long as by what took a tenth.
        measured: Generations that it was learned from.
    """

    log_s: float = 0.0
    measured: int = 0

    def learn(self, cost: float, seconds: float) -> None:
        """One came out after so long. What took no time or cost teaches nothing."""
        if seconds <= 0 or cost <= 0:
            return
        surprise = math.log(seconds / cost) - self.log_s
        if self.measured:
            limit = math.log(_SURPRISE)
            surprise = max(-limit, min(limit, surprise))
        self.measured += 1
        self.log_s += max(_NEWEST, 1 / self.measured) * surprise

    def seconds_for(self, cost: float) -> float | None:
        """None as long as nothing was measured."""
        return math.exp(self.log_s) * cost if self.measured else None


@dataclass(slots=True)
class Held:
    """Places taken, as sums: their number, their cost, and when they were entered."""

    count: int = 0
    cost: float = 0.0
    entered_s: float = 0.0

    def add(self, cost: float, entered_at_s: float) -> None:
        self.count += 1
        self.cost += cost
        self.entered_s += entered_at_s

    def remove(self, cost: float, entered_at_s: float) -> None:
        self.count -= 1
        # Sums of floats would drift away from nothing.
        self.cost = self.cost - cost if self.count else 0.0
        self.entered_s = self.entered_s - entered_at_s if self.count else 0.0


def wait_s(
    pace: Pace, inside: Held, cost_ahead: float, now_s: float, max_inside: int
) -> float | None:
    """Predicted seconds until a ticket in the queue is let in.

    All places work until then on what is inside and ahead; when one becomes free, the
    others are half done with theirs.

    Args:
        pace: None is predicted before it has measured.
        inside: All that hold a place.
        cost_ahead: Of those that will be let in before.
        now_s: On the clock of `inside`.
        max_inside: Places.
    """
    held_s, ahead_s = pace.seconds_for(inside.cost), pace.seconds_for(cost_ahead)
    if held_s is None or ahead_s is None:
        return None
    if inside.count < max_inside:
        return 0.0
    ages_s = inside.count * now_s - inside.entered_s
    left_s = max(0.0, held_s - ages_s)
    half_done_s = (max_inside - 1) * held_s / inside.count / 2
    return max(0.0, left_s + ahead_s - half_done_s) / max_inside


def is_too_late(predicted_s: float | None, deadline_s: float) -> bool:
    """Whether starting it would be wasted work."""
    return predicted_s is not None and predicted_s > _TOLERANCE * deadline_s


def retry_after_s(predicted_s: float | None, random: Callable[[], float]) -> float:
    """When to come back, in seconds, 0.5 to 120: around the time predicted.

    Args:
        predicted_s: When there will be room; None if unknown.
        random: In [0, 1).
    """
    around_s = _RETRY_UNKNOWN_S if predicted_s is None else predicted_s
    around_s = max(around_s, _SHORTEST_RETRY_S / (1 - _RETRY_SPREAD))
    around_s = min(around_s, _LONGEST_RETRY_S / (1 + _RETRY_SPREAD))
    return around_s * (1 + _RETRY_SPREAD * (2 * random() - 1))

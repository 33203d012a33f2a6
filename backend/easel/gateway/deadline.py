"""When a generation must be answered: set once, and passed on as what is left of it."""

from easel.clock import Clock
from easel.web.preferences import Preferences


class Deadline:
    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._at_s = clock.now() + seconds

    @property
    def remaining_s(self) -> float:
        """0 when it has passed."""
        return max(0.0, self._at_s - self._clock.now())


def time_allowed_s(preferences: Preferences, limit_s: float) -> float:
    """What `Prefer: wait=` leaves of the limit.

    With `respond-async` beside it, waiting longer means 202 and not too late.
    """
    if preferences.wait_s is None or preferences.responds_async:
        return limit_s
    return min(limit_s, preferences.wait_s)

"""How fast a server is: seconds for a unit of cost, learned from what it did. Pure."""

from math import exp2

from easel.clock import Clock

# Megapixels x steps: an eight-step 512 x 512 image is two units.
UNKNOWN_SECONDS_PER_UNIT = 0.1

# What each further generation leaves of the weight of those before it.
_MEMORY = 0.85

# A server that gets no work because it was slow must be tried again some day.
_FORGOTTEN_HALF_LIFE_S = 60.0


class Pace:
    """An average over the last generations, by their cost."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seconds = 0.0
        self._cost = 0.0
        self._learned_at = 0.0

    @property
    def learned(self) -> float | None:
        """Seconds for a unit as it was last seen; None if it never was."""
        return self._seconds / self._cost if self._cost > 0 else None

    def learn(self, seconds: float, cost: float) -> None:
        """
        Args:
            seconds: That the server gave to a generation, its share where it had
                several.
            cost: Of that generation; 0 teaches nothing.
        """
        if cost <= 0:
            return
        self._seconds = _MEMORY * self._seconds + seconds
        self._cost = _MEMORY * self._cost + cost
        self._learned_at = self._clock.now()

    def seconds_per_unit(self, fastest: float | None) -> float:
        """
        Args:
            fastest: Of all servers. Until the contrary is known one is taken to be as
                fast, and old knowledge fades towards that.
        """
        if fastest is None:
            fastest = UNKNOWN_SECONDS_PER_UNIT
        if self.learned is None:
            return fastest
        age_s = self._clock.now() - self._learned_at
        certainty = exp2(-age_s / _FORGOTTEN_HALF_LIFE_S)
        return fastest + certainty * (self.learned - fastest)

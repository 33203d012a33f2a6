"""Time, owned: whoever waits or measures is given a clock, so tests never sleep."""

import time
from typing import Protocol


class Clock(Protocol):
    """A monotonic clock: only differences between two readings mean something."""

    def now(self) -> float:
        """Seconds since an arbitrary moment."""
        ...


class MonotonicClock:
    """The clock of the machine."""

    def now(self) -> float:
        return time.monotonic()


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self, start_s: float = 0.0) -> None:
        self._now_s = start_s

    def now(self) -> float:
        return self._now_s

    def advance(self, seconds: float) -> None:
        """Raises ValueError if time would run backwards."""
        if seconds < 0:
            raise ValueError(f"time cannot go back by {-seconds} s")
        self._now_s += seconds

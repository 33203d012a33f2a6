"""How many generations may be tried a second time. Pure.

A share of what was asked lately, so that retries cannot double the load of servers
that are in trouble already; but always as many as may be in flight, because all of
those are lost together when a server dies.
"""

from collections import deque

from easel.clock import Clock

_WINDOW_S = 10.0


class RetryBudget:
    def __init__(self, clock: Clock, *, share: float, floor: int) -> None:
        self._clock = clock
        self._share = share
        self._floor = floor
        self._asked: deque[float] = deque()
        self._retried: deque[float] = deque()

    def asked(self) -> None:
        """A generation was passed on for the first time."""
        self._asked.append(self._clock.now())
        self._forget(self._asked)

    def take(self) -> bool:
        """Whether one more retry is within the budget; if so, it counts."""
        self._forget(self._asked)
        self._forget(self._retried)
        if not self._share:
            return False
        if len(self._retried) >= max(self._floor, self._share * len(self._asked)):
            return False
        self._retried.append(self._clock.now())
        return True

    def _forget(self, moments: deque[float]) -> None:
        oldest = self._clock.now() - _WINDOW_S
        while moments and moments[0] < oldest:
            moments.popleft()

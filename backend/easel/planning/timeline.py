"""Simulated time: what is to happen when, in order, as fast as it can be computed."""

from collections.abc import Callable
from heapq import heappop, heappush
from math import inf

from easel.clock import ManualClock


class Timeline(ManualClock):
    """A clock that moves from event to event; equal times keep their order.

    Attributes:
        events: That have happened.
    """

    def __init__(self) -> None:
        super().__init__()
        self.events = 0
        self._number = 0
        self._coming: list[tuple[float, int, Callable[[], None]]] = []

    def at(self, at_s: float, act: Callable[[], None]) -> None:
        """Not before now."""
        self._number += 1
        heappush(self._coming, (max(at_s, self._now_s), self._number, act))

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        self.at(self._now_s + seconds, act)

    def play_until(self, until_s: float = inf, *, unless: Callable[[], bool]) -> None:
        """Everything up to that moment; sooner if nothing comes any more.

        Args:
            until_s: By this clock; it stands there afterwards, unless it is endless.
            unless: Asked before each event; true ends it.
        """
        while self._coming and self._coming[0][0] <= until_s and not unless():
            self._now_s, _, act = heappop(self._coming)
            self.events += 1
            act()
        if until_s < inf and not unless():
            self._now_s = max(self._now_s, until_s)

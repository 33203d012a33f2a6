"""How much longer somebody waits because others will come who are served before him.

The future is expected to bring what the last half minute brought. Pure.
"""

from collections import deque
from dataclasses import dataclass

MEMORY_S = 30.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """Of a generation.

    Attributes:
        at_s: By the scheduler's clock.
        priority_class: 0 is served first.
        alone_s: Seconds that one of its images takes alone.
        work_s: Device-seconds that it adds to the queue.
    """

    at_s: float
    priority_class: int
    alone_s: float
    work_s: float


class Overtaking:
    """Remembers who was accepted of late."""

    def __init__(self) -> None:
        self._lately: deque[Arrival] = deque()

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._lately)

    def joined(self, arrival: Arrival) -> None:
        self._lately.append(arrival)
        while self._lately[0].at_s < arrival.at_s - MEMORY_S:
            self._lately.popleft()

    def stretched_s(
        self, eta_s: float, newcomer: Arrival, *, ageing: float, promote_after_s: float
    ) -> float:
        """Seconds to the images of `newcomer`, with those who will overtake him.

        Args:
            eta_s: Without them.
            newcomer: Comes now.
            ageing: The scheduler's, above 0.
            promote_after_s: The scheduler's.
        """

        def until_s(other: Arrival) -> float:
            """Such as he go before the newcomer if they come no later than this."""
            classes = newcomer.priority_class - other.priority_class
            if classes:
                return classes * promote_after_s
            return (newcomer.alone_s - other.alone_s) / ageing

        since_s = newcomer.at_s - MEMORY_S
        lately = [one for one in self._lately if one.at_s >= since_s]
        streams = sorted((until_s(one), one.work_s / MEMORY_S) for one in lately)
        overtaking = [stream for stream in streams if stream[0] > 0]
        rate = sum(share for _, share in overtaking)
        for last_s, share in overtaking:
            # Whoever still overtakes at the end has done so all the time.
            if eta_s <= last_s * (1 - rate):
                return eta_s / (1 - rate)
            eta_s += share * last_s
            rate -= share
        return eta_s

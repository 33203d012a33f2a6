"""Accept now, or refuse now and say when to come back. Pure."""

from dataclasses import dataclass
from typing import Literal, Self

# Sooner than this nobody is asked back, and as late where nothing is known.
MIN_RETRY_AFTER_S = 1.0
UNKNOWN_RETRY_AFTER_S = 5.0

_SPREAD = 0.2


def spread(retry_after_s: float, drawn: float) -> float:
    """Sooner or later by a fifth, so that a refused crowd does not return as one.

    Args:
        retry_after_s: Around which.
        drawn: In [0, 1), evenly.
    """
    return retry_after_s * (1 + _SPREAD * (2 * drawn - 1))


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no room, and the seconds until there is again.

    For one, if nobody else takes it meanwhile; `MIN_RETRY_AFTER_S` at least.
    """

    reason: Literal["backlog", "count"]
    retry_after_s: float


@dataclass(frozen=True, slots=True)
class Admission:
    """The limits.

    Attributes:
        max_backlog_s: Predicted seconds of work ahead of a newcomer.
        max_queued: How many may be here before him.
    """

    max_backlog_s: float
    max_queued: int

    @classmethod
    def beside(cls, running: int, *, max_backlog_s: float, max_queued: int) -> Self:
        """Where `max_queued` may wait beside those who are being painted.

        One of those who are here always is being painted, or is about to be.
        """
        return cls(max_backlog_s, max_queued + max(1, running))

    def decide(
        self, backlog_s: float | None, own_s: float | None, waiting: int
    ) -> Refusal | None:
        """None to accept. Whoever finds nobody before him is accepted, however big.

        Args:
            backlog_s: Predicted seconds of work ahead; None if unknown.
            own_s: Predicted seconds of the newcomer; None if unknown.
            waiting: How many are here.
        """
        if not waiting:
            return None
        too_much_s = 0.0 if backlog_s is None else backlog_s - self.max_backlog_s
        if waiting >= self.max_queued:
            slot_s = self._until_a_slot_frees_s(backlog_s, own_s, waiting)
            return Refusal("count", max(slot_s, too_much_s, MIN_RETRY_AFTER_S))
        if too_much_s > 0:
            return Refusal("backlog", max(too_much_s, MIN_RETRY_AFTER_S))
        return None

    def _until_a_slot_frees_s(
        self, backlog_s: float | None, own_s: float | None, waiting: int
    ) -> float:
        """The mean time between two that finish, until enough have."""
        to_finish = waiting - self.max_queued + 1
        if backlog_s is not None:
            return backlog_s * to_finish / waiting
        return UNKNOWN_RETRY_AFTER_S if own_s is None else own_s * to_finish

"""Whether the device hangs: how long the present piece of its work has been going on.

Written by the engine's thread, read by the event loop; each field is replaced whole.
"""

from dataclasses import dataclass

# A first step may compile or load kernels; nothing that works takes so long after it.
_LEAST_LIMIT_S = 30.0
_TIMES_EXPECTED = 10.0


@dataclass(frozen=True, slots=True)
class _Work:
    began_at_s: float
    limit_s: float


class StepWatch:
    """Told when device work begins and ends."""

    def __init__(self) -> None:
        self._work: _Work | None = None

    def begin(self, now_s: float, expected_s: float | None) -> None:
        """`expected_s` is what the cost model says, None if it cannot."""
        limit_s = max(_LEAST_LIMIT_S, _TIMES_EXPECTED * (expected_s or 0.0))
        self._work = _Work(now_s, limit_s)

    def end(self) -> None:
        self._work = None

    def hung_for_s(self, now_s: float) -> float | None:
        """Seconds, if it is longer than any healthy work takes; else None."""
        work = self._work
        if work is None or now_s - work.began_at_s <= work.limit_s:
            return None
        return now_s - work.began_at_s

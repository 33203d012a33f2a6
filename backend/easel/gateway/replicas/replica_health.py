"""The health of one server: starting, ready, busy, draining or unhealthy. Pure.

Three things decide: probes, connections that fail, and errors that it answers with.
Being busy is none of them, nor are callers who leave or run out of time. Bad news has
to come twice and good news once; who goes to and fro must be good for longer.
"""

from collections import deque
from math import inf
from typing import Literal

from easel.clock import Clock
from easel.contract.replicas import ReplicaState
from easel.gateway.replicas.error_ejection import ErrorEjection

# What a probe found: the server's own word, or no answer in time.
Verdict = Literal["healthy", "loading", "stopping", "unhealthy", "silent"]

# Whether a generation may be sent there: freely; because nothing is known yet; only
# where there is no better one; not at all.
Openness = Literal["open", "unknown", "last_resort", "closed"]

PROBE_EVERY_S = 2.0
# For who is not settled: at first, growing with the time that it takes.
PROBE_SOON_S = 0.5
_SLOWER_BY = 0.1

BAD_PROBES = 2

# Each time that probes took it out within this time asks for one more good probe.
_FLAPPING_WITHIN_S = 60.0
_MOST_GOOD_PROBES = 4


class ReplicaHealth:
    def __init__(self, clock: Clock) -> None:
        self.errors = ErrorEjection(clock)
        self._clock = clock
        # None: it has not answered yet.
        self._said: Verdict | None = None
        self._is_out = False
        self._is_doubted = False
        self._is_silent = False
        self._bad = 0
        self._good = 0
        self._good_needed = 1
        self._outs: deque[float] = deque(maxlen=_MOST_GOOD_PROBES)
        self._disconnected_at = -inf
        self._unsettled_since = clock.now()

    def state(self, *, has_work: bool) -> ReplicaState:
        if self._is_out or (self._said == "healthy" and self.errors.is_ejected):
            return "unhealthy"
        if self._said == "stopping":
            return "draining"
        if self._said != "healthy":
            return "starting"
        return "busy" if has_work else "ready"

    @property
    def openness(self) -> Openness:
        if self._is_out:
            return "closed" if self._is_silent else "last_resort"
        if self._said is None:
            return "unknown"
        if self._said != "healthy":
            return "closed"
        if not self.errors.is_ejected or self.errors.may_be_tried:
            return "open"
        return "last_resort"

    @property
    def is_out(self) -> bool:
        """Probes or connections failed; errors are another matter."""
        return self._is_out

    @property
    def has_answered(self) -> bool:
        """And does so still."""
        return self._said is not None and not self._is_out

    @property
    def is_loading(self) -> bool:
        return not self._is_out and self._said == "loading"

    @property
    def is_doubted(self) -> bool:
        """A connection failed, and the probe that tells what it means is under way."""
        return self._is_doubted

    @property
    def next_probe_in_s(self) -> float:
        is_settled = (
            self.openness == "open" and self._bad == 0 and not self.errors.is_ejected
        )
        if is_settled:
            return PROBE_EVERY_S
        if self._bad == 1 and not self._is_out:
            return PROBE_SOON_S
        unsettled_s = self._clock.now() - self._unsettled_since
        return min(max(PROBE_SOON_S, _SLOWER_BY * unsettled_s), PROBE_EVERY_S)

    def probed(self, verdict: Verdict, *, asked_at_s: float) -> None:
        """
        Args:
            verdict: What the probe found.
            asked_at_s: When it was sent, by the clock: an answer to what was asked
                before a connection failed does not heal it.
        """
        is_good = verdict not in ("unhealthy", "silent")
        if is_good and asked_at_s < self._disconnected_at:
            return
        self._is_doubted = False
        self._is_silent = verdict == "silent"
        self.errors.probed(is_good=is_good)
        if is_good:
            self._probed_well(verdict)
        else:
            self._probed_badly()

    def disconnected(self) -> None:
        """The server refused a connection or broke it off."""
        self._disconnected_at = self._clock.now()
        self._is_silent = True
        self._good = 0
        if not self._is_out:
            self._is_doubted = True
            self._take_out()

    def _probed_well(self, verdict: Verdict) -> None:
        self._bad = 0
        self._good += 1
        if self._is_out and self._good < self._good_needed:
            return
        if self._is_out or verdict != self._said:
            self._unsettled_since = self._clock.now()
        self._is_out = False
        self._said = verdict

    def _probed_badly(self) -> None:
        self._good = 0
        self._bad += 1
        if self._is_out or self._bad < BAD_PROBES:
            return
        self._take_out()
        now = self._clock.now()
        self._outs.append(now)
        recent = sum(now - out < _FLAPPING_WITHIN_S for out in self._outs)
        self._good_needed = recent

    def _take_out(self) -> None:
        self._is_out = True
        self._good_needed = 1
        self._unsettled_since = self._clock.now()

"""When a server that answers, but with errors, is left alone for a while. Pure.

Errors count by what they are blamed on, so that one prompt that breaks a model does
not take every server away from everybody. Who is ejected comes back in three steps:
the time is over, probes are good, and one real generation works.
"""

from dataclasses import dataclass
from math import inf

from easel.clock import Clock

# Of different requests, within this time, without as many good answers between.
ERRORS = 3
WINDOW_S = 30.0

# Doubled each time that it does not help.
FIRST_EJECTION_S = 5.0
LONGEST_EJECTION_S = 60.0

GOOD_PROBES = 2

# Who has worked for so long begins with the first ejection again.
FORGIVEN_AFTER_S = 60.0


@dataclass(slots=True, eq=False)
class Trial:
    """A generation that was sent, and whether it was to show that errors are over."""

    is_real: bool


class ErrorEjection:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # When, by what they are blamed on, the oldest first.
        self._errors: dict[object, float] = {}
        self._until: float | None = None
        self._ejection_s = FIRST_EJECTION_S
        self._returned_at = -inf
        self._good_probes = 0
        self._trials: set[Trial] = set()

    @property
    def is_ejected(self) -> bool:
        return self._until is not None

    @property
    def may_be_tried(self) -> bool:
        """Whether one generation may now show that the errors are over."""
        return (
            self._is_over
            and self._good_probes >= GOOD_PROBES
            and not any(trial.is_real for trial in self._trials)
        )

    def begin(self) -> Trial:
        """A generation is sent there."""
        trial = Trial(is_real=self.is_ejected)
        self._trials.add(trial)
        return trial

    def end(self, trial: Trial, *, has_worked: bool) -> None:
        """It ended; `has_worked` is false also where nothing can be said."""
        self._trials.discard(trial)
        if not has_worked:
            return
        if self._until is None:
            self._weigh_against_errors()
        elif trial.is_real:
            self._return()

    def failed(self, blame: str | None) -> None:
        """The server answered with an error that is its own.

        Args:
            blame: What is equal for requests that may fail for the same reason; None
                for a reason of its own.
        """
        reason: object = object() if blame is None else blame
        now = self._clock.now()
        if self._until is not None:
            # A known culprit says nothing about the server, and who was sent before
            # the ejection nothing new.
            if self._is_over and reason not in self._errors:
                self._eject()
            return
        self._errors.pop(reason, None)
        self._errors[reason] = now
        while now - next(iter(self._errors.values())) > WINDOW_S:
            self._forget_oldest()
        if len(self._errors) >= ERRORS:
            self._eject()

    def probed(self, *, is_good: bool) -> None:
        self._good_probes = self._good_probes + 1 if is_good else 0

    @property
    def _is_over(self) -> bool:
        return self._until is not None and self._clock.now() >= self._until

    def _eject(self) -> None:
        now = self._clock.now()
        is_again = self.is_ejected or now - self._returned_at < FORGIVEN_AFTER_S
        longer_s = min(2 * self._ejection_s, LONGEST_EJECTION_S)
        self._ejection_s = longer_s if is_again else FIRST_EJECTION_S
        self._until = now + self._ejection_s
        self._good_probes = 0

    def _return(self) -> None:
        self._until = None
        self._errors.clear()
        self._returned_at = self._clock.now()

    def _weigh_against_errors(self) -> None:
        """Only who fails as often as it works, or more often, is ejected."""
        if self._errors:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        del self._errors[next(iter(self._errors))]

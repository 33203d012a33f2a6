"""Whether a generation would be taken now, and if not, why and until when."""

import random
from collections.abc import Callable

from easel.clock import Clock
from easel.errors import (
    EngineHung,
    InternalError,
    ModelLoading,
    QueueFull,
    ServerStopping,
    ServiceError,
)
from easel.text2image.engine_thread.step_watch import StepWatch
from easel.text2image.present_generations import PresentGenerations
from easel.text2image.queue_board import QueueBoard
from easel.text2image.scheduling.admission import Admission, spread
from easel.text2image.settings import ServerSettings

# Before the first measurement there is nothing better to say than "soon".
_DEFAULT_RETRY_S = 5.0


class Readiness:
    """Lives on the event loop.

    Args:
        settings: The limits.
        present: Who is here.
        board: What they cost.
        watch: Tells whether the device hangs.
        clock: The watch's.
        draw: A number in [0, 1), for the waits that the refused are told.
    """

    def __init__(
        self,
        settings: ServerSettings,
        present: PresentGenerations,
        board: QueueBoard,
        watch: StepWatch,
        clock: Clock,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.is_loaded = False
        self.is_stopping = False
        self.unavailable_because: str | None = None
        # Being read or written to the journal: they count, or a burst of them would
        # all find the last free place.
        self.arriving = 0
        self._settings = settings
        self._present = present
        self._board = board
        self._watch = watch
        self._clock = clock
        self._draw = draw

    def why_not(self) -> ServiceError | None:
        """None when one would be taken."""
        if self.is_stopping:
            return ServerStopping("The server is stopping.")
        if self.unavailable_because is not None:
            return InternalError("The model cannot be served; the log says why.")
        if not self.is_loaded:
            return ModelLoading(
                "The model is loading.", retry_after_s=self._about(_DEFAULT_RETRY_S)
            )
        if (hung_s := self.hung_for_s()) is not None:
            return EngineHung(
                f"The device has been at one step for {hung_s:.0f} s.",
                retry_after_s=self._about(_DEFAULT_RETRY_S),
            )
        return self._queue_full()

    def hung_for_s(self) -> float | None:
        """Since when the device has not moved, if that is longer than it should be."""
        return self._watch.hung_for_s(self._clock.now())

    def _queue_full(self) -> QueueFull | None:
        """Refuse by predicted work, and by a count that bounds memory."""
        running = self._present.running
        here = self.arriving + running + self._present.queued
        limits = Admission.beside(
            running,
            max_backlog_s=self._settings.max_backlog_s,
            max_queued=self._settings.max_queued,
        )
        backlog_s = self._board.backlog_s(self._clock.now())
        refusal = limits.decide(backlog_s, None, here)
        if refusal is None:
            return None
        waiting = here - max(1, running)
        why = (
            f"{waiting} wait; the limit is {self._settings.max_queued}"
            if refusal.reason == "count"
            else f"{backlog_s:.0f} s of work are accepted; the limit is "
            f"{self._settings.max_backlog_s:.0f} s"
        )
        return QueueFull(
            f"The queue is full: {why}.",
            retry_after_s=self._about(refusal.retry_after_s),
        )

    def _about(self, retry_after_s: float) -> float:
        return round(spread(retry_after_s, self._draw()), 1)

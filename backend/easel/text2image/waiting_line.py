"""Who waits for the engine, in which place, and for how long."""

from easel.clock import Clock
from easel.contract.generations import Parameters
from easel.text2image.live_generation import LiveGeneration
from easel.text2image.pace import Pace, RunningEta


class WaitingLine:
    """First come, first served; one generation runs at a time."""

    def __init__(self, clock: Clock) -> None:
        self.waiting: list[LiveGeneration] = []
        self.running: LiveGeneration | None = None
        self.pace = Pace()
        self._running_eta: RunningEta | None = None
        self._clock = clock

    def __len__(self) -> int:
        """How many are here, the running one included."""
        return len(self.waiting) + (self.running is not None)

    def join(self, live: LiveGeneration) -> None:
        self.waiting.append(live)

    def leave(self, live: LiveGeneration) -> None:
        """It ended while it waited, or its turn has come. Nothing if it is not here."""
        if live in self.waiting:
            self.waiting.remove(live)
            for place, (other, eta_s) in enumerate(self._etas(), start=1):
                other.move_to(place, eta_s)

    def run(self, live: LiveGeneration) -> None:
        """Its turn has come."""
        self.running = live
        self._running_eta = RunningEta(
            live.parameters.num_inference_steps,
            started_at_s=self._clock.now(),
            predicted_s=self.pace.predicted_s(live.parameters),
            overhead_s=self.pace.overhead_s,
        )
        self.leave(live)

    def after_step(self, step: int) -> float | None:
        """Seconds that the running one has left after `step`; None if unknown."""
        if self._running_eta is None:
            return None
        return self._running_eta.after_step(step, self._clock.now())

    def release(self, live: LiveGeneration) -> None:
        """The engine is done with it."""
        if self.running is live:
            self.running = None
            self._running_eta = None

    def refresh(self) -> None:
        """Bring the times in the documents up to now; nobody is told by an event."""
        for live, eta_s in self._etas():
            live.expect(eta_s)
        if self.running is not None:
            self.running.expect(self.next_free_s)

    @property
    def next_free_s(self) -> float | None:
        """Seconds until the engine takes the next one; None if unknown."""
        if self.running is None or self.running.has_ended:
            # Cancelled, it still has a step to go at most.
            return 0.0
        assert self._running_eta is not None
        return self._running_eta.at(self._clock.now())

    @property
    def backlog_s(self) -> float | None:
        """Seconds until all that is here is done; None if unknown."""
        etas = self._etas()
        return etas[-1][1] if etas else self.next_free_s

    def eta_of_next(self, parameters: Parameters) -> float | None:
        """Seconds to the images of one that would join now; None if unknown."""
        ahead_s, own_s = self.backlog_s, self.pace.predicted_s(parameters)
        return None if ahead_s is None or own_s is None else ahead_s + own_s

    def _etas(self) -> list[tuple[LiveGeneration, float | None]]:
        """Who waits, in order, and how long each has until its images."""
        etas: list[tuple[LiveGeneration, float | None]] = []
        total_s = self.next_free_s
        for live in self.waiting:
            own_s = self.pace.predicted_s(live.parameters)
            total_s = None if total_s is None or own_s is None else total_s + own_s
            etas.append((live, total_s))
        return etas

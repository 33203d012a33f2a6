"""Who waits for the engine, in which place, and for how long."""

from easel.contract.generations import Parameters, RunningGeneration
from easel.text2image.live_generation import LiveGeneration
from easel.text2image.pace import Pace, RunningEta


class WaitingLine:
    """First come, first served; one generation runs at a time."""

    def __init__(self) -> None:
        self.waiting: list[LiveGeneration] = []
        self.running: LiveGeneration | None = None
        self.running_eta: RunningEta | None = None
        self.pace = Pace()

    def join(self, live: LiveGeneration) -> None:
        self.waiting.append(live)

    def leave(self, live: LiveGeneration) -> None:
        """It ended while it waited, or its turn has come. Nothing if it is not here."""
        if live in self.waiting:
            self.waiting.remove(live)
            for index, other in enumerate(self.waiting):
                other.move_to(index + 1, self._eta_of(self.waiting[: index + 1]))

    def run(self, live: LiveGeneration) -> None:
        """Its turn has come."""
        self.running = live
        steps = live.parameters.num_inference_steps
        self.running_eta = RunningEta(steps, self.pace.overhead_s)
        self.leave(live)

    def release(self, live: LiveGeneration) -> None:
        """The engine is done with it."""
        if self.running is live:
            self.running = None
            self.running_eta = None

    @property
    def next_free_s(self) -> float | None:
        """Seconds until the engine takes the next one; None if unknown."""
        if self.running is None:
            return 0.0
        document = self.running.document
        return document.eta_s if isinstance(document, RunningGeneration) else None

    @property
    def backlog_s(self) -> float | None:
        """Seconds until all that is here is done; None if unknown."""
        return self._eta_of(self.waiting)

    def eta_of_next(self, parameters: Parameters) -> float | None:
        """Seconds to the images of one that would join now; None if unknown."""
        ahead_s, own_s = self.backlog_s, self.pace.predicted_s(parameters)
        return None if ahead_s is None or own_s is None else ahead_s + own_s

    def _eta_of(self, waiting: list[LiveGeneration]) -> float | None:
        total_s = self.next_free_s
        for live in waiting:
            own_s = self.pace.predicted_s(live.parameters)
            if own_s is None or total_s is None:
                return None
            total_s += own_s
        return total_s

"""A server that is asked for more than it can do, in simulated time.

Its step loop, queue board and admission are the real ones; the engine only takes the
time that a small model takes on a processor.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from statistics import median

from easel.clock import ManualClock
from easel.contract.generations import Priority
from easel.text2image.engine_thread.painting import Order, PaintedImage
from easel.text2image.engine_thread.sample_specs import painting_of
from easel.text2image.engine_thread.step_loop import StepLoop
from easel.text2image.engine_thread.step_watch import StepWatch
from easel.text2image.engines.base import PendingImages, SamplePlan, SampleSpec
from easel.text2image.engines.fake import FakeSample
from easel.text2image.live_generation import Accepted, LiveGeneration
from easel.text2image.queue_board import QueueBoard
from easel.text2image.scheduling.admission import Admission
from easel.text2image.scheduling.cost_model import CostModel
from easel.text2image.scheduling.samples import BatchKey
from tests.text2image.recording_listener import RecordingListener
from tests.text2image.scripted_engine import ScriptedEngine
from tests.text2image.some_generation import some_generation

KEY = BatchKey("fake", 512, 512)
MAX_ROWS = 32
ENCODE_S = 0.005
DECODE_S = 0.085


def step_s(rows: int) -> float:
    """25 ms for one image with guidance, 115 ms for sixteen."""
    return 0.019 + 0.003 * rows


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody asks for images of 512 x 512 with guidance."""

    at_s: float
    steps: int
    user: str
    priority: Priority = "interactive"
    images: int = 1


@dataclass(slots=True)
class Promise:
    """What an accepted one was told and what came true, in seconds from its arrival."""

    arrival: Arrival
    eta_s: float
    actual_s: float = 0.0

    @property
    def error(self) -> float:
        """Relative to the truth."""
        return abs(self.eta_s / self.actual_s - 1)


class TimedEngine(ScriptedEngine):
    """Encoding, steps and decoding take their time."""

    def begin(self, spec: SampleSpec, plan: SamplePlan) -> FakeSample:
        self._clock.advance(ENCODE_S)
        return super().begin(spec, plan)

    def step(self, samples: Sequence[FakeSample], *, max_rows: int) -> None:
        self._step_s = step_s(sum(sample.plan.rows for sample in samples))
        super().step(samples, max_rows=max_rows)

    def decode(self, samples: Sequence[FakeSample]) -> PendingImages:
        self._clock.advance(DECODE_S * len(samples))
        return super().decode(samples)


class OverloadedServer(RecordingListener):
    """Has measured its model already, and learns on.

    Args:
        max_backlog_s: Above it nobody is accepted.
    """

    def __init__(self, *, max_backlog_s: float = 30.0) -> None:
        super().__init__()
        self.promises: dict[str, Promise] = {}
        self.refused = 0
        self._clock = ManualClock()
        self._engine = TimedEngine(self._clock)
        self._board = QueueBoard()
        self._admission = Admission(max_backlog_s=max_backlog_s, max_queued=1000)
        self._unpainted: dict[str, int] = {}
        costs = CostModel(start_rows=MAX_ROWS, max_rows=MAX_ROWS)
        for rows in (2, 4, 8, 16, MAX_ROWS):
            for _ in range(4):
                costs.learn_step(KEY, rows, step_s(rows))
        costs.learn_overhead(KEY, ENCODE_S + DECODE_S)
        self._loop = StepLoop(costs, self.post, self, self._clock, StepWatch())
        self._loop.tell_queue([])

    def play(self, arrivals: Iterable[Arrival]) -> list[Promise]:
        """Until all who were accepted have their images.

        Who comes during a turn of the loop is decided by the view from before it and
        joins after it.
        """
        coming = list(reversed(list(arrivals)))
        while coming or not self._loop.is_idle:
            self._board.saw(self.views[-1])
            if self._loop.is_idle:
                self._clock.advance(max(0.0, coming[-1].at_s - self._clock.now()))
            else:
                self._loop.turn()
            while coming and coming[-1].at_s <= self._clock.now():
                self._ask(coming.pop())
        return list(self.promises.values())

    def on_image(self, order: Order, painted: PaintedImage) -> None:
        super().on_image(order, painted)
        self._unpainted[order.id] -= 1
        if not self._unpainted[order.id]:
            del self._unpainted[order.id]
            promise = self.promises[order.id]
            promise.actual_s = self._clock.now() - promise.arrival.at_s

    def _ask(self, arrival: Arrival) -> None:
        backlog_s = self._board.backlog_s(arrival.at_s)
        if self._admission.decide(backlog_s, None, len(self._unpainted)):
            self.refused += 1
            return
        accepted = accepted_as(len(self.promises) + 1, arrival)
        eta_s = self._board.eta_of_next_s(accepted)
        assert eta_s is not None
        self.promises[accepted.id] = Promise(arrival, eta_s)
        self._unpainted[accepted.id] = arrival.images
        self._board.joined(accepted)
        live = LiveGeneration(accepted, (), position=1, eta_s=eta_s)
        self._loop.take(painting_of(live, None), self._engine)


def accepted_as(number: int, arrival: Arrival) -> Accepted:
    changes = {
        "width": KEY.width,
        "height": KEY.height,
        "num_inference_steps": arrival.steps,
        "num_images": arrival.images,
        "priority": arrival.priority,
    }
    return Accepted(
        id=f"generation {number}",
        number=number,
        model=KEY.model,
        parameters=some_generation("").parameters.model_copy(update=changes),
        request_id="-",
        user=arrival.user,
        accepted_at_s=arrival.at_s,
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


def crowd(
    random: Random, *, per_s: float, duration_s: float, users: Sequence[str]
) -> list[Arrival]:
    """Open loop: 80 % ask for 4 steps, 15 % for 20 and 5 % for 50."""
    now_s, arrivals = 0.0, []
    while (now_s := now_s + random.expovariate(per_s)) < duration_s:
        (steps,) = random.choices((4, 20, 50), (80, 15, 5))
        arrivals.append(Arrival(now_s, steps, random.choice(users)))
    return arrivals


def median_error(promises: Iterable[Promise], steps: int | None = None) -> float:
    """Of those with so many steps, or of all."""
    return median(
        promise.error for promise in promises if steps in (None, promise.arrival.steps)
    )

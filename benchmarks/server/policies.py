"""Three ways to serve one trace with one engine in one thread, without HTTP.

Each takes arrivals at their time and returns when each image was there, in seconds
from the beginning of the trace. Time in the queue counts from the arrival, also when
the thread was busy then.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from easel.clock import MonotonicClock
from easel.errors import ServiceError
from easel.text2image.engine_thread.painting import (
    Order,
    PaintedImage,
    Painting,
    PreviewReport,
    StepReport,
)
from easel.text2image.engine_thread.queue_view import QueueView
from easel.text2image.engine_thread.step_loop import StepLoop
from easel.text2image.engine_thread.step_watch import StepWatch
from easel.text2image.engines.base import AnyEngine, SampleSpec
from easel.text2image.scheduling.cost_model import CostModel

from .in_process import Drawn, paint_together, sample_spec
from .traffic import Arrival

# By the arrival's number.
Finishes = dict[int, float]


class Timeline:
    """A trace as it comes true."""

    def __init__(self, trace: Sequence[Arrival]) -> None:
        self._coming = deque(trace)
        self._began_at = time.perf_counter()

    def now_s(self) -> float:
        return time.perf_counter() - self._began_at

    def arrived(self) -> list[Arrival]:
        """Those who came since the last call."""
        now_s = self.now_s()
        came = []
        while self._coming and self._coming[0].at_s <= now_s:
            came.append(self._coming.popleft())
        return came

    def wait_for_next(self) -> bool:
        """Sleep until somebody comes; False if nobody will."""
        if not self._coming:
            return False
        time.sleep(max(0.0, self._coming[0].at_s - self.now_s()))
        return True


def spec_of(engine: AnyEngine, arrival: Arrival, taker: str) -> SampleSpec:
    drawn = Drawn(arrival.number, arrival.steps, arrival.seed, taker)
    return sample_spec(engine, drawn)


def one_at_a_time(engine: AnyEngine, trace: Sequence[Arrival], taker: str) -> Finishes:
    """First in, first out: the next begins when the one before it has its image."""
    return dynamic_batching(engine, trace, taker, max_images=1)


def dynamic_batching(
    engine: AnyEngine, trace: Sequence[Arrival], taker: str, *, max_images: int
) -> Finishes:
    """Whole requests together: the first who waits, and others with as many steps.

    They begin together and end together; who comes meanwhile waits. Nobody is kept
    waiting for company.
    """
    timeline = Timeline(trace)
    waiting: list[Arrival] = []
    finishes: Finishes = {}
    while True:
        waiting += timeline.arrived()
        if not waiting:
            if not timeline.wait_for_next():
                return finishes
            continue
        equal = [one for one in waiting if one.steps == waiting[0].steps]
        batch = equal[:max_images]
        waiting = [one for one in waiting if one not in batch]
        paint_together(engine, [spec_of(engine, one, taker) for one in batch])
        for one in batch:
            finishes[one.number] = timeline.now_s()


def step_level(
    engine: AnyEngine, trace: Sequence[Arrival], taker: str, *, costs: CostModel
) -> Finishes:
    """The server's own step loop and batch scheduler."""
    timeline = Timeline(trace)
    clock = MonotonicClock()
    finishes: Finishes = {}

    def on_image(order: Order) -> None:
        finishes[int(order.id)] = timeline.now_s()

    loop = StepLoop(costs, call_now, Listening(on_image), clock, StepWatch())
    while True:
        now_s = timeline.now_s()
        for one in timeline.arrived():
            spec = spec_of(engine, one, taker)
            accepted_at_s = clock.now() - (now_s - one.at_s)
            loop.take(
                painting_of(engine, str(one.number), one.number, spec, accepted_at_s),
                engine,
            )
        if not loop.is_idle:
            loop.turn()
        elif not timeline.wait_for_next():
            return finishes


def call_now(call: Callable[..., object], *arguments: object) -> None:
    """Where there is no event loop to carry news to."""
    call(*arguments)


@dataclass(slots=True, eq=False)
class BareOrder:
    """A generation that nobody watches."""

    id: str
    request_id: str = ""
    stop: threading.Event = field(default_factory=threading.Event)
    is_watched: bool = False


def painting_of(
    engine: AnyEngine, name: str, number: int, spec: SampleSpec, accepted_at_s: float
) -> Painting:
    """A generation of one image."""
    return Painting(
        order=BareOrder(name),
        number=number,
        model=engine.model.id,
        specs=[spec],
        user="",
        priority="interactive",
        accepted_at_s=accepted_at_s,
    )


class Listening:
    """Hears of images, and raises what failed; more is heard by those who derive."""

    def __init__(self, on_image: Callable[[Order], None]) -> None:
        self._on_image = on_image

    def on_image(self, order: Order, painted: PaintedImage) -> None:
        self._on_image(order)

    def on_failed(self, order: Order, error: ServiceError) -> None:
        raise error

    def on_started(self, order: Order) -> None: ...
    def on_warnings(self, order: Order, warnings: tuple[str, ...]) -> None: ...
    def on_step(self, report: StepReport) -> None: ...
    def on_previews(self, report: PreviewReport) -> None: ...
    def on_stopped(self, order: Order, saved_steps: int) -> None: ...
    def on_queue(self, view: QueueView) -> None: ...

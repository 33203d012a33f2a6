"""How soon a cancelled generation's place in the batch is free, and what others feel.

Two views. `engine`: the server's step loop in this process with a batch of a given
size, full, and one more generation waiting; a stop flag is raised at a random moment;
free is when the waiting one has begun; the neighbours' steps before and after it are
compared. `server`: a real one over HTTP, as full as its cost model lets it be; from
sending DELETE, or from hanging up, until the event that the next one has started.
"""

import asyncio
import random
import threading
import time
from statistics import median
from typing import Any

from easel.clock import MonotonicClock
from easel.text2image.engine_thread.painting import Order, StepReport
from easel.text2image.engine_thread.step_loop import StepLoop
from easel.text2image.engine_thread.step_watch import StepWatch
from easel.text2image.engines.base import AnyEngine
from easel.text2image.scheduling.cost_model import CostModel
from easel.text2image.scheduling.samples import BatchKey
from findings.figures import described

from .arguments import parser
from .cancel_over_http import WAYS, over_http
from .in_process import Drawn, open_engine, rows_of, sample_spec
from .policies import Listening, call_now, painting_of
from .results import Results

# Long enough that nobody is done before the end of a trial.
_STEPS = 200
# Until the batch is full, and steps to compare with.
_STEPS_BEFORE = 8
_STEPS_AFTER = 4


class GivenBatch(CostModel):
    """The size of a batch is given here, not searched for."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self._given_rows = rows

    def cap_rows(self, key: BatchKey) -> int:
        return self._given_rows


class Trial(Listening):
    """What the step loop tells of one trial."""

    def __init__(self) -> None:
        super().__init__(lambda order: None)
        self.started_at: dict[str, float] = {}
        self.stopped_at: float | None = None
        self.steps_s: list[float] = []

    def on_started(self, order: Order) -> None:
        self.started_at[order.id] = time.perf_counter()

    def on_stopped(self, order: Order, saved_steps: int) -> None:
        self.stopped_at = time.perf_counter()

    def on_step(self, report: StepReport) -> None:
        self.steps_s.append(report.seconds)


def engine_trial(
    engine: AnyEngine, images: int, number: int, draw: random.Random
) -> dict[str, Any]:
    """A full batch and one who waits; one of the batch is stopped."""
    specs = [
        sample_spec(engine, Drawn(place, _STEPS, place, f"cancel-{number}-{images}"))
        for place in range(images + 1)
    ]
    trial = Trial()
    clock = MonotonicClock()
    costs = GivenBatch(rows_of(engine, specs[:images]))
    loop = StepLoop(costs, call_now, trial, clock, StepWatch())
    paintings = [
        painting_of(engine, str(place), place, spec, clock.now())
        for place, spec in enumerate(specs)
    ]
    for painting in paintings:
        loop.take(painting, engine)
    # The first turns begin two prompts each; from then on the batch is full.
    while len(trial.steps_s) < _STEPS_BEFORE + images // 2:
        loop.turn()
    before_s = median(trial.steps_s[-_STEPS_BEFORE:])
    stopped_at = _stopped_between_steps(
        loop, trial, paintings[draw.randrange(images)].order, draw.uniform(0, before_s)
    )
    waiting = str(images)
    while waiting not in trial.started_at:
        loop.turn()
    first_after = len(trial.steps_s)
    while len(trial.steps_s) < first_after + _STEPS_AFTER:
        loop.turn()
    for painting in paintings:
        painting.order.stop.set()
    loop.turn()
    assert trial.stopped_at is not None
    return {
        "released_s": trial.stopped_at - stopped_at,
        "free_s": trial.started_at[waiting] - stopped_at,
        "step_before_s": before_s,
        "step_after_s": median(trial.steps_s[first_after:]),
    }


def _stopped_between_steps(
    loop: StepLoop, trial: Trial, order: Order, after_s: float
) -> float:
    """Raise its stop flag so many seconds from now; returns when that was."""
    raised_at: list[float] = []

    def stop() -> None:
        raised_at.append(time.perf_counter())
        order.stop.set()

    timer = threading.Timer(after_s, stop)
    timer.start()
    while trial.stopped_at is None:
        loop.turn()
    timer.join()
    return raised_at[0]


def summarise(results: Results, batches: list[int]) -> None:
    for images in batches:
        trials: Any = [
            one for one in results.measurements["engine"] if one["images"] == images
        ]
        title = f"batch of {images}, engine"
        results.summary |= {
            f"{title}, step ms": 1000 * median(one["step_before_s"] for one in trials),
            f"{title}, free after ms": _brief([one["free_s"] for one in trials]),
            f"{title}, free after steps": _brief(
                [one["free_s"] / one["step_before_s"] for one in trials], 1
            ),
            f"{title}, neighbours' step after / before": median(
                one["step_after_s"] / one["step_before_s"] for one in trials
            ),
        }
        for way in WAYS:
            over: Any = [
                one
                for one in results.measurements["server"]
                if one["images_at_most"] == images and one["way"] == way
            ]
            running = sorted({one["running"] for one in over})
            results.summary[
                f"batch of at most {images} ({running} ran), server, {way}, ms"
            ] = _brief([one["free_s"] for one in over])


def _brief(values: list[float], factor: float = 1000) -> str:
    numbers = described([factor * value for value in values])
    return ", ".join(f"{name} {value:.3g}" for name, value in numbers.items())


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--batches", type=int, nargs="+", default=[1, 4])
    options.add_argument("--trials", type=int, default=20, help="of each kind")
    arguments = options.parse_args()
    results = Results("cancel_to_free", arguments)
    engine = open_engine(arguments)
    draw = random.Random(arguments.seed)
    for images in arguments.batches:
        for number in range(arguments.trials):
            found = engine_trial(engine, images, number, draw)
            results.add("engine", images=images, **found)
    engine.close()
    asyncio.run(over_http(arguments, results))
    summarise(results, arguments.batches)
    results.write()


if __name__ == "__main__":
    main()

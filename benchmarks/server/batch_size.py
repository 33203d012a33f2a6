"""Images per second by the number of images in one forward pass; no HTTP, no PNG.

A round paints every number of images once, so that a drift of the machine meets all of
them. A step is timed until its result can be read. At the end the cost model is asked
which number of rows it would choose, by the search that the server uses.
"""

import argparse
import time
from statistics import median

from easel.clock import MonotonicClock
from easel.text2image.engine_thread.calibration import calibrate
from easel.text2image.engines.base import AnyEngine, SampleSpec
from easel.text2image.scheduling.cost_model import CostModel

from .arguments import parser
from .in_process import Drawn, open_engine, rows_of, sample_spec
from .results import Results

_COUNTS = (1, 2, 3, 4, 6, 8, 12, 16)
# The search ends when the cost model has settled on a number, or here.
_MAX_SEARCH_STEPS = 200


def specs_of(
    engine: AnyEngine, arguments: argparse.Namespace, count: int, *, taker: str
) -> list[SampleSpec]:
    return [
        sample_spec(
            engine,
            Drawn(number, arguments.steps, arguments.seed + number, taker),
            guidance_scale=arguments.guidance_scale,
        )
        for number in range(count)
    ]


def measure_one(
    engine: AnyEngine, specs: list[SampleSpec]
) -> tuple[float, list[float], float]:
    """Seconds of all prompts, of each step, and of all images."""
    plans = [engine.plan(spec) for spec in specs]
    rows = sum(plan.rows for plan in plans)
    began_at = time.perf_counter()
    samples = [
        engine.begin(spec, plan) for spec, plan in zip(specs, plans, strict=True)
    ]
    encode_s = time.perf_counter() - began_at
    steps_s = []
    for _ in range(plans[0].steps):
        began_at = time.perf_counter()
        engine.step(samples, max_rows=rows)
        _until_computed(engine)
        steps_s.append(time.perf_counter() - began_at)
    began_at = time.perf_counter()
    engine.decode(samples).result()
    decode_s = time.perf_counter() - began_at
    for sample in samples:
        engine.end(sample)
    return encode_s, steps_s, decode_s


def _until_computed(engine: AnyEngine) -> None:
    """A GPU computes behind the caller's back."""
    if engine.device.startswith("cuda"):
        import torch

        torch.cuda.synchronize()


def search(engine: AnyEngine, arguments: argparse.Namespace) -> tuple[int, int, int]:
    """Rows by the calibration at the start, rows settled on, and steps until then."""
    costs = CostModel()
    calibrate(engine, costs, MonotonicClock())
    plan = engine.plan(specs_of(engine, arguments, 1, taker="search")[0])
    key = plan.key
    at_start = costs.cap_rows(key)
    steps = 0
    while key not in costs.snapshot().knees and steps < _MAX_SEARCH_STEPS:
        count = max(1, costs.cap_rows(key) // plan.rows)
        specs = specs_of(engine, arguments, count, taker=f"search-{steps}")
        rows = rows_of(engine, specs)
        _, steps_s, _ = measure_one(engine, specs)
        for step_s in steps_s:
            costs.learn_step(key, rows, step_s, wanted_more=True)
        steps += len(steps_s)
    return at_start, costs.cap_rows(key), steps


def measure(engine: AnyEngine, arguments: argparse.Namespace, results: Results) -> None:
    for count in arguments.counts:
        # The first pass of a shape chooses kernels.
        measure_one(engine, specs_of(engine, arguments, count, taker="warm"))
    for number in range(arguments.rounds):
        for count in arguments.counts:
            specs = specs_of(engine, arguments, count, taker=f"round-{number}")
            encode_s, steps_s, decode_s = measure_one(engine, specs)
            results.add(
                "rounds",
                round=number,
                images=count,
                encode_s=encode_s,
                decode_s=decode_s,
                steps_s=steps_s,
                images_per_s=count / (encode_s + sum(steps_s) + decode_s),
            )


def summarise(results: Results, rows_of_one: int) -> None:
    by_count: dict[int, list[dict[str, object]]] = {}
    for one in results.measurements["rounds"]:
        by_count.setdefault(int(str(one["images"])), []).append(dict(one))
    results.summary["rows of one image"] = rows_of_one
    alone: float | None = None
    for count, rounds in by_count.items():
        rate = median(float(str(one["images_per_s"])) for one in rounds)
        step_s = median(median(_steps_s(one)) for one in rounds)
        alone = alone or rate
        results.summary[f"{count} images"] = (
            f"{rate:.3g} images/s ({rate / alone:.2f} x), step {1000 * step_s:.1f} ms"
        )


def _steps_s(measured: dict[str, object]) -> list[float]:
    steps_s = measured["steps_s"]
    assert isinstance(steps_s, list)
    return steps_s


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--counts", type=int, nargs="+", default=list(_COUNTS))
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--steps", type=int, default=16)
    options.add_argument("--guidance-scale", type=float)
    arguments = options.parse_args()
    results = Results("batch_size", arguments)
    engine = open_engine(arguments)
    measure(engine, arguments, results)
    summarise(results, rows_of(engine, specs_of(engine, arguments, 1, taker="")))
    at_start, settled, steps = search(engine, arguments)
    results.summary |= {
        "rows after the calibration at the start": at_start,
        "rows that the cost model settles on": settled,
        "steps until it did": steps,
    }
    results.write()
    engine.close()


if __name__ == "__main__":
    main()

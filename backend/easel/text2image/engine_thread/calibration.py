"""What a step of a freshly loaded model costs, measured before anybody comes."""

import logging

from easel.clock import Clock
from easel.errors import OutOfMemory
from easel.text2image.engines.base import (
    AnyEngine,
    ModelUnavailable,
    RunningSample,
    SampleSpec,
)
from easel.text2image.scheduling.cost_model import CostModel

log = logging.getLogger(__name__)

# The cost model leaves out the first measurement and wants three more for a verdict.
_STEPS = 4

# A slow device learns the rest while it runs: people wait for the start.
_BUDGET_S = 0.8


def calibrate(engine: AnyEngine, costs: CostModel, clock: Clock) -> None:
    """Step 1, 2, 4, … samples of the model's own size, until more gain nothing.

    What goes wrong here is for the first caller to see: the server starts all the same.

    Raises:
        ModelUnavailable: the device failed for good.
    """
    ends_at = clock.now() + _BUDGET_S
    count, took_s = 1, 0.0
    # Twice the samples take up to twice the time.
    while (began_at := clock.now()) + 2 * took_s < ends_at:
        try:
            rows, key_cap = _measure(engine, costs, clock, count)
        except ModelUnavailable:
            raise
        except Exception:
            log.exception("the calibration failed")
            return
        if rows >= key_cap:
            return
        count, took_s = 2 * count, clock.now() - began_at


def _measure(
    engine: AnyEngine, costs: CostModel, clock: Clock, count: int
) -> tuple[int, int]:
    """The rows of this many samples, and the cap after having measured them."""
    specs = [_spec(engine, number) for number in range(count)]
    plans = [engine.plan(spec) for spec in specs]
    key, rows = plans[0].key, sum(plan.rows for plan in plans)
    samples: list[RunningSample] = []
    try:
        for spec, plan in zip(specs, plans, strict=True):
            samples.append(engine.begin(spec, plan))
        for _ in range(min(_STEPS, plans[0].steps)):
            began_at = clock.now()
            engine.step(samples, max_rows=rows)
            costs.learn_step(key, rows, clock.now() - began_at, wanted_more=True)
    except OutOfMemory:
        costs.out_of_memory(key, rows)
    finally:
        for sample in samples:
            engine.end(sample)
    return rows, costs.cap_rows(key)


def _spec(engine: AnyEngine, number: int) -> SampleSpec:
    model = engine.model
    native = model.sizes.native[0]
    return SampleSpec(
        id=f"calibration-{number}",
        prompt="a calibration of the step time",
        negative_prompt=None,
        width=native.width,
        height=native.height,
        num_inference_steps=max(_STEPS, model.defaults.num_inference_steps),
        guidance_scale=model.defaults.guidance_scale,
        seed=number,
        sampler=model.sampler,
    )

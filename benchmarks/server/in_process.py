"""The engine in this process, without any server, for what is measured below HTTP."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass

from easel.errors import ServiceError
from easel.text2image.engines import LoadOptions, load_engine
from easel.text2image.engines.base import AnyEngine, SampleSpec

from .prompts import prompt


def open_engine(arguments: argparse.Namespace) -> AnyEngine:
    """Loaded and warm, in the server's own conditions."""
    # Before torch is imported, as the server's process does it.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    options = LoadOptions(device=arguments.device, dtype=arguments.dtype)
    return load_engine(arguments.model, options, lambda share: None)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What distinguishes one sample from the next; `taker` is who paints it."""

    number: int
    steps: int
    seed: int
    taker: str = ""


def sample_spec(
    engine: AnyEngine, drawn: Drawn, *, guidance_scale: float | None = None
) -> SampleSpec:
    """In the model's default size; by its default guidance if none is given."""
    model = engine.model
    if guidance_scale is None:
        guidance_scale = model.defaults.guidance_scale
    return SampleSpec(
        id=f"{drawn.taker}-{drawn.number}",
        prompt=prompt(drawn.number, taker=drawn.taker),
        negative_prompt=None,
        width=model.defaults.width,
        height=model.defaults.height,
        num_inference_steps=drawn.steps,
        guidance_scale=guidance_scale,
        seed=drawn.seed,
        sampler=model.sampler,
    )


def rows_of(engine: AnyEngine, specs: Sequence[SampleSpec]) -> int:
    return sum(engine.plan(spec).rows for spec in specs)


def paint_together(engine: AnyEngine, specs: Sequence[SampleSpec]) -> None:
    """Of equal steps, from prompts to images, in one forward pass a step.

    Raises:
        ServiceError: one of them failed.
    """
    plans = [engine.plan(spec) for spec in specs]
    rows = sum(plan.rows for plan in plans)
    samples = [
        engine.begin(spec, plan) for spec, plan in zip(specs, plans, strict=True)
    ]
    try:
        for _ in range(plans[0].steps):
            engine.step(samples, max_rows=rows)
        for image in engine.decode(samples).result():
            if isinstance(image, ServiceError):
                raise image
    finally:
        for sample in samples:
            engine.end(sample)

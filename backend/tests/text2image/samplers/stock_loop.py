"""Runs a stock diffusers scheduler as the pipelines do, and a plan beside it."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from easel.text2image.samplers import (
    Coefficients,
    SamplingPlan,
    StepCoefficients,
    advance,
    columns,
)

# diffusers gives tensors to NumPy's `array` in a way that torch answers late.
STOCK_WARNS = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)
SHAPE = (1, 4, 2, 2)
NOISE_SEED = 7

Array = NDArray[np.float32]


def stock_scheduler(
    scheduler_class: str, config: Mapping[str, object]
) -> Any:  # diffusers has no common type of its schedulers
    """Before `set_timesteps`, which makes it as good as new, too."""
    return getattr(diffusers, scheduler_class).from_config(dict(config))


def begin_at(scheduler: Any, first_step: int) -> None:
    """As the pipelines; DDIM alone keeps no index."""
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(first_step)


def add_noise(scheduler: Any, source: Array, noise: Array, timestep: Any) -> Array:
    source_tensor, noise_tensor = torch.from_numpy(source), torch.from_numpy(noise)
    if hasattr(scheduler, "scale_noise"):
        noisy = scheduler.scale_noise(source_tensor, timestep[None], noise_tensor)
    else:
        noisy = scheduler.add_noise(source_tensor, noise_tensor, timestep[None])
    return as_array(noisy)


def as_array(tensor: torch.Tensor) -> Array:
    return np.asarray(tensor.numpy(), dtype=np.float32)


def some_array(seed: int) -> Array:
    return np.random.default_rng(seed).standard_normal(SHAPE).astype(np.float32)


def model_output(model_input: Array, timestep: float) -> Array:
    """Stands for a denoiser: depends on both of its inputs, smoothly."""
    return np.asarray(
        0.3 * model_input + np.float32(0.1 * math.sin(timestep)), dtype=np.float32
    )


def stock_latents(scheduler: Any, start: Array, first_step: int) -> Iterator[Array]:
    """The latents after each step from `first_step` on."""
    generator = torch.Generator().manual_seed(NOISE_SEED)
    latents = torch.from_numpy(start)
    for timestep in scheduler.timesteps[first_step:]:
        model_input = latents
        if hasattr(scheduler, "scale_model_input"):
            model_input = scheduler.scale_model_input(latents, timestep)
        output = torch.from_numpy(model_output(model_input.numpy(), timestep.item()))
        latents = scheduler.step(
            output, timestep, latents, generator=generator, return_dict=False
        )[0]
        yield as_array(latents)


def planned_latents(
    plan: SamplingPlan, start: Array, *, draws_noise: bool
) -> Iterator[Array]:
    generator = torch.Generator().manual_seed(NOISE_SEED)
    zeros = np.zeros(SHAPE, dtype=np.float32)
    latents, clean = start, zeros
    for step in plan.steps:
        scaled = np.asarray(latents * np.float32(step.input_scale), dtype=np.float32)
        output = model_output(scaled, step.timestep)
        drawn = torch.randn(SHAPE, generator=generator) if draws_noise else None
        noise = zeros if drawn is None else as_array(drawn)
        latents, clean = advance(latents, output, clean, noise, column_arrays([step]))
        yield latents


def column_arrays(steps: list[StepCoefficients]) -> Coefficients[Array]:
    return Coefficients(
        *(
            np.array(column, dtype=np.float32).reshape(-1, 1, 1, 1)
            for column in columns(steps)
        )
    )


@dataclass(frozen=True)
class Difference:
    """Of the worst step: latents over their size (or 1), and timesteps."""

    latents: float
    timesteps: float


def difference(
    scheduler: Any, plan: SamplingPlan, *, first_step: int = 0, draws_noise: bool
) -> Difference:
    """Text-to-image from the first step, image-to-image from a later one."""
    begin_at(scheduler, first_step)
    noise, source = some_array(1), some_array(2)
    timesteps = scheduler.timesteps[first_step:]
    if first_step:
        stock_start = add_noise(scheduler, source, noise, timesteps[0])
        start = plan.start_from_clean * source + plan.start_from_noise * noise
    else:
        stock_start = noise * np.float32(getattr(scheduler, "init_noise_sigma", 1.0))
        start = plan.initial_noise_scale * noise
    stock = [stock_start, *stock_latents(scheduler, stock_start, first_step)]
    start = start.astype(np.float32)
    planned = [start, *planned_latents(plan, start, draws_noise=draws_noise)]
    # Stock takes the next latents as a small difference from the large ones before:
    # a rounding error of the largest stays.
    largest = np.maximum.accumulate([np.abs(latents).max() for latents in stock])
    return Difference(
        latents=max(
            float(
                (np.abs(ours - theirs).max() - np.spacing(np.float32(rounded_at)))
                / max(np.abs(theirs).max(), 1.0)
            )
            for ours, theirs, rounded_at in zip(planned, stock, largest, strict=True)
        ),
        timesteps=max(
            abs(step.timestep - theirs)
            for step, theirs in zip(plan.steps, timesteps.tolist(), strict=True)
        ),
    )

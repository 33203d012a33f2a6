"""Samplers in sigmas, whose latents are `clean + sigma * noise` (as in k-diffusion)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from easel.text2image.samplers.plan import (
    CleanEstimate,
    Move,
    NoiseLevel,
    PlannedStep,
    SamplingPlan,
    assemble,
)
from easel.text2image.samplers.training_schedule import (
    Float32Array,
    PredictionType,
    TimestepSpacing,
    TrainingSchedule,
    clean_estimate,
    spaced_timesteps,
)


@dataclass(frozen=True, slots=True, eq=False)
class SigmaSchedule:
    """N timesteps and the N + 1 sigmas from, between and after their steps."""

    timesteps: Float32Array
    sigmas: Float32Array


def spaced_sigmas(
    training: TrainingSchedule,
    spacing: TimestepSpacing,
    num_inference_steps: int,
    *,
    steps_offset: int,
) -> SigmaSchedule:
    """Spaced timesteps with their sigmas, and 0 after the last."""
    timesteps = spaced_timesteps(
        spacing,
        num_inference_steps,
        training.num_train_timesteps,
        steps_offset=steps_offset,
    ).astype(np.float32)
    sigmas = training.sigmas()
    chosen = np.interp(timesteps, np.arange(len(sigmas)), sigmas)
    return SigmaSchedule(timesteps, np.append(chosen, 0.0).astype(np.float32))


def plan_by_sigmas(
    schedule: SigmaSchedule,
    prediction_type: PredictionType,
    spacing: TimestepSpacing,
    *,
    first_step: int,
    move: Callable[[float, float], Move],
) -> SamplingPlan:
    """Plan the steps from `first_step` on; `move` is given a sigma and the next."""
    sigmas = [float(sigma) for sigma in schedule.sigmas]
    steps = []
    for index in range(first_step, len(schedule.timesteps)):
        sigma, next_sigma = sigmas[index], sigmas[index + 1]
        # Latents that are scaled down to unit variance are those of the training.
        signal = (sigma**2 + 1) ** -0.5
        scaled = clean_estimate(prediction_type, signal, sigma * signal)
        steps.append(
            PlannedStep(
                level=NoiseLevel(float(schedule.timesteps[index]), 1.0, sigma),
                estimate=CleanEstimate(
                    scaled.from_latents * signal, scaled.from_output
                ),
                move=move(sigma, next_sigma),
                input_scale=signal,
            )
        )
    largest = max(sigmas)
    begins_at_largest = spacing in ("linspace", "trailing")
    return assemble(
        steps,
        initial_noise_scale=largest if begins_at_largest else (largest**2 + 1) ** 0.5,
    )

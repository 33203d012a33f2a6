"""Euler's method along the probability flow: diffusers' EulerDiscreteScheduler."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self, cast

import numpy as np

from easel.text2image.samplers.plan import (
    Move,
    SamplingPlan,
    check_steps,
    first_kept_step,
)
from easel.text2image.samplers.sigma_schedule import (
    SigmaSchedule,
    plan_by_sigmas,
    spaced_sigmas,
)
from easel.text2image.samplers.stock_config import StockConfig
from easel.text2image.samplers.training_schedule import (
    TimestepSpacing,
    TrainingSchedule,
    karras_sigmas,
    timesteps_of_sigmas,
    training_schedule,
)

FinalSigmas = Literal["zero", "sigma_min"]

EULER_DEFAULTS: Mapping[str, object] = {
    "num_train_timesteps": 1000,
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "trained_betas": None,
    "prediction_type": "epsilon",
    "interpolation_type": "linear",
    "use_karras_sigmas": False,
    "use_exponential_sigmas": False,
    "use_beta_sigmas": False,
    "sigma_min": None,
    "sigma_max": None,
    "timestep_spacing": "linspace",
    "timestep_type": "discrete",
    "steps_offset": 0,
    "rescale_betas_zero_snr": False,
    "final_sigmas_type": "zero",
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Euler:
    name: str
    training: TrainingSchedule
    spacing: TimestepSpacing
    steps_offset: int
    use_karras_sigmas: bool
    sigma_min: float | None
    sigma_max: float | None
    final_sigmas_type: FinalSigmas

    @classmethod
    def from_config(cls, config: Mapping[str, object], name: str) -> Self | None:
        read = StockConfig(config, EULER_DEFAULTS)
        training = training_schedule(read, needs_sigmas=True)
        if (
            training is None
            or read.flag("use_exponential_sigmas")
            or read.flag("use_beta_sigmas")
            or read.text("interpolation_type") != "linear"
            or read.text("timestep_type") != "discrete"
        ):
            return None
        return cls(
            name=name,
            training=training,
            spacing=cast(TimestepSpacing, read.text("timestep_spacing")),
            steps_offset=read.whole("steps_offset"),
            use_karras_sigmas=read.flag("use_karras_sigmas"),
            sigma_min=read.number_or_none("sigma_min"),
            sigma_max=read.number_or_none("sigma_max"),
            final_sigmas_type=cast(FinalSigmas, read.text("final_sigmas_type")),
        )

    @property
    def draws_noise(self) -> bool:
        return False

    def plan(
        self,
        num_inference_steps: int,
        *,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> SamplingPlan:
        check_steps(num_inference_steps, most=self.training.num_train_timesteps)
        return plan_by_sigmas(
            self._schedule(num_inference_steps),
            self.training.prediction_type,
            self.spacing,
            first_step=first_kept_step(num_inference_steps, strength, whole_steps=True),
            move=euler_move,
        )

    def _schedule(self, num_inference_steps: int) -> SigmaSchedule:
        schedule = spaced_sigmas(
            self.training,
            self.spacing,
            num_inference_steps,
            steps_offset=self.steps_offset,
        )
        timesteps, sigmas = schedule.timesteps, schedule.sigmas
        training_sigmas = self.training.sigmas()
        if self.use_karras_sigmas:
            unrounded = np.interp(
                timesteps, np.arange(len(training_sigmas)), training_sigmas
            )
            largest = unrounded[0] if self.sigma_max is None else self.sigma_max
            least = unrounded[-1] if self.sigma_min is None else self.sigma_min
            spread = karras_sigmas(float(largest), float(least), num_inference_steps)
            sigmas = np.append(spread, 0.0).astype(np.float32)
            timesteps = timesteps_of_sigmas(spread, training_sigmas).astype(np.float32)
        if self.final_sigmas_type == "sigma_min":
            sigmas[-1] = training_sigmas[0]
        return SigmaSchedule(timesteps, sigmas)


def euler_move(sigma: float, next_sigma: float) -> Move:
    """Keep the direction from the clean estimate, shrink the distance."""
    ratio = next_sigma / sigma
    return Move(from_latents=ratio, from_clean=1 - ratio)

"""Euler steps that overshoot and add noise: EulerAncestralDiscreteScheduler."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self, cast

from easel.text2image.samplers.plan import (
    Move,
    SamplingPlan,
    check_steps,
    first_kept_step,
)
from easel.text2image.samplers.sigma_schedule import plan_by_sigmas, spaced_sigmas
from easel.text2image.samplers.stock_config import StockConfig
from easel.text2image.samplers.training_schedule import (
    TimestepSpacing,
    TrainingSchedule,
    training_schedule,
)

EULER_ANCESTRAL_DEFAULTS: Mapping[str, object] = {
    "num_train_timesteps": 1000,
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "trained_betas": None,
    "prediction_type": "epsilon",
    "timestep_spacing": "linspace",
    "steps_offset": 0,
    "rescale_betas_zero_snr": False,
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class EulerAncestral:
    name: str
    training: TrainingSchedule
    spacing: TimestepSpacing
    steps_offset: int

    @classmethod
    def from_config(cls, config: Mapping[str, object], name: str) -> Self | None:
        read = StockConfig(config, EULER_ANCESTRAL_DEFAULTS)
        training = training_schedule(read, needs_sigmas=True)
        if training is None or training.prediction_type == "sample":
            return None
        return cls(
            name=name,
            training=training,
            spacing=cast(TimestepSpacing, read.text("timestep_spacing")),
            steps_offset=read.whole("steps_offset"),
        )

    @property
    def draws_noise(self) -> bool:
        return True

    def plan(
        self,
        num_inference_steps: int,
        *,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> SamplingPlan:
        check_steps(num_inference_steps, most=self.training.num_train_timesteps)
        schedule = spaced_sigmas(
            self.training,
            self.spacing,
            num_inference_steps,
            steps_offset=self.steps_offset,
        )
        return plan_by_sigmas(
            schedule,
            self.training.prediction_type,
            self.spacing,
            first_step=first_kept_step(num_inference_steps, strength, whole_steps=True),
            move=ancestral_move,
        )


def ancestral_move(sigma: float, next_sigma: float) -> Move:
    """Step down to `next_sigma`² / `sigma`, then add noise up to `next_sigma`."""
    ratio = next_sigma / sigma
    down = ratio**2
    return Move(
        from_latents=down,
        from_clean=1 - down,
        from_noise=next_sigma * max(1 - down, 0.0) ** 0.5,
    )

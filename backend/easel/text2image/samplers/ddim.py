"""DDIM without noise (Song et al. 2021, arXiv:2010.02502): DDIMScheduler, eta 0."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self, cast

import numpy as np

from easel.text2image.samplers.plan import (
    Move,
    NoiseLevel,
    PlannedStep,
    SamplingPlan,
    assemble,
    check_steps,
    first_kept_step,
)
from easel.text2image.samplers.stock_config import StockConfig
from easel.text2image.samplers.training_schedule import (
    TimestepSpacing,
    TrainingSchedule,
    clean_estimate,
    spaced_timesteps,
    training_schedule,
)

DDIM_DEFAULTS: Mapping[str, object] = {
    "num_train_timesteps": 1000,
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "trained_betas": None,
    "clip_sample": True,
    "set_alpha_to_one": True,
    "steps_offset": 0,
    "prediction_type": "epsilon",
    "thresholding": False,
    "timestep_spacing": "leading",
    "rescale_betas_zero_snr": False,
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Ddim:
    name: str
    training: TrainingSchedule
    spacing: TimestepSpacing
    steps_offset: int
    set_alpha_to_one: bool

    @classmethod
    def from_config(cls, config: Mapping[str, object], name: str) -> Self | None:
        read = StockConfig(config, DDIM_DEFAULTS)
        training = training_schedule(read, needs_sigmas=False)
        if training is None or read.flag("clip_sample") or read.flag("thresholding"):
            return None
        return cls(
            name=name,
            training=training,
            spacing=cast(TimestepSpacing, read.text("timestep_spacing")),
            steps_offset=read.whole("steps_offset"),
            set_alpha_to_one=read.flag("set_alpha_to_one"),
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
        num_train_timesteps = self.training.num_train_timesteps
        check_steps(num_inference_steps, most=num_train_timesteps)
        first_step = first_kept_step(num_inference_steps, strength, whole_steps=True)
        timesteps = spaced_timesteps(
            self.spacing,
            num_inference_steps,
            num_train_timesteps,
            steps_offset=self.steps_offset,
        )
        stride = num_train_timesteps // num_inference_steps
        return assemble(
            [
                self._step(int(timestep), int(timestep) - stride)
                for timestep in np.round(timesteps)[first_step:]
            ]
        )

    def _step(self, timestep: int, next_timestep: int) -> PlannedStep:
        alphas_cumprod = self.training.alphas_cumprod
        alpha = float(alphas_cumprod[timestep])
        if next_timestep >= 0:
            next_alpha = float(alphas_cumprod[next_timestep])
        else:
            next_alpha = 1.0 if self.set_alpha_to_one else float(alphas_cumprod[0])
        signal, noise = alpha**0.5, (1 - alpha) ** 0.5
        next_signal, next_noise = next_alpha**0.5, (1 - next_alpha) ** 0.5
        # The noise in the latents is (latents - signal * clean) / noise.
        ratio = next_noise / noise
        return PlannedStep(
            level=NoiseLevel(float(timestep), signal, noise),
            estimate=clean_estimate(self.training.prediction_type, signal, noise),
            move=Move(from_latents=ratio, from_clean=next_signal - ratio * signal),
        )

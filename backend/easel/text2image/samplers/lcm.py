"""Latent consistency models (Luo et al. 2023, arXiv:2310.04378): LCMScheduler."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from easel.text2image.samplers.plan import (
    CleanEstimate,
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
    TrainingSchedule,
    clean_estimate,
    training_schedule,
)

LCM_DEFAULTS: Mapping[str, object] = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "trained_betas": None,
    "original_inference_steps": 50,
    "clip_sample": False,
    "prediction_type": "epsilon",
    "thresholding": False,
    "timestep_spacing": "leading",
    "timestep_scaling": 10.0,
    "rescale_betas_zero_snr": False,
}

# The standard deviation of the data that the boundary conditions assume.
SIGMA_DATA = 0.5


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Lcm:
    """Strength leaves steps out, as StableDiffusionImg2ImgPipeline does.

    (LatentConsistencyModelImg2ImgPipeline instead spreads all steps over a part of
    the schedule.)
    """

    name: str
    training: TrainingSchedule
    original_inference_steps: int
    timestep_scaling: float

    @classmethod
    def from_config(cls, config: Mapping[str, object], name: str) -> Self | None:
        read = StockConfig(config, LCM_DEFAULTS)
        training = training_schedule(read, needs_sigmas=False)
        if training is None or read.flag("clip_sample") or read.flag("thresholding"):
            return None
        return cls(
            name=name,
            training=training,
            original_inference_steps=read.whole("original_inference_steps"),
            timestep_scaling=read.number("timestep_scaling"),
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
        check_steps(num_inference_steps, most=self.original_inference_steps)
        first_step = first_kept_step(num_inference_steps, strength, whole_steps=True)
        timesteps = self._timesteps(num_inference_steps)[first_step:]
        levels = [self._level(timestep) for timestep in timesteps]
        steps = []
        for level, after in zip(levels, [*levels[1:], None], strict=True):
            move = (
                Move(0.0, 1.0)
                if after is None
                else Move(0.0, from_clean=after.signal, from_noise=after.noise)
            )
            steps.append(PlannedStep(level, self._estimate(level), move))
        return assemble(steps)

    def _timesteps(self, num_inference_steps: int) -> list[int]:
        """Evenly spaced among those that the model was distilled at."""
        count = self.original_inference_steps
        stride = self.training.num_train_timesteps // count
        distilled = np.arange(count, 0, -1) * stride - 1
        chosen = np.floor(np.linspace(0, count, num_inference_steps, endpoint=False))
        return [int(timestep) for timestep in distilled[chosen.astype(np.int64)]]

    def _level(self, timestep: int) -> NoiseLevel:
        alpha = float(self.training.alphas_cumprod[timestep])
        return NoiseLevel(float(timestep), alpha**0.5, (1 - alpha) ** 0.5)

    def _estimate(self, level: NoiseLevel) -> CleanEstimate:
        """The consistency function: the boundary conditions mix the latents in."""
        direct = clean_estimate(
            self.training.prediction_type, level.signal, level.noise
        )
        scaled = level.timestep * self.timestep_scaling
        variance = scaled**2 + SIGMA_DATA**2
        skip, out = SIGMA_DATA**2 / variance, scaled / variance**0.5
        return CleanEstimate(out * direct.from_latents + skip, out * direct.from_output)

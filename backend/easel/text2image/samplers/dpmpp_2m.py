"""DPM-Solver++ multistep (Lu et al. 2022, arXiv:2211.01095), order 1 or 2, also SDE.

diffusers' DPMSolverMultistepScheduler.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self, cast

import numpy as np

from easel.text2image.samplers.dpmpp_move import dpmpp_move
from easel.text2image.samplers.plan import (
    Move,
    NoiseLevel,
    PlannedStep,
    SamplingPlan,
    assemble,
    check_steps,
    first_kept_step,
)
from easel.text2image.samplers.sigma_schedule import SigmaSchedule
from easel.text2image.samplers.stock_config import StockConfig
from easel.text2image.samplers.training_schedule import (
    Float64Array,
    TimestepSpacing,
    TrainingSchedule,
    clean_estimate,
    karras_sigmas,
    timesteps_of_sigmas,
    trailing_timesteps,
    training_schedule,
)

SolverType = Literal["midpoint", "heun"]
FinalSigmas = Literal["zero", "sigma_min"]

DPMPP_2M_DEFAULTS: Mapping[str, object] = {
    "num_train_timesteps": 1000,
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "trained_betas": None,
    "solver_order": 2,
    "prediction_type": "epsilon",
    "thresholding": False,
    "algorithm_type": "dpmsolver++",
    "solver_type": "midpoint",
    "lower_order_final": True,
    "euler_at_final": False,
    "use_karras_sigmas": False,
    "use_exponential_sigmas": False,
    "use_beta_sigmas": False,
    "use_lu_lambdas": False,
    "use_flow_sigmas": False,
    "final_sigmas_type": "zero",
    "lambda_min_clipped": -math.inf,
    "variance_type": None,
    "timestep_spacing": "linspace",
    "steps_offset": 0,
    "rescale_betas_zero_snr": False,
}
UNSUPPORTED_FLAGS = (
    "thresholding",
    "use_exponential_sigmas",
    "use_beta_sigmas",
    "use_lu_lambdas",
    "use_flow_sigmas",
    "variance_type",
)
# Below this many steps `lower_order_final` takes effect.
FEW_STEPS = 15


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Dpmpp2m:
    name: str
    training: TrainingSchedule
    spacing: TimestepSpacing
    steps_offset: int
    solver_order: int
    solver_type: SolverType
    is_sde: bool
    lower_order_final: bool
    euler_at_final: bool
    final_sigmas_type: FinalSigmas
    use_karras_sigmas: bool
    rounds_karras_timesteps: bool
    sigma_min: float | None
    sigma_max: float | None
    lambda_min_clipped: float

    @classmethod
    def from_config(cls, config: Mapping[str, object], name: str) -> Self | None:
        read = StockConfig(config, DPMPP_2M_DEFAULTS)
        training = training_schedule(read, needs_sigmas=True)
        if (
            training is None
            or read.whole("solver_order") not in (1, 2)
            or read.text("algorithm_type") not in ("dpmsolver++", "sde-dpmsolver++")
            or read.text("solver_type") not in ("midpoint", "heun")
            or any(read.flag(flag) for flag in UNSUPPORTED_FLAGS)
        ):
            return None
        return cls(
            name=name,
            training=training,
            spacing=cast(TimestepSpacing, read.text("timestep_spacing")),
            steps_offset=read.whole("steps_offset"),
            solver_order=read.whole("solver_order"),
            solver_type=cast(SolverType, read.text("solver_type")),
            is_sde=read.text("algorithm_type") == "sde-dpmsolver++",
            lower_order_final=read.flag("lower_order_final"),
            euler_at_final=read.flag("euler_at_final"),
            final_sigmas_type=cast(FinalSigmas, read.text("final_sigmas_type")),
            use_karras_sigmas=read.flag("use_karras_sigmas"),
            rounds_karras_timesteps=read.text("beta_schedule") != "squaredcos_cap_v2",
            # Not this class's own keys, but it obeys them where another class's
            # config brings them along.
            sigma_min=read.number_or_none("sigma_min"),
            sigma_max=read.number_or_none("sigma_max"),
            lambda_min_clipped=read.number("lambda_min_clipped"),
        )

    @property
    def draws_noise(self) -> bool:
        return self.is_sde

    def plan(
        self,
        num_inference_steps: int,
        *,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> SamplingPlan:
        check_steps(num_inference_steps, most=self.training.num_train_timesteps)
        first_step = first_kept_step(num_inference_steps, strength, whole_steps=True)
        schedule = self._schedule(num_inference_steps)
        sigmas = [float(sigma) for sigma in schedule.sigmas]
        steps = []
        for index in range(first_step, len(schedule.timesteps)):
            signal = (sigmas[index] ** 2 + 1) ** -0.5
            noise = sigmas[index] * signal
            is_second_order = index > first_step and not self._ends_at_first_order(
                index, len(schedule.timesteps)
            )
            # The second order looks back one step.
            around = sigmas[index - 1 if is_second_order else index : index + 2]
            steps.append(
                PlannedStep(
                    level=NoiseLevel(float(schedule.timesteps[index]), signal, noise),
                    estimate=clean_estimate(
                        self.training.prediction_type, signal, noise
                    ),
                    move=self._move(*around),
                )
            )
        return assemble(steps)

    def _ends_at_first_order(self, index: int, num_steps: int) -> bool:
        is_few = self.lower_order_final and num_steps < FEW_STEPS
        is_lower = self.euler_at_final or is_few or self.final_sigmas_type == "zero"
        return self.solver_order == 1 or (index == num_steps - 1 and is_lower)

    def _move(self, *around: float) -> Move:
        return dpmpp_move(around, solver_type=self.solver_type, is_sde=self.is_sde)

    def _schedule(self, num_inference_steps: int) -> SigmaSchedule:
        training_sigmas = self.training.sigmas()
        if self.use_karras_sigmas:
            largest, least = float(training_sigmas[-1]), float(training_sigmas[0])
            sigmas = karras_sigmas(
                largest if self.sigma_max is None else self.sigma_max,
                least if self.sigma_min is None else self.sigma_min,
                num_inference_steps,
            )
            timesteps = timesteps_of_sigmas(sigmas, training_sigmas)
            # Stock cuts the fractions of the cosine schedule off.
            timesteps = (
                np.round(timesteps)
                if self.rounds_karras_timesteps
                else np.trunc(timesteps)
            )
        else:
            timesteps = self._timesteps(num_inference_steps)
            sigmas = np.interp(
                timesteps, np.arange(len(training_sigmas)), training_sigmas
            )
        if np.any(np.diff(sigmas) >= 0):
            raise ValueError(
                f"num_inference_steps {num_inference_steps} is too many for "
                f'"{self.spacing}" spacing: two steps would be at one noise level'
            )
        is_zero = self.final_sigmas_type == "zero"
        final = 0.0 if is_zero else float(training_sigmas[0])
        return SigmaSchedule(
            timesteps.astype(np.float32), np.append(sigmas, final).astype(np.float32)
        )

    def _timesteps(self, num_inference_steps: int) -> Float64Array:
        """Whole ones; unlike other samplers', one of N + 1 is left out at the end."""
        lambdas = -np.log(self.training.sigmas()[::-1])
        clipped = int(np.searchsorted(lambdas, np.float32(self.lambda_min_clipped)))
        last = self.training.num_train_timesteps - clipped
        if self.spacing == "linspace":
            spaced = np.round(np.linspace(0, last - 1, num_inference_steps + 1))
            return np.asarray(spaced[:0:-1], dtype=np.float64)
        if self.spacing == "leading":
            stride = float(last // (num_inference_steps + 1))
            multiples = np.arange(num_inference_steps, 0, -1, dtype=np.float64) * stride
            return multiples + self.steps_offset
        stride = self.training.num_train_timesteps / num_inference_steps
        return trailing_timesteps(last, stride)[:num_inference_steps]

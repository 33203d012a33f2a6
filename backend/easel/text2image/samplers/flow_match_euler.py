"""Euler's method for flow matching: diffusers' FlowMatchEulerDiscreteScheduler."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self, cast

import numpy as np

from easel.text2image.samplers.euler import euler_move
from easel.text2image.samplers.plan import (
    CleanEstimate,
    NoiseLevel,
    PlannedStep,
    SamplingPlan,
    assemble,
    check_steps,
    first_kept_step,
)
from easel.text2image.samplers.stock_config import StockConfig
from easel.text2image.samplers.training_schedule import (
    Float32Array,
    Float64Array,
    karras_sigmas,
)

TimeShiftType = Literal["exponential", "linear"]

FLOW_MATCH_EULER_DEFAULTS: Mapping[str, object] = {
    "num_train_timesteps": 1000,
    "shift": 1.0,
    "use_dynamic_shifting": False,
    "base_shift": 0.5,
    "max_shift": 1.15,
    "base_image_seq_len": 256,
    "max_image_seq_len": 4096,
    "invert_sigmas": False,
    "shift_terminal": None,
    "use_karras_sigmas": False,
    "use_exponential_sigmas": False,
    "use_beta_sigmas": False,
    "time_shift_type": "exponential",
    "stochastic_sampling": False,
}
UNSUPPORTED_FLAGS = (
    "invert_sigmas",
    "use_exponential_sigmas",
    "use_beta_sigmas",
    "stochastic_sampling",
)


@dataclass(frozen=True, slots=True)
class DynamicShift:
    """More tokens, more noise: mu is linear in the image's sequence length."""

    base_shift: float
    max_shift: float
    base_image_seq_len: float
    max_image_seq_len: float
    time_shift_type: TimeShiftType

    def of(self, image_seq_len: int) -> float:
        """The factor by which odds of noise to signal grow."""
        slope = (self.max_shift - self.base_shift) / (
            self.max_image_seq_len - self.base_image_seq_len
        )
        intercept = self.base_shift - slope * self.base_image_seq_len
        mu = image_seq_len * slope + intercept
        return math.exp(mu) if self.time_shift_type == "exponential" else mu


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowMatchEuler:
    """Its sigmas begin where the pipeline or the stock scheduler has them begin.

    Attributes:
        has_pipeline_sigmas: the model's pipeline gives sigmas from 1 down to
            1 / steps (Flux, Qwen-Image, Z-Image); otherwise the stock scheduler
            makes its own (Stable Diffusion 3).
    """

    name: str
    num_train_timesteps: int
    shift: float
    dynamic_shift: DynamicShift | None
    shift_terminal: float | None
    use_karras_sigmas: bool
    sigma_min: float | None
    sigma_max: float | None
    has_pipeline_sigmas: bool

    @classmethod
    def from_config(
        cls, config: Mapping[str, object], name: str, *, has_pipeline_sigmas: bool
    ) -> Self | None:
        read = StockConfig(config, FLOW_MATCH_EULER_DEFAULTS)
        if any(read.flag(flag) for flag in UNSUPPORTED_FLAGS):
            return None
        is_dynamic = read.flag("use_dynamic_shifting")
        return cls(
            name=name,
            num_train_timesteps=read.whole("num_train_timesteps"),
            shift=read.number("shift"),
            dynamic_shift=_dynamic_shift(read) if is_dynamic else None,
            # A terminal of 0 is off, as in stock.
            shift_terminal=read.number_or_none("shift_terminal") or None,
            use_karras_sigmas=read.flag("use_karras_sigmas"),
            # Not this class's own keys, but it obeys them where a config has them.
            sigma_min=read.number_or_none("sigma_min"),
            sigma_max=read.number_or_none("sigma_max"),
            has_pipeline_sigmas=has_pipeline_sigmas,
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
        check_steps(num_inference_steps)
        first_step = first_kept_step(num_inference_steps, strength, whole_steps=False)
        sigmas = self._sigmas(num_inference_steps, image_seq_len)[first_step:]
        timesteps = sigmas * np.float32(self.num_train_timesteps)
        return assemble(
            [
                PlannedStep(
                    level=NoiseLevel(timestep, 1 - sigma, sigma),
                    estimate=CleanEstimate(1.0, -sigma),
                    move=euler_move(sigma, next_sigma),
                )
                for timestep, sigma, next_sigma in zip(
                    timesteps.tolist(),
                    sigmas.tolist(),
                    [*sigmas[1:].tolist(), 0.0],
                    strict=True,
                )
            ]
        )

    def _sigmas(
        self, num_inference_steps: int, image_seq_len: int | None
    ) -> Float32Array:
        sigmas = self._shifted(self._unshifted(num_inference_steps), image_seq_len)
        if self.shift_terminal is not None:
            if num_inference_steps == 1:
                raise ValueError(
                    "num_inference_steps must be at least 2, not 1: the model's "
                    "schedule ends at shift_terminal, not where it begins"
                )
            scale = (1 - sigmas[-1]) / (1 - self.shift_terminal)
            sigmas = 1 - (1 - sigmas) / scale
        if self.use_karras_sigmas:
            sigmas = karras_sigmas(
                float(sigmas[0]) if self.sigma_max is None else self.sigma_max,
                float(sigmas[-1]) if self.sigma_min is None else self.sigma_min,
                num_inference_steps,
            )
        return sigmas.astype(np.float32)

    def _unshifted(self, num_inference_steps: int) -> Float32Array | Float64Array:
        if self.has_pipeline_sigmas:
            even = np.linspace(1.0, 1 / num_inference_steps, num_inference_steps)
            return even.astype(np.float32)
        ends: Float32Array | Float64Array = np.array(
            [1.0, 1 / self.num_train_timesteps], dtype=np.float32
        )
        if self.dynamic_shift is None:
            # Stock shifts the ends once here and everything once more later.
            ends = _shifted_by(self.shift, ends)
        most, least = (ends * np.float64(self.num_train_timesteps)).tolist()
        even = np.linspace(most, least, num_inference_steps)
        return np.asarray(even / self.num_train_timesteps, dtype=np.float64)

    def _shifted(
        self, sigmas: Float32Array | Float64Array, image_seq_len: int | None
    ) -> Float32Array | Float64Array:
        if self.dynamic_shift is None:
            return _shifted_by(self.shift, sigmas)
        if image_seq_len is None:
            raise ValueError("image_seq_len is needed for dynamic shifting, not None")
        factor = self.dynamic_shift.of(image_seq_len)
        return factor / (factor + (1 / sigmas - 1))


def _dynamic_shift(read: StockConfig) -> DynamicShift:
    return DynamicShift(
        base_shift=read.number("base_shift"),
        max_shift=read.number("max_shift"),
        base_image_seq_len=read.number("base_image_seq_len"),
        max_image_seq_len=read.number("max_image_seq_len"),
        time_shift_type=cast(TimeShiftType, read.text("time_shift_type")),
    )


def _shifted_by(
    shift: float, sigmas: Float32Array | Float64Array
) -> Float32Array | Float64Array:
    return shift * sigmas / (1 + (shift - 1) * sigmas)

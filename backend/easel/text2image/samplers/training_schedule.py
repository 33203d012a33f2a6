"""The noise schedule that a model was trained with, and timesteps chosen from it.

Arrays are float32 where the stock schedulers hold float32: so the timesteps are
exactly theirs, and the coefficients differ by float32 rounding only.
"""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

import numpy as np
from numpy.typing import NDArray

from easel.text2image.samplers.plan import CleanEstimate
from easel.text2image.samplers.stock_config import StockConfig

Float32Array: TypeAlias = NDArray[np.float32]
Float64Array: TypeAlias = NDArray[np.float64]
BetaSchedule = Literal["linear", "scaled_linear", "squaredcos_cap_v2"]
PredictionType = Literal["epsilon", "v_prediction", "sample"]
TimestepSpacing = Literal["linspace", "leading", "trailing"]

# Stock's stand-in for the 0 of a zero terminal SNR where a sigma is needed: the
# smallest float16.
SMALLEST_ALPHA_CUMPROD = 2.0**-24


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSchedule:
    """`alphas_cumprod` by timestep: latents = sqrt(a) * clean + sqrt(1 - a) * noise."""

    alphas_cumprod: Float32Array
    prediction_type: PredictionType

    @property
    def num_train_timesteps(self) -> int:
        return len(self.alphas_cumprod)

    def sigmas(self) -> Float32Array:
        """Noise over signal, by timestep."""
        alphas_cumprod = self.alphas_cumprod
        ratio = (np.float32(1) - alphas_cumprod) / alphas_cumprod
        return np.asarray(np.sqrt(ratio), dtype=np.float32)


def training_schedule(
    config: StockConfig, *, needs_sigmas: bool
) -> TrainingSchedule | None:
    """The schedule of a stock config; None where it asks for what is not known here.

    Args:
        needs_sigmas: the sampler divides by the signal, which must not be 0.
    """
    prediction_type = config.text("prediction_type")
    spacing = config.text("timestep_spacing")
    if prediction_type not in get_args(PredictionType):
        return None
    if spacing not in get_args(TimestepSpacing):
        return None
    trained_betas = config.numbers_or_none("trained_betas")
    kind = config.text("beta_schedule")
    if trained_betas is not None:
        betas = np.asarray(trained_betas, dtype=np.float32)
    elif kind in get_args(BetaSchedule):
        betas = betas_of(
            cast(BetaSchedule, kind),
            config.whole("num_train_timesteps"),
            beta_start=config.number("beta_start"),
            beta_end=config.number("beta_end"),
        )
    else:
        return None
    has_zero_snr = config.flag("rescale_betas_zero_snr")
    alphas_cumprod = alphas_cumprod_of(
        rescaled_to_zero_terminal_snr(betas) if has_zero_snr else betas
    )
    if has_zero_snr and needs_sigmas:
        alphas_cumprod[-1] = SMALLEST_ALPHA_CUMPROD
    elif has_zero_snr and prediction_type == "epsilon":
        # Pure noise says nothing about the clean latents: a division by 0.
        return None
    return TrainingSchedule(alphas_cumprod, cast(PredictionType, prediction_type))


def betas_of(
    kind: BetaSchedule, num_train_timesteps: int, *, beta_start: float, beta_end: float
) -> Float32Array:
    if kind == "linear":
        return np.linspace(beta_start, beta_end, num_train_timesteps, dtype=np.float32)
    if kind == "scaled_linear":
        roots = np.linspace(
            beta_start**0.5, beta_end**0.5, num_train_timesteps, dtype=np.float32
        )
        return np.asarray(roots**2, dtype=np.float32)
    # Nichol and Dhariwal 2021 (arXiv:2102.09672), equation 17.
    edges = np.linspace(0, 1, num_train_timesteps + 1)
    alpha_bars = np.cos((edges + 0.008) / 1.008 * math.pi / 2) ** 2
    betas = np.minimum(1 - alpha_bars[1:] / alpha_bars[:-1], 0.999)
    return np.asarray(betas, dtype=np.float32)


def alphas_cumprod_of(betas: Float32Array) -> Float32Array:
    alphas = np.float32(1) - betas
    # torch multiplies float32 up in float64 on a CPU.
    return np.cumprod(alphas, dtype=np.float64).astype(np.float32)


def rescaled_to_zero_terminal_snr(betas: Float32Array) -> Float32Array:
    """Lin et al. 2023 (arXiv:2305.08891), algorithm 1."""
    roots = np.sqrt(alphas_cumprod_of(betas))
    first, last = roots[0], roots[-1]
    alphas_cumprod = ((roots - last) * (first / (first - last))) ** 2
    alphas = np.concatenate(
        [alphas_cumprod[:1], alphas_cumprod[1:] / alphas_cumprod[:-1]]
    )
    return np.asarray(1 - alphas, dtype=np.float32)


def spaced_timesteps(
    spacing: TimestepSpacing,
    num_inference_steps: int,
    num_train_timesteps: int,
    *,
    steps_offset: int,
) -> Float64Array:
    """Falling timesteps, table 2 of arXiv:2305.08891; "linspace" gives fractions."""
    if spacing == "linspace":
        rising = np.linspace(0, num_train_timesteps - 1, num_inference_steps)
        return np.asarray(rising[::-1], dtype=np.float64)
    if spacing == "leading":
        stride = num_train_timesteps // num_inference_steps
        multiples = np.arange(num_inference_steps, dtype=np.float64)[::-1] * stride
        return multiples + steps_offset
    return trailing_timesteps(
        num_train_timesteps, num_train_timesteps / num_inference_steps
    )[:num_inference_steps]


def trailing_timesteps(last: int, stride: float) -> Float64Array:
    """Every `stride`-th timestep down from `last`.

    By rounding it may hold one too many, a timestep of -1 (1000 / 61 does): callers
    cut it off.
    """
    return np.round(np.arange(last, 0, -stride, dtype=np.float64)) - 1


def karras_sigmas(
    sigma_max: float, sigma_min: float, num_inference_steps: int
) -> Float64Array:
    """Karras et al. 2022 (arXiv:2206.00364), equation 5, with its rho of 7."""
    rho = 7.0
    low, high = sigma_min ** (1 / rho), sigma_max ** (1 / rho)
    ramp = np.linspace(0, 1, num_inference_steps)
    return np.asarray((high + ramp * (low - high)) ** rho, dtype=np.float64)


def timesteps_of_sigmas(
    sigmas: Float64Array, training_sigmas: Float32Array
) -> Float64Array:
    """Where these sigmas lie in the training's, in fractions between logarithms."""
    logs = np.log(training_sigmas)
    wanted = np.log(np.maximum(sigmas, 1e-10))
    below = np.searchsorted(logs, wanted, side="right") - 1
    below = np.clip(below, 0, len(logs) - 2)
    low, high = logs[below], logs[below + 1]
    weight = np.clip((low - wanted) / (low - high), 0, 1)
    return np.asarray((1 - weight) * below + weight * (below + 1), dtype=np.float64)


def clean_estimate(
    prediction_type: PredictionType, signal: float, noise: float
) -> CleanEstimate:
    """For latents of `signal * clean + noise * noise`, the squares adding up to 1."""
    if prediction_type == "epsilon":
        return CleanEstimate(1 / signal, -noise / signal)
    if prediction_type == "v_prediction":
        return CleanEstimate(signal, -noise)
    return CleanEstimate(0.0, 1.0)

"""The noise schedule: one choice for training and sampling.

Scaled-linear betas, rescaled so that the last timestep is pure noise, sampled with
trailing spacing: Euler, Euler ancestral, DDIM and DPM++ 2M all stay finite with it (a
cosine schedule breaks the ancestral sampler).
"""

from __future__ import annotations

from typing import Any

import torch
from stock import DPMSolverMultistepScheduler
from torch import Tensor

TIMESTEPS = 1000
SCHEDULE: dict[str, Any] = {
    "num_train_timesteps": TIMESTEPS,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
    "steps_offset": 1,
    # For samplers that this configuration is handed on to: DDIM clips by default.
    "clip_sample": False,
    "set_alpha_to_one": True,
    "algorithm_type": "dpmsolver++",
    "solver_order": 2,
}


def sampler() -> DPMSolverMultistepScheduler:
    """DPM++ 2M, the sampler that the model ships with."""
    return DPMSolverMultistepScheduler.from_config(SCHEDULE)


class Noising:
    """Noised latents and the velocity that the denoiser must predict for them."""

    def __init__(self, device: torch.device) -> None:
        signal = sampler().alphas_cumprod.to(device)
        self._signal, self._noise = signal.sqrt(), (1 - signal).sqrt()

    def add(
        self, latents: Tensor, noise: Tensor, timesteps: Tensor
    ) -> tuple[Tensor, Tensor]:
        """(noised latents, velocity) for a batch."""
        signal = self._signal[timesteps].view(-1, 1, 1, 1)
        level = self._noise[timesteps].view(-1, 1, 1, 1)
        return signal * latents + level * noise, signal * noise - level * latents

"""A stock diffusers scheduler for one sample: for samplers without a vector form.

It costs a handful of small kernels per sample and step, and works for every scheduler
that `StableDiffusionPipeline` and its kin take.
"""

import inspect
from typing import Any

import torch


class StockSampling:
    """One sample's own scheduler; never shared, because it counts its steps itself."""

    def __init__(
        self, scheduler: Any, num_inference_steps: int, *, strength: float = 1.0
    ) -> None:
        """Raises ValueError: no step is left at this strength."""
        self._scheduler = type(scheduler).from_config(scheduler.config)
        self._scheduler.set_timesteps(num_inference_steps)
        order = self._scheduler.order
        kept = min(int(num_inference_steps * strength), num_inference_steps)
        first = max(num_inference_steps - kept, 0) * order
        self._timesteps = self._scheduler.timesteps[first:]
        if not len(self._timesteps):
            raise ValueError(f"strength {strength} leaves no step")
        if hasattr(self._scheduler, "set_begin_index"):
            self._scheduler.set_begin_index(first)
        self._takes_generator = (
            "generator" in inspect.signature(self._scheduler.step).parameters
        )

    def __len__(self) -> int:
        """Denoiser passes; more than steps for solvers that look twice."""
        return len(self._timesteps)

    def timestep(self, index: int) -> float:
        return float(self._timesteps[index])

    @property
    def initial_noise_scale(self) -> float:
        return float(self._scheduler.init_noise_sigma)

    def start(self, clean: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Where image-to-image starts."""
        noisy: torch.Tensor = self._scheduler.add_noise(
            clean, noise, self._timesteps[:1]
        )
        return noisy

    def known(
        self, clean: torch.Tensor, noise: torch.Tensor, index: int
    ) -> torch.Tensor:
        """The kept region of an inpainting after pass `index`."""
        if index + 1 == len(self):
            return clean
        noisy: torch.Tensor = self._scheduler.add_noise(
            clean, noise, self._timesteps[index + 1 : index + 2]
        )
        return noisy

    def scaled_input(self, latents: torch.Tensor, index: int) -> torch.Tensor:
        scaled: torch.Tensor = self._scheduler.scale_model_input(
            latents, self._timesteps[index]
        )
        return scaled

    def step(
        self,
        output: torch.Tensor,
        latents: torch.Tensor,
        index: int,
        generator: torch.Generator,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The next latents, and the clean ones that the sampler is heading for."""
        extra = {"generator": generator} if self._takes_generator else {}
        result = self._scheduler.step(output, self._timesteps[index], latents, **extra)
        clean = getattr(result, "pred_original_sample", None)
        return result.prev_sample, result.prev_sample if clean is None else clean

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
)

from easel.text2image.engines.clean_estimate import CleanEstimate
from easel.text2image.engines.latent_preview import LinearPreview


class LinearAutoencoder:
    """Latents that are a fixed linear mix of the mean colour of 8 x 8 pixels."""

    device = torch.device("cpu")
    dtype = torch.float32
    config = SimpleNamespace(scaling_factor=0.5, shift_factor=0.1)
    mix = torch.tensor([[1.0, 0.2, 0.0], [0.0, 1.0, 0.3], [0.4, 0.0, 1.0], [1, 1, 1]])

    def encode(self, pixels: torch.Tensor) -> SimpleNamespace:
        coarse = torch.nn.functional.avg_pool2d(pixels, 8)
        latents = torch.einsum("lc,bchw->blhw", self.mix, coarse)
        return SimpleNamespace(latent_dist=SimpleNamespace(mode=lambda: latents))


def test_a_fitted_preview_shows_the_colours_that_the_latents_mean() -> None:
    autoencoder = LinearAutoencoder()
    preview = LinearPreview.fit(autoencoder)
    red = torch.tensor([0.9, 0.1, 0.2]).view(1, 3, 1, 1).expand(1, 3, 64, 64)
    latents = autoencoder.encode(red * 2 - 1).latent_dist.mode()
    (image,) = preview((latents - 0.1) * 0.5)
    assert image.size == (8, 8)
    colour = torch.tensor(list(image.crop((3, 3, 4, 4)).tobytes())) / 255
    assert torch.allclose(colour, torch.tensor([0.9, 0.1, 0.2]), atol=0.02)


@pytest.mark.parametrize(
    "scheduler",
    [
        DDIMScheduler(steps_offset=1, clip_sample=False),
        EulerDiscreteScheduler(),
        DPMSolverMultistepScheduler(),
        FlowMatchEulerDiscreteScheduler(),
    ],
    ids=lambda scheduler: type(scheduler).__name__,
)
# diffusers' schedulers hand torch tensors to NumPy 2 in a way that it deprecates.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_the_estimate_is_clean_from_the_first_step(scheduler: Any) -> None:
    """A perfect denoiser knows the noise, so the estimate must be the image at once."""
    clean = torch.full((1, 4, 8, 8), 0.5)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    estimate = CleanEstimate(scheduler)
    scheduler.set_timesteps(4)
    timestep = scheduler.timesteps[0]
    if not hasattr(scheduler, "add_noise"):
        sigma = scheduler.sigmas[0]
        noisy, predicted = (1 - sigma) * clean + sigma * noise, noise - clean
    else:
        noisy = scheduler.add_noise(clean, noise, timestep.view(1))
        predicted = noise
        scheduler.scale_model_input(noisy, timestep)
    stepped = scheduler.step(predicted, timestep, noisy, return_dict=False)
    assert isinstance(stepped, tuple)
    assert estimate.latents is not None
    assert torch.allclose(estimate.latents, clean, atol=1e-3)

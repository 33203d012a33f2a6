from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    HeunDiscreteScheduler,
    LCMScheduler,
)
from PIL import Image

from easel.text2image.engines import LoadOptions, load_engine
from easel.text2image.engines.base import AnyEngine
from easel.text2image.engines.clean_estimate import CleanEstimate
from easel.text2image.engines.latent_preview import preview_for
from easel.text2image.settings import EMBEDDED_MODEL
from tests.text2image.engines.driven_engine import make_spec

# diffusers' schedulers hand torch tensors to NumPy 2 in a way that it deprecates.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)


class AutoencoderKL:
    """Latents that are a fixed linear mix of the mean colour of 8 x 8 pixels.

    It is known by its name.
    """

    device = torch.device("cpu")
    dtype = torch.float32
    config = SimpleNamespace(scaling_factor=0.5, shift_factor=0.1)
    mix = torch.tensor([[1.0, 0.2, 0.0], [0.0, 1.0, 0.3], [0.4, 0.0, 1.0], [1, 1, 1]])

    def encode(self, pixels: torch.Tensor) -> SimpleNamespace:
        coarse = torch.nn.functional.avg_pool2d(pixels, 8)
        latents = torch.einsum("lc,bchw->blhw", self.mix, coarse)
        return SimpleNamespace(latent_dist=SimpleNamespace(mode=lambda: latents))


def test_a_fitted_preview_shows_the_colours_that_the_latents_mean() -> None:
    autoencoder = AutoencoderKL()
    preview = preview_for(SimpleNamespace(vae=autoencoder))
    assert preview is not None
    red = torch.tensor([0.9, 0.1, 0.2]).view(1, 3, 1, 1).expand(1, 3, 64, 64)
    latents = autoencoder.encode(red * 2 - 1).latent_dist.mode()
    (image,) = preview((latents - 0.1) * 0.5)
    assert image.size == (8, 8)
    colour = torch.tensor(list(image.crop((3, 3, 4, 4)).tobytes())) / 255
    assert torch.allclose(colour, torch.tensor([0.9, 0.1, 0.2]), atol=0.02)


@pytest.mark.parametrize(
    "make_scheduler",
    [
        partial(DDIMScheduler, steps_offset=1, clip_sample=False),
        EulerDiscreteScheduler,
        DPMSolverMultistepScheduler,
        FlowMatchEulerDiscreteScheduler,
        HeunDiscreteScheduler,
        LCMScheduler,
    ],
)
def test_the_estimate_is_clean_from_the_first_step(
    make_scheduler: Callable[[], Any],
) -> None:
    """A perfect denoiser knows the noise, so the estimate must be the image at once."""
    scheduler = make_scheduler()
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


@pytest.fixture(scope="module")
def embedded() -> AnyEngine:
    options = LoadOptions(device="cpu", dtype="float32", runtime="torch")
    return load_engine(EMBEDDED_MODEL, options, lambda _: None)


def likeness(preview: Image.Image, image: Image.Image) -> float:
    """Their pixels' correlation, from -1 to 1, at the preview's size."""
    small = image.resize(preview.size, Image.Resampling.BOX)
    pixels = [np.asarray(each, dtype=float).ravel() for each in (preview, small)]
    return float(np.corrcoef(pixels)[0, 1])


@pytest.mark.parametrize("sampler", ["default", "euler_ancestral"])
@pytest.mark.parametrize("is_exact", [False, True])
def test_previews_become_the_image(
    embedded: AnyEngine, is_exact: bool, sampler: str
) -> None:
    spec = make_spec(
        prompt="a rocket in space",
        width=256,
        height=256,
        num_inference_steps=10,
        sampler=sampler,
        is_exact=is_exact,
    )
    sample = embedded.begin(spec, embedded.plan(spec))
    previews = []
    for _ in range(sample.plan.steps):
        embedded.step([sample], max_rows=64)
        previews += embedded.previews([sample])
    (image,) = embedded.decode([sample]).result()
    embedded.end(sample)
    assert isinstance(image, Image.Image)
    alike = [likeness(preview, image) for preview in previews if preview is not None]
    assert len(alike) == 10
    assert alike[4] > 0.7
    assert alike[-1] > 0.9
    assert alike[0] < alike[-1]

"""Latents to pixels and back, for the autoencoders of latent diffusion."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from PIL import Image

from easel.text2image.engines.pictures import mask_array, pictures, pixel_array


def decode_latents(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    """[B, C, h, w] latents of the denoiser to [B, 3, H, W] pixels in [-1, 1]."""
    with _wide_enough(vae) as dtype:
        shift = getattr(vae.config, "shift_factor", None) or 0.0
        scaled = latents.to(dtype) / vae.config.scaling_factor + shift
        pixels: torch.Tensor = vae.decode(scaled, return_dict=False)[0]
    return pixels


def encode_pixels(
    vae: Any, pixels: torch.Tensor, generator: torch.Generator
) -> torch.Tensor:
    """[B, 3, H, W] pixels in [-1, 1] to float32 latents of the denoiser.

    A variational autoencoder draws from `generator`, as the stock pipelines do.
    """
    with _wide_enough(vae) as dtype:
        encoded = vae.encode(pixels.to(vae.device, dtype))
    if hasattr(encoded, "latent_dist"):
        latents = encoded.latent_dist.sample(generator)
    else:
        latents = encoded.latents
    shift = getattr(vae.config, "shift_factor", None) or 0.0
    scaled: torch.Tensor = (latents.float() - shift) * vae.config.scaling_factor
    return scaled


def is_variational(vae: Any) -> bool:
    """Whether encoding draws from a distribution."""
    return type(vae).__name__ != "AutoencoderTiny"


@contextmanager
def _wide_enough(vae: Any) -> Iterator[torch.dtype]:
    """SDXL's autoencoder overflows in float16 and says so (`force_upcast`)."""
    if vae.dtype != torch.float16 or not vae.config.get("force_upcast", False):
        yield vae.dtype
        return
    vae.to(torch.float32)
    try:
        yield torch.float32
    finally:
        vae.to(torch.float16)


def pixels_of(image: Image.Image) -> torch.Tensor:
    """[1, 3, H, W] float32 in [-1, 1]."""
    return torch.from_numpy(pixel_array(image))


def images_of(pixels: torch.Tensor) -> list[Image.Image]:
    """[B, 3, H, W] in [-1, 1] to pictures, rounded as diffusers rounds."""
    levels = (pixels.float() * 0.5 + 0.5).clamp(0, 1).cpu().movedim(1, -1).numpy()
    return pictures(levels)


def latent_mask(mask: Image.Image, height: int, width: int) -> torch.Tensor:
    """[1, 1, height, width] float32 of the latent grid: 1 is repainted."""
    return torch.from_numpy(mask_array(mask, height, width))

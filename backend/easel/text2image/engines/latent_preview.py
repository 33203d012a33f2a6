"""Which torch pipelines have previews, and how theirs are made."""

from typing import Any, Protocol

import torch
from PIL import Image

from easel.text2image.engines.linear_preview import LinearPreview
from easel.text2image.engines.pictures import Float32Array

# Of a film's autoencoder, Qwen-Image's, the one frame is taken.
_OF_FILMS = ("AutoencoderKLQwenImage",)
_KNOWN = ("AutoencoderKL", "AutoencoderTiny", *_OF_FILMS)


class LatentPreview(Protocol):
    def __call__(self, latents: torch.Tensor) -> list[Image.Image]:
        """One picture for each row of [batch, channels, height, width] latents."""
        ...


def preview_for(pipeline: Any) -> LatentPreview | None:
    """A preview for the pipeline's autoencoder, or None if it is of another kind."""
    vae = getattr(pipeline, "vae", None)
    if not can_preview(vae):
        return None
    return TorchPreview(LinearPreview.fit(lambda pixels: _encoded(vae, pixels)))


def can_preview(vae: object) -> bool:
    """By its class alone: also of one without weights."""
    return type(vae).__name__ in _KNOWN


class TorchPreview:
    """The linear map, for latents on any device."""

    def __init__(self, linear: LinearPreview) -> None:
        self._linear = linear

    def __call__(self, latents: torch.Tensor) -> list[Image.Image]:
        return self._linear(latents.detach().float().cpu().numpy())


@torch.no_grad()
def _encoded(vae: Any, pixels: Float32Array) -> Float32Array:
    """[B, 3, H, W] pixels to [B, C, h, w] latents as the denoiser knows them."""
    latents = _latents(vae, torch.from_numpy(pixels).to(vae.device, vae.dtype))
    encoded: Float32Array = latents.float().cpu().numpy()
    return encoded


def _latents(vae: Any, pixels: torch.Tensor) -> torch.Tensor:
    if type(vae).__name__ in _OF_FILMS:
        frames = vae.encode(pixels[:, :, None]).latent_dist.mode()[:, :, 0]
        mean, std = (
            torch.tensor(values, device=frames.device).view(1, -1, 1, 1)
            for values in (vae.config.latents_mean, vae.config.latents_std)
        )
        normal: torch.Tensor = (frames - mean) / std
        return normal
    encoded = vae.encode(pixels)
    if hasattr(encoded, "latent_dist"):
        latents = encoded.latent_dist.mode()
    else:
        latents = encoded.latents
    shift = getattr(vae.config, "shift_factor", None) or 0.0
    scaled: torch.Tensor = (latents - shift) * vae.config.scaling_factor
    return scaled

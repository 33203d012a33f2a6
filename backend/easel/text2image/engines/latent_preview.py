"""Small pictures from latents in the middle of denoising, without the full decoder.

A linear map from latent channels to RGB costs microseconds and shows shapes and
colours. It is fitted when the model is loaded, by encoding smooth random colour
fields with the model's own autoencoder and solving least squares; so it exists
for every model whose latents have the usual layout.
"""

from typing import Any, Protocol

import torch
from PIL import Image

# Enough colour fields that the fit is over-determined for 64 latent channels.
_FIT_IMAGES = 8
_FIT_SIDE_PX = 128
_FIT_SEED = 0

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
    return LinearPreview.fit(vae)


def can_preview(vae: object) -> bool:
    """By its class alone: also of one without weights."""
    return type(vae).__name__ in _KNOWN


class LinearPreview:
    """RGB = latents x `weights` + `bias`, in [0, 1].

    Args:
        weights: [channels, 3], float32.
        bias: [3], float32.
    """

    def __init__(self, weights: torch.Tensor, bias: torch.Tensor) -> None:
        self._weights = weights
        self._bias = bias

    @classmethod
    @torch.no_grad()
    def fit(cls, vae: Any) -> "LinearPreview":
        generator = torch.Generator().manual_seed(_FIT_SEED)
        coarse = torch.rand(_FIT_IMAGES, 3, 4, 4, generator=generator)
        colours = torch.nn.functional.interpolate(
            coarse, size=(_FIT_SIDE_PX, _FIT_SIDE_PX), mode="bicubic"
        ).clamp(0, 1)
        pixels = (colours * 2 - 1).to(vae.device, vae.dtype)
        latents = _encoded(vae, pixels).float().cpu()
        height, width = latents.shape[-2:]
        target = torch.nn.functional.adaptive_avg_pool2d(colours, (height, width))
        rows = latents.movedim(1, -1).flatten(0, 2)
        rows = torch.cat([rows, torch.ones(len(rows), 1)], dim=1)
        solution = torch.linalg.lstsq(rows, target.movedim(1, -1).flatten(0, 2))
        return cls(solution.solution[:-1], solution.solution[-1])

    @torch.no_grad()
    def __call__(self, latents: torch.Tensor) -> list[Image.Image]:
        rows = latents.float().cpu().movedim(1, -1)
        return _to_images((rows @ self._weights + self._bias).movedim(-1, 1))


def _encoded(vae: Any, pixels: torch.Tensor) -> torch.Tensor:
    """[B, C, h, w] latents as the denoiser knows them."""
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


def _to_images(pixels: torch.Tensor) -> list[Image.Image]:
    """[batch, 3, height, width] in [0, 1] to pictures."""
    levels = (pixels.float().clamp(0, 1) * 255).round().to(torch.uint8).cpu()
    return [Image.fromarray(row) for row in levels.movedim(1, -1).numpy()]

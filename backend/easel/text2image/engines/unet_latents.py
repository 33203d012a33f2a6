"""What the UNet families share: latents as [B, C, h, w], noise, sources, decoding."""

from typing import Any

import torch

from easel.text2image.engines.autoencoders import (
    decode_latents,
    encode_pixels,
    is_variational,
    latent_mask,
    pixels_of,
)
from easel.text2image.engines.base import SampleSpec
from easel.text2image.engines.family import Source


class UNetLatents:
    """Of a pipeline whose UNet takes the latents as they are."""

    sigmas_from_one = False

    def __init__(self, pipeline: Any) -> None:
        self.pipeline = pipeline

    @property
    def denoiser(self) -> Any:
        return self.pipeline.unet

    def is_guided(self, spec: SampleSpec) -> bool:
        """Models distilled for guidance take its scale as an input instead."""
        embeds_guidance = self.denoiser.config.time_cond_proj_dim is not None
        return spec.guidance_scale > 1 and not embeds_guidance

    def text_length(self, spec: SampleSpec) -> int:
        return 0

    def image_seq_len(self, spec: SampleSpec) -> int | None:
        return None

    def noise(self, spec: SampleSpec, generator: torch.Generator) -> torch.Tensor:
        return torch.randn(self._shape(spec), generator=generator)

    def source(self, spec: SampleSpec, generator: torch.Generator) -> Source:
        assert spec.source is not None
        device = self.denoiser.device
        shape = self._shape(spec)
        pixels = pixels_of(spec.source.image)
        latents = encode_pixels(self.pipeline.vae, pixels, generator)
        noise = torch.randn(shape, generator=generator).to(device)
        mask = spec.source.mask
        if mask is not None and is_variational(self.pipeline.vae):
            # Stock inpainting encodes the kept region too, for UNets that look at it:
            # one draw that stochastic samplers would miss.
            torch.randn(shape, generator=generator)
        return Source(
            latents,
            noise,
            None if mask is None else latent_mask(mask, *shape[-2:]).to(device),
        )

    def unpack(self, latents: torch.Tensor, width: int, height: int) -> torch.Tensor:
        return latents

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        return decode_latents(self.pipeline.vae, latents)

    def guidance_condition(self, scales: torch.Tensor) -> torch.Tensor | None:
        """The UNet's `timestep_cond`: consistency models take the scale as an input."""
        size = self.denoiser.config.time_cond_proj_dim
        if size is None:
            return None
        embedding: torch.Tensor = self.pipeline.get_guidance_scale_embedding(
            scales.cpu() - 1, embedding_dim=size
        )
        return embedding.to(self.denoiser.device, self.denoiser.dtype)

    def _shape(self, spec: SampleSpec) -> tuple[int, int, int, int]:
        factor = self.pipeline.vae_scale_factor
        channels = self.denoiser.config.in_channels
        return 1, channels, spec.height // factor, spec.width // factor


def takes_plain_latents(pipeline: Any) -> bool:
    """Whether the UNet takes latents alone, scaled by one number."""
    unet, vae = pipeline.unet.config, pipeline.vae.config
    return (
        unet.in_channels == unet.out_channels == vae.latent_channels
        and unet.class_embed_type is None
        and getattr(unet, "num_class_embeds", None) is None
        and getattr(vae, "latents_mean", None) is None
    )

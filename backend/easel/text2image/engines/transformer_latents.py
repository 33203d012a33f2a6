"""What the transformer families share: flow matching over [B, C, h, w] latents.

Their pipelines draw, encode and decode alike; a family that packs its latents into
tokens says how (`packed_latents.py`).
"""

from typing import Any

import torch
from PIL.Image import Image

from easel.text2image.engines.autoencoders import (
    decode_latents,
    encode_pixels,
    latent_mask,
    pixels_of,
)
from easel.text2image.engines.base import SampleSpec
from easel.text2image.engines.family import Source, guided
from easel.text2image.samplers import FLOW_MATCHING, SAMPLERS, sampler_for


class TransformerLatents:
    """Of a pipeline whose transformer takes the latents as they are."""

    sigmas_from_one = True
    strength_rounds_down = False

    def __init__(self, pipeline: Any) -> None:
        self.pipeline = pipeline

    @property
    def denoiser(self) -> Any:
        return self.pipeline.transformer

    def text_length(self, spec: SampleSpec) -> int:
        return 0

    def image_seq_len(self, spec: SampleSpec) -> int | None:
        _, _, height, width = self.latent_shape(spec)
        return (height // 2) * (width // 2)

    def noise(self, spec: SampleSpec, generator: torch.Generator) -> torch.Tensor:
        return self.pack(torch.randn(self.latent_shape(spec), generator=generator))

    def source(self, spec: SampleSpec, generator: torch.Generator) -> Source:
        assert spec.source is not None
        device = self.denoiser.device
        latents = self.pack(self.encode_image(spec.source.image, generator))
        noise = self.noise(spec, generator)
        mask = None
        if spec.source.mask is not None:
            _, channels, height, width = self.latent_shape(spec)
            grid = latent_mask(spec.source.mask, height, width)
            mask = self.pack(grid.repeat(1, channels, 1, 1)).to(device)
        return Source(latents.to(device), noise.to(device), mask)

    def guide(
        self, positive: torch.Tensor, negative: torch.Tensor, scales: torch.Tensor
    ) -> torch.Tensor:
        return guided(positive, negative, scales)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        return decode_latents(self.pipeline.vae, latents)

    def encode_image(self, image: Image, generator: torch.Generator) -> torch.Tensor:
        """[1, C, h, w] float32, drawn from the autoencoder's distribution."""
        return encode_pixels(self.pipeline.vae, pixels_of(image), generator)

    def pack(self, latents: torch.Tensor) -> torch.Tensor:
        """[B, C, h, w] to what the transformer takes; undone by `unpack`."""
        return latents

    def unpack(self, latents: torch.Tensor, width: int, height: int) -> torch.Tensor:
        return latents

    def latent_shape(self, spec: SampleSpec) -> tuple[int, int, int, int]:
        factor = self.pipeline.vae_scale_factor
        channels = self.denoiser.config.in_channels
        return 1, channels, spec.height // factor, spec.width // factor


def has_planned_sampler(pipeline: Any) -> bool:
    """Whether its noise schedule can be planned.

    A stock scheduler would have to be told the pipeline's own sigmas and shift.
    """
    scheduler = pipeline.scheduler
    name = type(scheduler).__name__
    return (
        name in [SAMPLERS[sampler][0] for sampler in FLOW_MATCHING]
        and sampler_for(name, scheduler.config) is not None
    )

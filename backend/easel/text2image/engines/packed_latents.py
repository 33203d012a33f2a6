"""Latents in the shape of tokens: 2 x 2 patches in a row, as Flux and Qwen-Image pack.

[B, C, h, w] becomes [B, h/2 * w/2, C * 4].
"""

import torch

from easel.text2image.engines.base import SampleSpec
from easel.text2image.engines.transformer_latents import TransformerLatents


class PackedLatents(TransformerLatents):
    """Of a pipeline with its own `_pack_latents` and `_unpack_latents`."""

    def pack(self, latents: torch.Tensor) -> torch.Tensor:
        packed: torch.Tensor = self.pipeline._pack_latents(latents, *latents.shape)
        return packed

    def unpack(self, latents: torch.Tensor, width: int, height: int) -> torch.Tensor:
        unpacked: torch.Tensor = self.pipeline._unpack_latents(
            latents, height, width, self.pipeline.vae_scale_factor
        )
        return unpacked

    def latent_shape(self, spec: SampleSpec) -> tuple[int, int, int, int]:
        rows, packed_channels, height, width = super().latent_shape(spec)
        return rows, packed_channels // 4, height, width

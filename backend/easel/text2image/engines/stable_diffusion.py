"""Stable Diffusion 1.x and 2.x: a UNet and one text encoder.

Rombach et al. 2022 (arXiv:2112.10752). Epsilon or v-prediction is the noise schedule's
matter; here the UNet's output is just an output.
"""

from collections.abc import Sequence
from typing import Any

import torch

from easel.text2image.engines.base import SampleSpec
from easel.text2image.engines.family import Conditioning, Rows, guided, stacked
from easel.text2image.engines.torch_arrays import TORCH
from easel.text2image.engines.unet_latents import UNetLatents, takes_plain_latents


def supports(pipeline: Any) -> bool:
    """Inpainting UNets of nine channels and the like go through their pipeline."""
    return (
        takes_plain_latents(pipeline)
        and pipeline.unet.config.addition_embed_type is None
        and pipeline.unet.config.encoder_hid_dim_type is None
    )


class StableDiffusion(UNetLatents):
    """Runs `StableDiffusionPipeline`."""

    def encode(self, spec: SampleSpec, *, negative: bool) -> Conditioning:
        text = spec.negative_prompt or "" if negative else spec.prompt
        embeddings, _ = self.pipeline.encode_prompt(
            text, self.denoiser.device, 1, do_classifier_free_guidance=False
        )
        return Conditioning({"prompt": embeddings})

    def stack(self, conditionings: Sequence[Conditioning]) -> dict[str, torch.Tensor]:
        return stacked(conditionings, TORCH)

    def predict(self, rows: Rows) -> torch.Tensor:
        output: torch.Tensor = self.denoiser(
            rows.latents,
            rows.timesteps,
            encoder_hidden_states=rows.conditioning["prompt"],
            timestep_cond=self.guidance_condition(rows.guidance_scales),
            return_dict=False,
        )[0]
        return output

    def guide(
        self, positive: torch.Tensor, negative: torch.Tensor, scales: torch.Tensor
    ) -> torch.Tensor:
        return guided(positive, negative, scales)

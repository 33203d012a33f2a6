"""Stable Diffusion 3 and 3.5: a transformer over image and text, three text encoders.

Esser et al. 2024 (arXiv:2403.03206). Every prompt has one length, and nothing masks its
padding.
"""

from collections.abc import Sequence
from typing import Any

import torch

from easel.text2image.engines.base import SampleSpec
from easel.text2image.engines.family import Conditioning, Rows, stacked
from easel.text2image.engines.torch_arrays import TORCH
from easel.text2image.engines.transformer_latents import (
    TransformerLatents,
    has_planned_sampler,
)


def supports(pipeline: Any) -> bool:
    """Transformers that want a mask or a control image besides are another matter."""
    return (
        pipeline.transformer.config.in_channels == pipeline.vae.config.latent_channels
        and has_planned_sampler(pipeline)
    )


class StableDiffusion3(TransformerLatents):
    """Runs `StableDiffusion3Pipeline`."""

    sigmas_from_one = False

    def is_guided(self, spec: SampleSpec) -> bool:
        return spec.guidance_scale > 1

    def image_seq_len(self, spec: SampleSpec) -> int | None:
        _, _, height, width = self.latent_shape(spec)
        patch: int = self.denoiser.config.patch_size
        return (height // patch) * (width // patch)

    def encode(self, spec: SampleSpec, *, negative: bool) -> Conditioning:
        text = spec.negative_prompt or "" if negative else spec.prompt
        embeddings, _, pooled, _ = self.pipeline.encode_prompt(
            text,
            # The second and third text encoders read the same prompt.
            None,
            None,
            device=self.denoiser.device,
            do_classifier_free_guidance=False,
        )
        return Conditioning({"prompt": embeddings, "pooled": pooled})

    def stack(self, conditionings: Sequence[Conditioning]) -> dict[str, torch.Tensor]:
        return stacked(conditionings, TORCH)

    def predict(self, rows: Rows) -> torch.Tensor:
        output: torch.Tensor = self.denoiser(
            hidden_states=rows.latents,
            timestep=rows.timesteps,
            encoder_hidden_states=rows.conditioning["prompt"],
            pooled_projections=rows.conditioning["pooled"],
            return_dict=False,
        )[0]
        return output

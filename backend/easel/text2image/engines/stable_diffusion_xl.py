"""Stable Diffusion XL, and its Turbo, LCM and Lightning kin: a UNet, two text encoders.

Podell et al. 2023 (arXiv:2307.01952): besides the prompt, the UNet is told a pooled
embedding and the picture's size.
"""

from collections.abc import Sequence
from typing import Any

import torch

from easel.text2image.engines.base import SampleSpec
from easel.text2image.engines.family import Conditioning, Rows, guided, stacked
from easel.text2image.engines.torch_arrays import TORCH
from easel.text2image.engines.unet_latents import UNetLatents, takes_plain_latents


def supports(pipeline: Any) -> bool:
    """The refiner, which wants an aesthetic score, goes through its pipeline."""
    return (
        takes_plain_latents(pipeline)
        and pipeline.unet.config.addition_embed_type == "text_time"
        and not pipeline.config.get("requires_aesthetics_score", False)
    )


class StableDiffusionXL(UNetLatents):
    """Runs `StableDiffusionXLPipeline`."""

    def encode(self, spec: SampleSpec, *, negative: bool) -> Conditioning:
        if negative and self._has_no_negative(spec):
            positive = self.encode(spec, negative=False).tensors
            return Conditioning(
                {name: torch.zeros_like(tensor) for name, tensor in positive.items()}
            )
        text = spec.negative_prompt or "" if negative else spec.prompt
        embeddings, _, pooled, _ = self.pipeline.encode_prompt(
            text,
            device=self.denoiser.device,
            num_images_per_prompt=1,
            do_classifier_free_guidance=False,
        )
        return Conditioning({"prompt": embeddings, "pooled": pooled})

    def stack(self, conditionings: Sequence[Conditioning]) -> dict[str, torch.Tensor]:
        return stacked(conditionings, TORCH)

    def predict(self, rows: Rows) -> torch.Tensor:
        pooled = rows.conditioning["pooled"]
        # Original size, crop and target size, as the pipeline says when not told.
        sizes = (rows.height, rows.width, 0, 0, rows.height, rows.width)
        time_ids = torch.tensor([sizes], dtype=pooled.dtype).expand(len(pooled), -1)
        output: torch.Tensor = self.denoiser(
            rows.latents,
            rows.timesteps,
            encoder_hidden_states=rows.conditioning["prompt"],
            timestep_cond=self.guidance_condition(rows.guidance_scales),
            added_cond_kwargs={
                "text_embeds": pooled,
                "time_ids": time_ids.to(pooled.device, non_blocking=True),
            },
            return_dict=False,
        )[0]
        return output

    def guide(
        self, positive: torch.Tensor, negative: torch.Tensor, scales: torch.Tensor
    ) -> torch.Tensor:
        return guided(positive, negative, scales)

    def _has_no_negative(self, spec: SampleSpec) -> bool:
        zeroes = self.pipeline.config.get("force_zeros_for_empty_prompt", True)
        return spec.negative_prompt is None and bool(zeroes)

"""FLUX.1, dev and schnell: a transformer over packed latents, two text encoders.

Guidance, where the model was distilled with it (dev), is an input of the transformer:
rows of one pass may differ in it, and no row is added.
"""

import functools
from collections.abc import Sequence
from typing import Any

import torch

from easel.text2image.engines.base import SampleSpec
from easel.text2image.engines.family import Conditioning, Rows, stacked
from easel.text2image.engines.packed_latents import PackedLatents
from easel.text2image.engines.torch_arrays import TORCH
from easel.text2image.engines.transformer_latents import has_planned_sampler


def supports(pipeline: Any) -> bool:
    """Fill, Canny, Kontext and the like take more than latents: other pipelines."""
    return (
        pipeline.transformer.config.in_channels
        == pipeline.vae.config.latent_channels * 4
        and has_planned_sampler(pipeline)
    )


class Flux(PackedLatents):
    """Runs `FluxPipeline`."""

    def __init__(self, pipeline: Any) -> None:
        super().__init__(pipeline)
        # Made on the CPU: without this, each step would wait for a copy to the device.
        self._image_ids = functools.lru_cache(maxsize=64)(self._made_image_ids)

    def is_guided(self, spec: SampleSpec) -> bool:
        return False

    def encode(self, spec: SampleSpec, *, negative: bool) -> Conditioning:
        text = spec.negative_prompt or "" if negative else spec.prompt
        embeddings, pooled, _ = self.pipeline.encode_prompt(
            # The second text encoder reads the same prompt.
            text,
            None,
            device=self.denoiser.device,
        )
        return Conditioning({"prompt": embeddings, "pooled": pooled})

    def stack(self, conditionings: Sequence[Conditioning]) -> dict[str, torch.Tensor]:
        return stacked(conditionings, TORCH)

    def predict(self, rows: Rows) -> torch.Tensor:
        prompt = rows.conditioning["prompt"]
        embeds_guidance = self.denoiser.config.guidance_embeds
        output: torch.Tensor = self.denoiser(
            hidden_states=rows.latents,
            # Rounded to the model's dtype before the division, as the pipeline does.
            timestep=rows.timesteps.to(rows.latents.dtype) / 1000,
            guidance=rows.guidance_scales if embeds_guidance else None,
            pooled_projections=rows.conditioning["pooled"],
            encoder_hidden_states=prompt,
            # All text is at the origin. Ids have no batch axis: rows share them.
            txt_ids=prompt.new_zeros(prompt.shape[1], 3),
            img_ids=self._image_ids(rows.width, rows.height),
            return_dict=False,
        )[0]
        return output

    def _made_image_ids(self, width: int, height: int) -> torch.Tensor:
        """[tokens, 3]: 0, row and column."""
        patch = self.pipeline.vae_scale_factor * 2
        ids: torch.Tensor = self.pipeline._prepare_latent_image_ids(
            1,
            height // patch,
            width // patch,
            self.denoiser.device,
            self.denoiser.dtype,
        )
        return ids

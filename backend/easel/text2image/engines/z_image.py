"""Z-Image: one stream of image and caption tokens, each row padded by the transformer.

The transformer pads a caption with a learned token to a multiple of 32 and lets the
image begin behind it. Rows with equal padded lengths need no mask, so that is what may
share a pass.
"""

from collections.abc import Sequence
from typing import Any

import torch

from easel.text2image.engines.base import SampleSpec
from easel.text2image.engines.call_signature import CallSignature
from easel.text2image.engines.family import Conditioning, Rows
from easel.text2image.engines.transformer_latents import (
    TransformerLatents,
    has_planned_sampler,
)

# `SEQ_MULTI_OF` of the transformer.
CAPTION_MULTIPLE = 32
# More than any padded caption: two lengths fit into one number.
_NEGATIVE_LENGTH = 2**16


def supports(pipeline: Any) -> bool:
    return (
        pipeline.transformer.config.in_channels == pipeline.vae.config.latent_channels
        and has_planned_sampler(pipeline)
    )


class ZImage(TransformerLatents):
    """Runs `ZImagePipeline`."""

    def __init__(self, pipeline: Any) -> None:
        super().__init__(pipeline)
        call = CallSignature(pipeline)
        self._max_sequence_length: int = call.default("max_sequence_length")

    def is_guided(self, spec: SampleSpec) -> bool:
        """Here a scale of 0 is without guidance, and 1 is with some: see `guide`."""
        return spec.guidance_scale > 0

    def text_length(self, spec: SampleSpec) -> int:
        """Of the prompt; where it differs, the negative one's is in the higher bits."""
        length = self._padded_length(_text(spec, negative=False))
        if not self.is_guided(spec):
            return length
        negative = self._padded_length(_text(spec, negative=True))
        return length if negative == length else length + _NEGATIVE_LENGTH * negative

    def encode(self, spec: SampleSpec, *, negative: bool) -> Conditioning:
        embeddings, _ = self.pipeline.encode_prompt(
            _text(spec, negative=negative),
            self.denoiser.device,
            do_classifier_free_guidance=False,
            max_sequence_length=self._max_sequence_length,
        )
        return Conditioning({"prompt": embeddings[0][None]})

    def stack(self, conditionings: Sequence[Conditioning]) -> list[torch.Tensor]:
        """A list, because captions differ in length: [tokens, features] each."""
        return [each.tensors["prompt"][0] for each in conditionings]

    def predict(self, rows: Rows) -> torch.Tensor:
        outputs: list[torch.Tensor] = self.denoiser(
            # One frame each.
            list(rows.latents.unsqueeze(2).unbind()),
            # The model's time runs from noise at 0 to the image at 1.
            (1000 - rows.timesteps) / 1000,
            rows.conditioning,
            return_dict=False,
        )[0]
        # So its velocity points the other way, too.
        return -torch.stack(outputs).squeeze(2)

    def guide(
        self, positive: torch.Tensor, negative: torch.Tensor, scales: torch.Tensor
    ) -> torch.Tensor:
        return positive + scales * (positive - negative)

    def _padded_length(self, text: str) -> int:
        templated = self.pipeline.tokenizer.apply_chat_template(
            [{"role": "user", "content": text}],
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=True,
        )
        tokens = self.pipeline.tokenizer(
            templated, truncation=True, max_length=self._max_sequence_length
        ).input_ids
        return -(-len(tokens) // CAPTION_MULTIPLE) * CAPTION_MULTIPLE


def _text(spec: SampleSpec, *, negative: bool) -> str:
    return spec.negative_prompt or "" if negative else spec.prompt

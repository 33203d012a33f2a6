"""Qwen-Image: a transformer over packed latents, a vision-language text encoder.

Prompts keep their length. Rows of different lengths are padded and masked; rows of one
length go without a mask, as the pipeline's own.
"""

from collections.abc import Sequence
from typing import Any

import torch
from PIL.Image import Image

from easel.text2image.engines.autoencoders import pixels_of
from easel.text2image.engines.base import SampleSpec
from easel.text2image.engines.call_signature import CallSignature
from easel.text2image.engines.family import Conditioning, Rows, guided
from easel.text2image.engines.packed_latents import PackedLatents
from easel.text2image.engines.transformer_latents import has_planned_sampler

# Few lengths, so that many prompts can share a pass (and torch.compile's graphs do),
# and little padding beside the thousands of image tokens.
TEXT_MULTIPLE = 64


def supports(pipeline: Any) -> bool:
    """Layered and edit models embed more than a timestep: other pipelines."""
    transformer = pipeline.transformer.config
    return (
        transformer.in_channels == pipeline.vae.config.z_dim * 4
        and not transformer.guidance_embeds
        and not transformer.use_additional_t_cond
        and has_planned_sampler(pipeline)
    )


class QwenImage(PackedLatents):
    """Runs `QwenImagePipeline`; `guidance_scale` is its `true_cfg_scale`."""

    def __init__(self, pipeline: Any) -> None:
        super().__init__(pipeline)
        call = CallSignature(pipeline)
        self._max_sequence_length: int = call.default("max_sequence_length")

    def is_guided(self, spec: SampleSpec) -> bool:
        return spec.guidance_scale > 1

    def text_length(self, spec: SampleSpec) -> int:
        lengths = [self._length(_text(spec, negative=False))]
        if self.is_guided(spec):
            lengths.append(self._length(_text(spec, negative=True)))
        return _padded(max(lengths))

    def encode(self, spec: SampleSpec, *, negative: bool) -> Conditioning:
        embeddings, _ = self.pipeline.encode_prompt(
            _text(spec, negative=negative),
            device=self.denoiser.device,
            max_sequence_length=self._max_sequence_length,
        )
        return Conditioning({"prompt": embeddings})

    def stack(
        self, conditionings: Sequence[Conditioning]
    ) -> dict[str, torch.Tensor | None]:
        """`prompt` [R, tokens, features] and `mask` [R, tokens], None if all count."""
        prompts = [each.tensors["prompt"] for each in conditionings]
        lengths = [prompt.shape[1] for prompt in prompts]
        longest = max(lengths)
        if min(lengths) == longest:
            return {"prompt": torch.cat(prompts), "mask": None}
        padded = _padded(longest)
        prompt = torch.cat(
            [
                torch.nn.functional.pad(each, (0, 0, 0, padded - length))
                for each, length in zip(prompts, lengths, strict=True)
            ]
        )
        mask = torch.arange(padded) < torch.tensor(lengths)[:, None]
        return {"prompt": prompt, "mask": mask.to(prompt.device)}

    def predict(self, rows: Rows) -> torch.Tensor:
        patch = self.pipeline.vae_scale_factor * 2
        shape = (1, rows.height // patch, rows.width // patch)
        output: torch.Tensor = self.denoiser(
            hidden_states=rows.latents,
            # Rounded to the model's dtype before the division, as the pipeline does.
            timestep=rows.timesteps.to(rows.latents.dtype) / 1000,
            encoder_hidden_states=rows.conditioning["prompt"],
            encoder_hidden_states_mask=rows.conditioning["mask"],
            img_shapes=[[shape]] * len(rows.latents),
            return_dict=False,
        )[0]
        return output

    def guide(
        self, positive: torch.Tensor, negative: torch.Tensor, scales: torch.Tensor
    ) -> torch.Tensor:
        """As long as the prediction for the prompt, token by token."""
        combined = guided(positive, negative, scales)
        wanted, present = (
            torch.linalg.vector_norm(each, dim=-1, keepdim=True)
            for each in (positive, combined)
        )
        rescaled: torch.Tensor = combined * (wanted / present)
        return rescaled

    def unpack(self, latents: torch.Tensor, width: int, height: int) -> torch.Tensor:
        """Without the pipeline's axis of frames."""
        unpacked = super().unpack(latents, width, height)
        return unpacked.squeeze(2)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        vae = self.pipeline.vae
        mean, std = self._statistics()
        scaled = latents.unsqueeze(2).to(vae.dtype) * std + mean
        frames: torch.Tensor = vae.decode(scaled, return_dict=False)[0]
        return frames[:, :, 0]

    def encode_image(self, image: Image, generator: torch.Generator) -> torch.Tensor:
        vae = self.pipeline.vae
        mean, std = self._statistics()
        frames = pixels_of(image).unsqueeze(2).to(vae.device, vae.dtype)
        latents = vae.encode(frames).latent_dist.sample(generator)
        scaled: torch.Tensor = (latents.float() - mean) / std
        return scaled.squeeze(2)

    def _statistics(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and standard deviation of the autoencoder's latents, [C, 1, 1, 1]."""
        vae = self.pipeline.vae
        mean, std = (
            torch.tensor(values).to(vae.device, vae.dtype).view(-1, 1, 1, 1)
            for values in (vae.config.latents_mean, vae.config.latents_std)
        )
        return mean, std

    def _length(self, text: str) -> int:
        """Tokens of the prompt alone: the template before it is cut off."""
        dropped: int = self.pipeline.prompt_template_encode_start_idx
        tokens = self.pipeline.tokenizer(
            self.pipeline.prompt_template_encode.format(text),
            truncation=True,
            max_length=self.pipeline.tokenizer_max_length + dropped,
        ).input_ids
        return min(len(tokens) - dropped, self._max_sequence_length)


def _padded(length: int) -> int:
    return -(-length // TEXT_MULTIPLE) * TEXT_MULTIPLE


def _text(spec: SampleSpec, *, negative: bool) -> str:
    if not negative:
        return spec.prompt
    # Without any negative prompt the pipeline turns guidance off.
    return " " if spec.negative_prompt is None else spec.negative_prompt

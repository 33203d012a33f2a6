"""The classes of diffusers that we use, with types.

diffusers loads its classes lazily, in a way that a strict type check cannot follow.
What is declared here is only what this folder calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from torch import Tensor, nn

    class _Model(nn.Module):
        config: Any
        device: torch.device

        def __init__(self, **config: Any) -> None: ...
        @classmethod
        def from_pretrained(cls, folder: Path, **options: Any) -> Any: ...
        def save_pretrained(self, folder: Path) -> None: ...
        def to(self, *args: Any, **options: Any) -> Any: ...

    class AutoencoderKL(_Model):
        """Pictures to latents and back."""

        encoder: Any
        decoder: Any
        quant_conv: Any
        post_quant_conv: Any

        def encode(self, pictures: Tensor) -> Any: ...
        def decode(self, latents: Tensor) -> Any: ...

    class UNet2DConditionModel(_Model):
        """The denoiser."""

        conv_in: Any
        conv_out: Any
        down_blocks: Any
        up_blocks: Any

        def set_attn_processor(self, processor: AttnProcessor) -> None: ...

    class AttnProcessor:
        """Attention as plain products and a softmax."""

    class ResnetBlock2D(nn.Module):
        """A residual block."""

        conv2: Any
        conv_shortcut: Any

    class Downsample2D(nn.Module):
        """Halves the size."""

        conv: Any

    class Upsample2D(nn.Module):
        """Doubles the size."""

        conv: Any

    class DPMSolverMultistepScheduler:
        """DPM++ 2M."""

        alphas_cumprod: Tensor
        config: Any

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> DPMSolverMultistepScheduler: ...

    class StableDiffusionPipeline:
        """Text encoder, denoiser, autoencoder and sampler as one."""

        def __init__(self, **parts: Any) -> None: ...
        @classmethod
        def from_pretrained(cls, folder: Path, **options: Any) -> Any: ...
        def __call__(self, prompt: list[str], **options: Any) -> Any: ...
        def set_progress_bar_config(self, **options: Any) -> None: ...
        def to(self, **options: Any) -> StableDiffusionPipeline: ...
        def save_pretrained(self, folder: Path) -> None: ...

    class AutoPipelineForText2Image:
        """Finds the pipeline class that a folder names."""

        @classmethod
        def from_pretrained(cls, folder: Path, **options: Any) -> Any: ...

else:
    from diffusers import (
        AutoencoderKL,
        AutoPipelineForText2Image,
        DPMSolverMultistepScheduler,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )
    from diffusers.models.attention_processor import AttnProcessor
    from diffusers.models.downsampling import Downsample2D
    from diffusers.models.resnet import ResnetBlock2D
    from diffusers.models.upsampling import Upsample2D

__all__ = [
    "AttnProcessor",
    "AutoPipelineForText2Image",
    "AutoencoderKL",
    "DPMSolverMultistepScheduler",
    "Downsample2D",
    "ResnetBlock2D",
    "StableDiffusionPipeline",
    "UNet2DConditionModel",
    "Upsample2D",
]

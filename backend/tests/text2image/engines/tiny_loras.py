"""Random low-rank adapters for tiny models, saved as diffusers saves them."""

from pathlib import Path
from typing import Any

import torch

_ATTENTION = ("to_q", "to_v")
_TEXT_ATTENTION = ("q_proj", "v_proj")
_RANK = 2


def save_lora(
    pipeline: Any,
    folder: Path,
    name: str,
    *,
    seed: int,
    for_text: bool = False,
    strength: float = 0.3,
) -> Path:
    """`name`.safetensors for the denoiser, and for the text encoder if asked for."""
    generator = torch.Generator().manual_seed(seed)
    part = "unet" if hasattr(pipeline, "unet") else "transformer"
    layers = {
        f"{part}_lora_layers": _layers(
            getattr(pipeline, part), _ATTENTION, generator, strength
        )
    }
    if for_text:
        layers["text_encoder_lora_layers"] = _layers(
            pipeline.text_encoder, _TEXT_ATTENTION, generator, strength
        )
    folder.mkdir(parents=True, exist_ok=True)
    pipeline.save_lora_weights(folder, weight_name=f"{name}.safetensors", **layers)
    return folder / f"{name}.safetensors"


def _layers(
    model: Any, suffixes: tuple[str, ...], generator: torch.Generator, strength: float
) -> dict[str, torch.Tensor]:
    layers = {}
    for path, module in model.named_modules():
        if path.endswith(suffixes):
            height, width = module.weight.shape
            down = torch.randn(_RANK, width, generator=generator)
            up = torch.randn(height, _RANK, generator=generator) * strength
            layers[f"{path}.lora_A.weight"] = down
            layers[f"{path}.lora_B.weight"] = up
    return layers

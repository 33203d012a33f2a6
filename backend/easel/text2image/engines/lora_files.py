"""Files of low-rank adapters: which there are, and whether one fits a model.

Only a file's head is read, and the few numbers that trainers store beside the matrices.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

_DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def adapter_files(folder: Path) -> Iterator[Path]:
    """By name; links that lead out of `folder` are not followed.

    An unreadable or missing folder has none.
    """
    root = folder.resolve()
    for file in sorted(root.glob("*.safetensors")):
        real = file.resolve()
        if real.is_relative_to(root) and real.is_file():
            yield file


def fits(file: Path, pipeline: Any) -> bool:
    """Whether every matrix of the adapter has its place in `pipeline`.

    Raises:
        Exception: of any type; the file is damaged or of an unknown format.
    """
    converted = _in_diffusers_words(_matrices(file), pipeline)
    has_any = False
    for part, entries in _by_part(converted).items():
        model = getattr(pipeline, part, None)
        if not isinstance(model, torch.nn.Module):
            return False
        if not _has_place_for(entries, dict(model.named_modules())):
            return False
        has_any = True
    return has_any


def _matrices(file: Path) -> dict[str, torch.Tensor]:
    """The file's tensors with shapes only; single numbers (alpha) are read."""
    found = {}
    with safe_open(file, framework="pt") as opened:
        for name in sorted(opened.keys()):
            piece = opened.get_slice(name)
            shape = piece.get_shape()
            if not shape or shape == [1]:
                found[name] = opened.get_tensor(name)
            else:
                dtype = _DTYPES.get(piece.get_dtype(), torch.float32)
                found[name] = torch.empty(shape, dtype=dtype, device="meta")
    return found


def _in_diffusers_words(
    matrices: dict[str, torch.Tensor], pipeline: Any
) -> Mapping[str, torch.Tensor]:
    """Trainers name modules in a dozen ways; the pipeline's loader knows them."""
    extra = {}
    if hasattr(pipeline, "unet"):
        extra["unet_config"] = pipeline.unet.config
    converted = pipeline.lora_state_dict(matrices, **extra)
    return dict(converted[0] if isinstance(converted, tuple) else converted)


def _by_part(
    converted: Mapping[str, torch.Tensor],
) -> dict[str, dict[str, torch.Tensor]]:
    """`unet.x.lora_A.weight` becomes `x.lora_A.weight` of `unet`, in peft's words."""
    # Not `diffusers.utils`, which has them without saying so.
    from diffusers.utils import state_dict_utils as words

    parts: dict[str, dict[str, torch.Tensor]] = {}
    for name, tensor in converted.items():
        part, _, rest = name.partition(".")
        parts.setdefault(part, {})[rest] = tensor
    for part, entries in parts.items():
        if part.startswith("text_encoder"):
            parts[part] = words.convert_state_dict_to_peft(
                words.convert_state_dict_to_diffusers(entries)
            )
        elif not any("lora_A" in name for name in entries):
            parts[part] = words.convert_unet_state_dict_to_peft(entries)
    return parts


def _has_place_for(
    entries: Mapping[str, torch.Tensor], modules: Mapping[str, torch.nn.Module]
) -> bool:
    """Whether each pair of matrices has a module whose weights are as wide and high."""
    for name, tensor in entries.items():
        path, _, side = name.removesuffix(".weight").rpartition(".")
        if side not in ("lora_A", "lora_B"):
            continue
        module = modules.get(path) or modules.get(path.removeprefix("text_model."))
        weight = getattr(module, "weight", None)
        if weight is None:
            return False
        wanted = weight.shape[1] if side == "lora_A" else weight.shape[0]
        given = tensor.shape[1] if side == "lora_A" else tensor.shape[0]
        if wanted != given:
            return False
    return True

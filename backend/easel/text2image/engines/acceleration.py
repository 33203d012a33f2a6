"""What makes a loaded pipeline faster or smaller: layout, eight bits, compiling."""

import importlib
from typing import Any

import torch

from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.engines.load_options import LoadOptions, Offload, Quantization

# The first GPUs that multiply matrices of eight-bit floats.
_FP8_CAPABILITY = (8, 9)


def refuse_what_cannot_be(options: LoadOptions, device: str) -> None:
    """Before anything is loaded.

    Raises:
        ModelUnavailable: the options do not go together, or not with this machine.
    """
    if options.offload != "none" and not device.startswith(("cuda", "xpu")):
        raise ModelUnavailable(f"--offload needs a GPU; the device is {device}")
    if options.offload != "none" and options.compile:
        raise ModelUnavailable("--offload and --compile cannot be used together")
    if options.quantize is None:
        return
    if options.offload != "none":
        raise ModelUnavailable("--offload and --quantize cannot be used together")
    if options.lora_dir is not None:
        # Adapters are added to the matrices as they were trained for.
        raise ModelUnavailable("--lora-dir and --quantize cannot be used together")
    _import_torchao()


def denoiser_of(pipeline: Any) -> torch.nn.Module | None:
    denoiser = getattr(pipeline, "unet", getattr(pipeline, "transformer", None))
    return denoiser if isinstance(denoiser, torch.nn.Module) else None


def quantize(pipeline: Any, quantization: Quantization, device: str) -> None:
    """Store the denoiser's matrices in eight bits, moving them to `device`."""
    quantization_module = _import_torchao()
    denoiser = denoiser_of(pipeline)
    if denoiser is not None:
        config = _quantization_config(quantization_module, quantization, device)
        quantization_module.quantize_(denoiser, config, device=device)


def use_channels_last(pipeline: Any, device: str) -> None:
    """Convolutions on a GPU want the channels innermost.

    Not on a CPU: with the embedded model steps were 7 to 15 % and decoding 6 to 23 %
    faster, but images were no longer bit-equal to the stock pipeline's.
    """
    if not device.startswith("cuda") or not hasattr(pipeline, "unet"):
        return
    for part in (pipeline.unet, pipeline.vae):
        part.to(memory_format=torch.channels_last)


def offload(pipeline: Any, kind: Offload, device: str) -> None:
    if kind == "model":
        pipeline.enable_model_cpu_offload(device=device)
    elif kind == "sequential":
        pipeline.enable_sequential_cpu_offload(device=device)


def compile_denoiser(pipeline: Any, backend: str = "inductor") -> None:
    """One graph for each repeated block where there are such, else one for all.

    Graphs are made when they are first needed, one for each number of rows and size.
    """
    denoiser: Any = denoiser_of(pipeline)
    if denoiser is None:
        return
    if getattr(denoiser, "_repeated_blocks", None) and hasattr(pipeline, "transformer"):
        denoiser.compile_repeated_blocks(backend=backend, dynamic=False)
    else:
        # Not the module itself: its hooks are how runs are paused, and stay outside.
        denoiser.forward = torch.compile(
            denoiser.forward, backend=backend, dynamic=False
        )


def _quantization_config(torchao: Any, quantization: Quantization, device: str) -> Any:
    if quantization == "int8":
        return torchao.Int8WeightOnlyConfig()
    has_fp8 = device.startswith("cuda") and (
        torch.cuda.get_device_capability(device) >= _FP8_CAPABILITY
    )
    if has_fp8:
        return torchao.Float8DynamicActivationFloat8WeightConfig(
            granularity=torchao.PerRow()
        )
    return torchao.Float8WeightOnlyConfig()


def _import_torchao() -> Any:
    try:
        return importlib.import_module("torchao.quantization")
    except ImportError as error:
        raise ModelUnavailable(
            "--quantize needs torchao: pip install 'easel[quantize]'"
        ) from error

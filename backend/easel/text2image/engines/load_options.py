"""How models are to be loaded: one set of options for all models of a server."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# The name of the test pattern, which needs no files.
FAKE_MODEL = "fake"

Quantization = Literal["fp8", "int8"]
Offload = Literal["none", "model", "sequential"]
# `onnx` is ONNX Runtime on the CPU, for models that carry graphs.
RuntimeChoice = Literal["auto", "onnx", "torch"]

# Told how much of a model is loaded, from 0 to 1, never less than before.
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """What an operator set.

    Args:
        device: `auto`, or a device as torch names it.
        dtype: `auto`, or the number format of the weights.
        compile: Compile the denoiser: faster steps, slower start.
        quantize: Store and multiply the denoiser's matrices in eight bits.
        offload: What may wait in the machine's memory while it is not needed: whole
            components (`model`) or single layers (`sequential`).
        lora_dir: Where adapters are; None offers none.
        runtime: What computes; `auto` takes torch where only torch will do, or where
            it finds a GPU.
        fake_step_s: Step time of the test pattern.
    """

    device: str
    dtype: str
    compile: bool = False
    quantize: Quantization | None = None
    offload: Offload = "none"
    lora_dir: Path | None = None
    runtime: RuntimeChoice = "auto"
    fake_step_s: float = 0.05

"""Which library runs a model: torch, or the light runtime without it.

Torch takes seconds to import and gigabytes on the disk; nothing here imports it unless
it is installed and there may be a GPU for it.
"""

import importlib.util
import logging
import platform
import sys
from functools import cache
from pathlib import Path

from easel.contract.models import Runtime
from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.engines.light.folder import why_not_light
from easel.text2image.engines.load_options import LoadOptions
from easel.text2image.engines.model_source import (
    ModelSource,
    local_source,
    locate,
)

log = logging.getLogger(__name__)

TORCH_LOCK = "requirements-torch.txt"

# What drivers of GPUs that torch can use put there: NVIDIA's, the same in WSL, AMD's.
_GPU_NODES = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")


def runtime_of(model: str, options: LoadOptions) -> Runtime:
    """What will run `model`, a name as the operator wrote it.

    Raises:
        ModelUnavailable: it does not exist, or this machine lacks what it needs.
    """
    why_torch = _why_torch(model, options)
    if options.runtime == "onnx":
        if why_torch is not None:
            raise ModelUnavailable(f"--runtime onnx will not do: {why_torch}")
        return "onnx"
    if options.runtime == "torch":
        why_torch = "--runtime torch"
    if why_torch is None and (options.device == "cpu" or not _torch_has_a_gpu()):
        return "onnx"
    if not is_torch_installed():
        raise ModelUnavailable(
            f"torch is not installed, and is needed: {why_torch}. In the server's "
            f"folder: pip install -r {TORCH_LOCK}"
        )
    return "torch"


def is_torch_installed() -> bool:
    names = ("torch", "diffusers", "transformers")
    return all(importlib.util.find_spec(name) is not None for name in names)


def _why_torch(model: str, options: LoadOptions) -> str | None:
    """What only torch can do of what is wanted, in a few words."""
    wanted = {
        f"--device {options.device}": options.device not in ("auto", "cpu"),
        f"--dtype {options.dtype}": options.dtype not in ("auto", "float32"),
        "--compile": options.compile,
        "--quantize": options.quantize is not None,
        "--offload": options.offload != "none",
        "--lora-dir": options.lora_dir is not None,
    }
    for flag, is_wanted in wanted.items():
        if is_wanted:
            return f"{flag} works with torch only"
    located = locate(model)
    if not Path(located).is_dir():
        return f"{model!r} comes from the model hub"
    source: ModelSource = local_source(located)
    reason = why_not_light(source)
    return None if reason is None else f"{source.id!r}: {reason}"


@cache
def _torch_has_a_gpu() -> bool:
    """Asks torch only where a GPU can be: on other machines its import is in vain."""
    if not _may_have_a_gpu():
        return False
    if not is_torch_installed():
        if sys.platform == "linux":
            log.warning(
                "a GPU is here and torch is not, so this server paints on the CPU. To "
                "use it: pip install -r %s",
                TORCH_LOCK,
            )
        return False
    from easel.text2image.engines.devices import choose_device

    return choose_device("auto") != "cpu"


def _may_have_a_gpu() -> bool:
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    if sys.platform == "linux":
        return any(Path(node).exists() for node in _GPU_NODES)
    return True

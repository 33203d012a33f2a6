"""Which device and number format a model gets, and how much room there is."""

import os
from collections.abc import Callable

import torch

from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.models.memory_gauge import machine_bytes, resident_bytes

_DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}


def choose_device(device: str) -> str:
    """Raises ModelUnavailable: `device` is a GPU that torch does not see."""
    if device != "auto":
        if device.startswith("cuda") and not torch.cuda.is_available():
            raise ModelUnavailable(f"no {device} device: torch sees no CUDA GPU")
        return device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def choose_dtype(dtype: str, device: str) -> torch.dtype:
    if dtype != "auto":
        return _DTYPES[dtype]
    if device.startswith("cuda"):
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.float32


def dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def total_memory_bytes(device: str) -> int:
    """Of the GPU; of the machine for every other device."""
    if device.startswith("cuda"):
        return int(torch.cuda.get_device_properties(device).total_memory)
    return machine_bytes()


def free_memory_bytes(device: str) -> int:
    """What could be had now, what torch keeps for itself included."""
    if device.startswith("cuda"):
        free, _ = torch.cuda.mem_get_info(device)
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(free) + kept
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")


def allocated_bytes(device: str) -> Callable[[], int]:
    """A gauge of what this process has of the device's memory; holds no model."""
    if device.startswith("cuda"):
        return lambda: torch.cuda.memory_reserved(device)
    return resident_bytes

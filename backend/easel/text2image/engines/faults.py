"""Which of a library's many errors means what to us."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from easel.errors import OutOfMemory
from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.engines.error_text import first_line


@contextmanager
def device_faults_named(what: str) -> Iterator[None]:
    """Turn a device's errors into ours; `what` is what was being done.

    Raises:
        OutOfMemory: it did not fit.
        ModelUnavailable: the device failed for good.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if "CUDA error" in str(error):
            # After an illegal access or a lost device every further call fails too.
            raise ModelUnavailable(f"the GPU failed: {first_line(error)}") from error
        if not is_out_of_memory(error):
            raise
        if torch.cuda.is_available():
            # What torch keeps for later is in pieces that did not fit.
            torch.cuda.empty_cache()
        raise OutOfMemory(
            f"{what} does not fit into memory; ask for a smaller size or fewer images."
        ) from error


def is_out_of_memory(error: BaseException) -> bool:
    # On the CPU torch raises a bare RuntimeError whose text is all there is.
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and "not enough memory" in str(error)
    )

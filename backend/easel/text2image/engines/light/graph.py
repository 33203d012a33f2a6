"""One graph, run by ONNX Runtime on the CPU: arrays in, arrays out."""

import os
from pathlib import Path
from typing import Any

import onnxruntime
from numpy.typing import NDArray

from easel.errors import OutOfMemory
from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.engines.error_text import first_line
from easel.text2image.engines.light.graph_files import refuse_foreign_weights
from easel.text2image.engines.pictures import Float32Array

# Fatal errors only: all others are raised as well.
_QUIET = 4


class Graph:
    """
    Args:
        path: The `.onnx` file; its weights are in files beside it.

    Raises:
        ModelUnavailable: it is damaged, or was made for other weights.
    """

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _QUIET
        options.intra_op_num_threads = _cores()
        # A thread that spins keeps the core from the one that it waits for, as soon as
        # anything else runs here: two cores with one other busy process painted twice
        # as fast without.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            refuse_foreign_weights(path)
            self._session = onnxruntime.InferenceSession(
                path, options, providers=["CPUExecutionProvider"]
            )
        except ModelUnavailable:
            raise
        except Exception as error:
            # Its exceptions have no class in common.
            reason = f"{path.name} of {path.parent.name} is damaged"
            raise ModelUnavailable(f"{reason}: {first_line(error)}") from error

    def __call__(self, **inputs: NDArray[Any]) -> list[Float32Array]:
        """The graph's outputs, by the names of its inputs.

        Raises:
            OutOfMemory: they do not fit.
        """
        try:
            outputs: list[Float32Array] = self._session.run(None, inputs)
        except Exception as error:
            if is_out_of_memory(error):
                raise OutOfMemory(
                    "The image does not fit into memory; ask for a smaller size or "
                    "fewer images."
                ) from error
            raise
        return outputs


def is_out_of_memory(error: BaseException) -> bool:
    # ONNX Runtime has one class for all that can fail; the text is all there is.
    words = ("allocate memory", "bad_alloc", "bad allocation")
    return isinstance(error, MemoryError) or any(word in str(error) for word in words)


def _cores() -> int:
    """Those that this process may use: in a container, few of many."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

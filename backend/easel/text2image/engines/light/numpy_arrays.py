"""NumPy's words for what batching needs: see `engines.arrays`."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from easel.text2image.engines.light.noise import TorchNoise
from easel.text2image.engines.pictures import Float32Array


class NumpyArrays:
    """Arrays are float32 on the CPU, whatever a device or a number format is called."""

    def generator(self, seed: int) -> TorchNoise:
        return TorchNoise(seed)

    def column(self, values: Sequence[float], like: Float32Array) -> Float32Array:
        return np.array(values, dtype=np.float32)

    def table(
        self, rows: Sequence[Sequence[float]], like: Float32Array
    ) -> Float32Array:
        return np.array(rows, dtype=np.float32)

    def noise(
        self, generators: Sequence[TorchNoise | None], like: Float32Array
    ) -> Float32Array:
        shape = like.shape[1:]
        return np.stack(
            [
                np.zeros(shape, np.float32) if each is None else each.normal(shape)
                for each in generators
            ]
        )

    def joined(self, parts: Sequence[Float32Array]) -> Float32Array:
        return np.concatenate(parts)

    def zeros_like(self, array: Float32Array) -> Float32Array:
        return np.zeros_like(array)

    def copied(self, array: Float32Array) -> Float32Array:
        return array.copy()

    def float32(self, array: Float32Array) -> Float32Array:
        return array

    def on_device(self, array: Float32Array, device: str) -> Float32Array:
        return array

    def as_dtype(self, array: Float32Array, dtype: Any) -> Float32Array:
        return array


NUMPY = NumpyArrays()

"""The little that NumPy and torch say differently, for code that takes either's arrays.

Everything else that batching does (arithmetic, indexing, `shape`, `reshape`) is the
same word in both libraries.
"""

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

# A NumPy array or a torch tensor: no type of either library is one of the other's.
Array: TypeAlias = Any

# What noise is drawn from: a `torch.Generator`, or its twin in NumPy.
Generator: TypeAlias = Any


class Arrays(Protocol):
    """Stateless: results are made beside `like`, on its device."""

    def generator(self, seed: int) -> Generator:
        """Draws the same noise whichever library it is of, up to the last bits."""
        ...

    def column(self, values: Sequence[float], like: Array) -> Array:
        """[B] float32."""
        ...

    def table(self, rows: Sequence[Sequence[float]], like: Array) -> Array:
        """[A, B] float32."""
        ...

    def noise(self, generators: Sequence[Generator | None], like: Array) -> Array:
        """Shaped as `like`: one draw for each row that has a generator, else 0."""
        ...

    def joined(self, parts: Sequence[Array]) -> Array:
        """Along the batch axis."""
        ...

    def zeros_like(self, array: Array) -> Array: ...

    def copied(self, array: Array) -> Array: ...

    def float32(self, array: Array) -> Array: ...

    def on_device(self, array: Array, device: str) -> Array: ...

    def as_dtype(self, array: Array, dtype: Any) -> Array:
        """In the number format of a denoiser, as the library names it."""
        ...


def broadcast_shape(like: Array) -> tuple[int, ...]:
    """[B] numbers in this shape stand one before each row of `like`."""
    return (-1, *(1,) * (like.ndim - 1))

"""The normal noise that `torch.randn` draws on a CPU, drawn with NumPy.

So a seed is the same picture whichever runtime paints it. After ATen's `normal_fill`
and `DistributionTemplates.h`: a Mersenne Twister, uniform numbers of 24 bits, and Box
and Muller's transform. The transform is computed in double precision and rounded once;
torch's vectorised logarithm and cosine differ from that in the last bits.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Shorter tensors are drawn one number at a time; longer ones in blocks of this size,
# the first half of each of which is paired with the second.
_BLOCK = 16
_24_BITS = (1 << 24) - 1
_53_BITS = (1 << 53) - 1
_HALVES = np.array([1 << 32, 1], dtype=np.uint64)


class TorchNoise:
    """Draws what `torch.randn` does with `torch.Generator().manual_seed(seed)`.

    Args:
        seed: Not negative; as in torch, only its lowest 32 bits count.
    """

    def __init__(self, seed: int) -> None:
        self._bits = np.random.MT19937()
        # NumPy's own seeding scatters a seed first; its legacy one is the original's.
        legacy = np.random.RandomState(seed & 0xFFFFFFFF).get_state(legacy=False)
        self._bits.state = {
            "bit_generator": "MT19937",
            "state": legacy["state"],
        }
        # Of a pair drawn for a short tensor: the one that the next begins with.
        self._left_over: float | None = None

    def normal(self, shape: Sequence[int]) -> NDArray[np.float32]:
        """The generator's next noise."""
        size = math.prod(shape)
        if size < _BLOCK:
            short = [self._next() for _ in range(size)]
            return np.array(short, dtype=np.float32).reshape(shape)
        uniform = self._uniform(size)
        noise = np.empty(size, dtype=np.float32)
        whole = size - size % _BLOCK
        noise[:whole] = _transformed(uniform[:whole])
        if whole < size:
            # The last block is drawn anew and overlaps the one before.
            noise[-_BLOCK:] = _transformed(self._uniform(_BLOCK))
        return noise.reshape(shape)

    def _uniform(self, size: int) -> NDArray[np.float64]:
        """[size] multiples of 2 ** -24 in [0, 1)."""
        drawn = self._bits.random_raw(size) & _24_BITS
        return drawn.astype(np.float64) * 2.0**-24

    def _next(self) -> float:
        if self._left_over is not None:
            kept, self._left_over = self._left_over, None
            return kept
        first, second = self._wide_uniform(), self._wide_uniform()
        radius = math.sqrt(-2 * math.log1p(-second))
        self._left_over = radius * math.sin(2 * math.pi * first)
        return radius * math.cos(2 * math.pi * first)

    def _wide_uniform(self) -> float:
        """A multiple of 2 ** -53 in [0, 1)."""
        high_low = self._bits.random_raw(2).astype(np.uint64)
        return (int(high_low @ _HALVES) & _53_BITS) * 2.0**-53


def _transformed(uniform: NDArray[np.float64]) -> NDArray[np.float64]:
    """[n * 16] uniform numbers to normal ones, block by block."""
    blocks = uniform.reshape(-1, 2, _BLOCK // 2)
    radius = np.sqrt(-2 * np.log(1 - blocks[:, 0]))
    angle = 2 * np.pi * blocks[:, 1]
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return pairs.reshape(-1)

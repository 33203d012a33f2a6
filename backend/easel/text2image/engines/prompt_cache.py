"""Prompt embeddings, kept for the next time that somebody asks the same."""

from collections import OrderedDict
from collections.abc import Callable, Hashable

from easel.text2image.engines.family import Conditioning

# A FLUX prompt takes 4 MiB in bfloat16, one of Stable Diffusion 0.1 MiB.
_MAX_BYTES = 256 * 2**20


class PromptCache:
    """The most recently used embeddings, up to a number of bytes."""

    def __init__(self, max_bytes: int = _MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[Hashable, Conditioning] = OrderedDict()
        self.hits = 0
        self.misses = 0

    def get(self, key: Hashable, encode: Callable[[], Conditioning]) -> Conditioning:
        if (known := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            self.hits += 1
            return known
        self.misses += 1
        made = encode()
        self._kept[key] = made
        self._bytes += made.nbytes
        while self._bytes > self._max_bytes and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.nbytes
        return made

    def clear(self) -> None:
        self._kept.clear()
        self._bytes = 0

"""A dictionary that forgets the oldest, so that no caller can fill the memory."""

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")

CAPACITY = 10_000


def keep(cache: dict[K, V], key: K, value: V, *, capacity: int = CAPACITY) -> None:
    """Put it last; whoever was put first goes when there are more than `capacity`."""
    cache.pop(key, None)
    cache[key] = value
    if len(cache) > capacity:
        del cache[next(iter(cache))]

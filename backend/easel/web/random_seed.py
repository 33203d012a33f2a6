"""The seed of a request that brings none, drawn by the first tier that sees it."""

import random

from easel.contract.generations import MAX_IMAGES, MAX_SEED


def random_seed() -> int:
    """Image `i` has `seed + i`: there is room for the last of them."""
    return random.randrange(MAX_SEED + 2 - MAX_IMAGES)

"""How far two images are from each other."""

import io
from typing import Any

from PIL import Image, ImageChops


def greatest_difference(one: bytes, two: bytes) -> int:
    """Of any two pixels' channels in two files, in levels of 0 to 255.

    Raises:
        ValueError: they differ in size.
    """
    pictures = [Image.open(io.BytesIO(file)).convert("RGB") for file in (one, two)]
    if pictures[0].size != pictures[1].size:
        raise ValueError(f"{pictures[0].size} and {pictures[1].size} px")
    extrema: Any = ImageChops.difference(*pictures).getextrema()
    return max(int(high) for _, high in extrema)

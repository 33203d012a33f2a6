"""At which size to paint what was asked for. Pure arithmetic."""

import math
from dataclasses import dataclass

from easel.contract.models import SizeSupport


@dataclass(frozen=True, slots=True)
class Size:
    """Pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width} x {self.height}"


def painted_size(asked: Size, sizes: SizeSupport) -> Size:
    """The size at which the model paints so that `asked` can be given.

    A model that enlarges paints at its native size of the nearest shape; any other
    paints what was asked.
    """
    if not sizes.enlarges:
        return asked
    native = min(
        sizes.native,
        # Ratios differ by their quotient, so the distance is taken between logarithms.
        key=lambda size: abs(
            math.log(size.width / size.height) - math.log(asked.width / asked.height)
        ),
    )
    return Size(native.width, native.height)


def covering_crop(painted: Size, asked: Size) -> tuple[float, float, float, float]:
    """The largest centred part of `painted` that has the shape of `asked`.

    Returns:
        (left, top, right, bottom) in pixels of `painted`, fractions kept: enlarging
        this box to `asked` distorts nothing.
    """
    scale = min(painted.width / asked.width, painted.height / asked.height)
    width, height = asked.width * scale, asked.height * scale
    left, top = (painted.width - width) / 2, (painted.height - height) / 2
    return left, top, left + width, top + height

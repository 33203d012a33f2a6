"""Pictures between front and replica: raw pixels, in pieces that travel with the news.

A piece is small enough for Ray to send it inside of its message. Larger values go to
the object store of the node, which dies with it and must be asked once more.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image
from pydantic import BaseModel, ConfigDict

# Ray inlines values below 100 KiB.
PIECE_BYTES = 88 * 1024


class PictureHead(BaseModel):
    """What the pieces after it are.

    Attributes:
        mode: As Pillow names it: `RGB`, `L`.
        pieces: How many follow.
    """

    model_config = ConfigDict(frozen=True)

    mode: str
    width: int
    height: int
    pieces: int


class RawPicture(BaseModel):
    """A whole one."""

    model_config = ConfigDict(frozen=True)

    mode: str
    width: int
    height: int
    pixels: bytes

    @classmethod
    def of(cls, image: Image.Image) -> "RawPicture":
        return cls(
            mode=image.mode,
            width=image.width,
            height=image.height,
            pixels=image.tobytes(),
        )

    def image(self) -> Image.Image:
        return Image.frombytes(self.mode, (self.width, self.height), self.pixels)


def head_of(image: Image.Image) -> tuple[PictureHead, Iterator[bytes]]:
    """What is said of the picture, and its pieces."""
    pixels = image.tobytes()
    starts = range(0, len(pixels), PIECE_BYTES)
    head = PictureHead(
        mode=image.mode, width=image.width, height=image.height, pieces=len(starts)
    )
    return head, (pixels[start : start + PIECE_BYTES] for start in starts)


@dataclass(slots=True)
class PictureInPieces:
    """A picture on its way."""

    head: PictureHead
    pieces: list[bytes]

    @property
    def is_whole(self) -> bool:
        return len(self.pieces) == self.head.pieces

    def image(self) -> Image.Image:
        """Raises ValueError: the pieces do not make up the picture."""
        size = (self.head.width, self.head.height)
        return Image.frombytes(self.head.mode, size, b"".join(self.pieces))

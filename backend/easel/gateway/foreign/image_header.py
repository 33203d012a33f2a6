"""What the first bytes of an image file say: its format and its size. Pure.

The gateway decodes no pixel; but what it passes on as a PNG of some size has to be one.
"""

import struct
from dataclasses import dataclass

from easel.contract.generations import ImageFormat

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"

# Markers of JPEG that begin a frame (ITU T.81, table B.1): the C0 group without the
# tables DHT, JPG and DAC.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """Sides in pixels."""

    format: ImageFormat
    width: int
    height: int


class NoImage(ValueError):
    """The bytes are no PNG, JPEG or WebP file."""


def read_header(file: bytes) -> ImageHeader:
    """Raises NoImage, also for a file that ends within its header."""
    try:
        if file.startswith(_PNG):
            width, height = struct.unpack_from(">II", file, 16)
            return ImageHeader("png", width, height)
        if file.startswith(_JPEG):
            return _jpeg(file)
        if file[:4] == b"RIFF" and file[8:12] == b"WEBP":
            return _webp(file)
    except (struct.error, IndexError) as error:
        raise NoImage("the image's header is cut off") from error
    raise NoImage("it is no PNG, JPEG or WebP file")


def _jpeg(file: bytes) -> ImageHeader:
    position = 2
    while True:
        marker = file[position + 1]
        if marker == 0xFF:
            # Any number of these may fill the space before a marker.
            position += 1
            continue
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", file, position + 5)
            return ImageHeader("jpeg", width, height)
        (length,) = struct.unpack_from(">H", file, position + 2)
        position += 2 + max(length, 2)


def _webp(file: bytes) -> ImageHeader:
    match file[12:16]:
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", file, 26)
            return ImageHeader("webp", width & 0x3FFF, height & 0x3FFF)
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", file, 21)
            return ImageHeader("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        case b"VP8X":
            width = int.from_bytes(file[24:27], "little") + 1
            height = int.from_bytes(file[27:30], "little") + 1
            if len(file) < 30:
                raise NoImage("the image's header is cut off")
            return ImageHeader("webp", width, height)
    raise NoImage("it is no WebP file that is known")

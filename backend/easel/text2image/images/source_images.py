"""The images that callers send: decoded within limits, fitted to the painted size.

Everything here is hostile until proven an image. Decoding takes up to a second for the
largest, so it does not belong on the event loop.
"""

import base64
import binascii
import hashlib
import io
import re
from typing import Literal

from PIL import Image, ImageChops, ImageOps

from easel.contract.mask_reading import REPAINT_BLACK, REPAINT_TRANSPARENT
from easel.errors import InvalidRequest
from easel.web.native_size import Size, covering_crop

MAX_ENCODED_BYTES = 16 * 2**20
MAX_SIDE_PX = 4_096
FORMATS = ("PNG", "JPEG", "WEBP")

# Which part of a mask is repainted.
MaskPart = Literal["white", "black", "transparent"]

_DATA_URL = re.compile(r"data:([^,]{0,100});base64,", re.IGNORECASE)
# Four characters for each three bytes, and room for line breaks and a prefix.
_MAX_TEXT_CHARACTERS = MAX_ENCODED_BYTES * 3 // 2
_MAX_16_BIT = 2**16 - 1
_OPAQUE = 255


def encoded_bytes(source: str | bytes, param: str) -> bytes:
    """The file that `source` is: bytes, base64 text, or a `data:` URL.

    Raises:
        InvalidRequest: it is not base64, is empty, or is larger than 16 MiB.
    """
    content = source if isinstance(source, bytes) else _from_base64(source, param)
    if len(content) > MAX_ENCODED_BYTES:
        raise _too_many_bytes(param)
    if not content:
        raise InvalidRequest(f"{param}: is empty", param=param)
    return content


def sha256(content: bytes) -> str:
    """In hexadecimal, as the parameters of a generation name an image."""
    return hashlib.sha256(content).hexdigest()


def decode_image(source: str | bytes, param: str = "image") -> Image.Image:
    """RGB, upright; what is transparent becomes white.

    Raises:
        InvalidRequest: it is not a whole PNG, JPEG or WebP within the limits.
    """
    return _opaque(_decoded(source, param), (255, 255, 255)).convert("RGB")


def decode_mask(
    source: str | bytes, param: str = "mask", *, repainted: MaskPart = "white"
) -> Image.Image:
    """Greyscale, upright; white is repainted. What is transparent counts as black.

    Args:
        source: The file, or as it came.
        param: How the request names it.
        repainted: What becomes white: its white parts; its black ones; or its
            transparent ones, if it has any, and else its white ones.

    Raises:
        InvalidRequest: it is not a whole PNG, JPEG or WebP within the limits.
    """
    mask = _decoded(source, param)
    if repainted == "transparent" and mask.has_transparency_data:
        alpha = mask.convert("RGBA").getchannel("A")
        if alpha.getextrema() != (_OPAQUE, _OPAQUE):
            return ImageChops.invert(alpha)
    grey = _opaque(mask, (0, 0, 0)).convert("L")
    return ImageChops.invert(grey) if repainted == "black" else grey


def repainted_part(source: str) -> MaskPart:
    """What the `data:` URL of a mask says; the white one if it says nothing."""
    prefix = _DATA_URL.match(source)
    said = prefix[1].split(";") if prefix is not None else []
    if REPAINT_TRANSPARENT in said:
        return "transparent"
    return "black" if REPAINT_BLACK in said else "white"


def fitted(image: Image.Image, painted: Size) -> Image.Image:
    """`image` at `painted`, its middle part if the shapes differ.

    A mask stays as sharp as it was: averages where it shrinks, no ringing.
    """
    size = (painted.width, painted.height)
    if image.size == size:
        return image
    resampling = Image.Resampling.BOX if image.mode == "L" else Image.Resampling.LANCZOS
    box = covering_crop(Size(*image.size), painted)
    return image.resize(size, resampling, box=box)


def _from_base64(text: str, param: str) -> bytes:
    if len(text) > _MAX_TEXT_CHARACTERS:
        raise _too_many_bytes(param)
    prefix = _DATA_URL.match(text)
    encoded = text[prefix.end() :] if prefix else text
    try:
        # Line breaks are common in base64 and mean nothing.
        characters = encoded.encode("ascii").translate(None, b" \t\r\n")
        return base64.b64decode(characters, validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise InvalidRequest(f"{param}: is not base64", param=param) from error


def _decoded(source: str | bytes, param: str) -> Image.Image:
    file = io.BytesIO(encoded_bytes(source, param))
    try:
        with Image.open(file, formats=FORMATS) as image:
            # Only the header is read by now: no bomb has gone off.
            if max(image.size) > MAX_SIDE_PX:
                raise _too_many_pixels(param)
            # The first frame of an animation is the one that is loaded.
            image.load()
            return ImageOps.exif_transpose(image)
    except InvalidRequest:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(param) from error
    # Pillow's readers raise whatever a broken file makes them stumble over: OSError,
    # SyntaxError, ValueError, struct.error, …
    except Exception as error:
        raise InvalidRequest(
            f"{param}: is not a whole PNG, JPEG or WebP image", param=param
        ) from error


def _opaque(image: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    if image.mode.startswith("I"):
        # 16 bits of grey, which Pillow would clip to 8 and not scale.
        return image.convert("F").point(lambda grey: grey * (255 / _MAX_16_BIT))
    if not image.has_transparency_data:
        return image
    background = Image.new("RGBA", image.size, (*colour, 255))
    background.alpha_composite(image.convert("RGBA"))
    return background


def _too_many_bytes(param: str) -> InvalidRequest:
    limit = MAX_ENCODED_BYTES // 2**20
    return InvalidRequest(f"{param}: is larger than {limit} MiB", param=param)


def _too_many_pixels(param: str) -> InvalidRequest:
    return InvalidRequest(
        f"{param}: is larger than {Size(MAX_SIDE_PX, MAX_SIDE_PX)} pixels", param=param
    )

"""Pictures to arrays and back, as the stock pipelines round and cut them."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Float32Array = NDArray[np.float32]


def pixel_array(image: Image.Image) -> Float32Array:
    """[1, 3, H, W] in [-1, 1]."""
    levels = np.asarray(image.convert("RGB"), dtype=np.float32)
    pixels = np.moveaxis(levels / np.float32(127.5) - np.float32(1), -1, 0)
    return np.ascontiguousarray(pixels[None])


def mask_array(mask: Image.Image, height: int, width: int) -> Float32Array:
    """[1, 1, height, width] of the latent grid: 1 is repainted.

    Binarised at one half before it shrinks to the nearest pixel, as stock pipelines do.
    """
    levels = np.asarray(mask.convert("L"), dtype=np.float32) / np.float32(255)
    binary = (levels >= 0.5).astype(np.float32)
    rows = np.arange(height) * binary.shape[0] // height
    columns = np.arange(width) * binary.shape[1] // width
    return binary[np.ix_(rows, columns)][None, None]


def pictures(levels: Float32Array) -> list[Image.Image]:
    """[B, H, W, 3] in [0, 1] to pictures, rounded as diffusers rounds."""
    return [Image.fromarray(row) for row in (levels * 255).round().astype("uint8")]

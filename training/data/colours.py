"""Colour words, the RGB values they stand for, and recolouring of sprites."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

RGB = tuple[int, int, int]

OBJECT_COLOURS: dict[str, RGB] = {
    "red": (220, 40, 45),
    "orange": (245, 140, 30),
    "yellow": (250, 215, 60),
    "green": (60, 170, 75),
    "teal": (30, 155, 150),
    "blue": (50, 110, 225),
    "purple": (130, 70, 200),
    "pink": (245, 130, 185),
    "brown": (130, 85, 50),
    "black": (25, 25, 28),
    "white": (250, 250, 250),
    "gray": (140, 142, 148),
}
BACKDROP_COLOURS: dict[str, RGB] = {
    **OBJECT_COLOURS,
    "light blue": (165, 210, 245),
    "dark blue": (20, 35, 95),
    "light green": (180, 230, 170),
    "dark green": (20, 80, 45),
    "beige": (238, 222, 190),
    "lavender": (205, 190, 240),
    "mint": (175, 235, 210),
    "cream": (252, 244, 220),
    "navy": (18, 28, 75),
    "peach": (252, 205, 170),
    "turquoise": (65, 200, 200),
}
SYNONYMS: dict[str, tuple[str, ...]] = {
    "gray": ("gray", "grey"),
    "purple": ("purple", "purple", "violet"),
    "red": ("red", "red", "crimson"),
    "yellow": ("yellow", "yellow", "golden"),
    "teal": ("teal", "teal", "cyan"),
}
OTHER_HUES = ("golden", "gold", "silver")
LUMA = (0.3, 0.59, 0.11)
GREYS = frozenset({"black", "white", "gray"})

FloatArray = npt.NDArray[np.float32]


def is_colour_word(word: str) -> bool:
    """Whether `word` names a hue that a subject could have."""
    return word in OBJECT_COLOURS or word in OTHER_HUES


def recolour(sprite: Image.Image, colour: str) -> Image.Image:
    """Repaint an RGBA sprite in `colour`, keeping its light and shade."""
    pixels = np.asarray(sprite, dtype=np.float32) / 255
    rgb: FloatArray = pixels[..., :3].astype(np.float32)
    alpha: FloatArray = pixels[..., 3:].astype(np.float32)
    luma: FloatArray = np.dot(rgb, np.array(LUMA, dtype=np.float32))
    painted = (
        _greyed(luma, colour) if colour in GREYS else _tinted(rgb, alpha, luma, colour)
    )
    out = np.clip(np.concatenate([painted, alpha], axis=-1), 0, 1) * 255
    return Image.fromarray(out.astype(np.uint8), "RGBA")


def _greyed(luma: FloatArray, colour: str) -> FloatArray:
    floor, gain = {"black": (0.0, 0.38), "white": (0.72, 0.28), "gray": (0.25, 0.55)}[
        colour
    ]
    return np.repeat((floor + gain * luma)[..., None], 3, axis=-1)


def _tinted(
    rgb: FloatArray, alpha: FloatArray, luma: FloatArray, colour: str
) -> FloatArray:
    """Colourful pixels take the hue; near-black outlines and near-white eyes stay."""
    target = np.array(OBJECT_COLOURS[colour], dtype=np.float32) / 255
    saturation = rgb.max(axis=-1) - rgb.min(axis=-1)
    midtone = 0.25 * ((luma > 0.25) & (luma < 0.93))
    weight = np.clip(saturation * 2.2 + midtone, 0, 1)[..., None]
    opaque = alpha[..., 0] > 0.5
    mean = float(luma[opaque].mean()) if opaque.any() else 0.5
    shade = (luma / max(mean, 0.12))[..., None]
    lit = target + (1 - target) * np.clip((shade - 1) * 0.55, 0, 0.92)
    tinted = np.where(shade <= 1, target * shade, lit)
    return np.asarray(rgb * (1 - weight) + tinted * weight, dtype=np.float32)

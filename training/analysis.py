"""What can be seen on a plain ground without any model: colours and counts.

The ground is read from the picture's border, so a picture need not have the very colour
that was asked for to be counted in.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from data.colours import GREYS, OBJECT_COLOURS
from PIL import Image

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

GRID = 96
"""Cells a side in which pictures are looked at: fine enough for gaps, too coarse for
specks.
"""
BORDER_CELLS = 4
GROUND_DISTANCE = 16.0
"""In CIELAB: further from the ground is foreground."""
SMALLEST_SHARE = 0.25
"""Of the largest region's area: smaller ones are specks."""
FAR_FROM_ANY_COLOUR = 40.0
LEAST_COLOUR_SHARE = 0.2
SHADES = np.linspace(0.45, 1.75, 14)
GREY_RANGES = {"black": (0.0, 0.25), "gray": (0.35, 0.72), "white": (0.84, 1.0)}


def background_colour(picture: Image.Image) -> str:
    """The colour word that is nearest to the border's median."""
    median = np.median(_border(_lab(_cells(picture))), axis=0)
    return min(
        OBJECT_COLOURS,
        key=lambda word: float(np.linalg.norm(_word_lab(word) - median)),
    )


def foreground(picture: Image.Image) -> Mask:
    """(GRID, GRID), true where the picture is not its ground.

    The ground is a straight fall of light from top to bottom, fitted to the left and
    right border.
    """
    cells = _lab(_cells(picture))
    sides = np.concatenate([cells[:, :BORDER_CELLS], cells[:, -BORDER_CELLS:]], axis=1)
    rows = np.arange(GRID)
    medians = np.median(sides, axis=1)
    fits = [np.polyfit(rows, medians[:, channel], 1) for channel in range(3)]
    ground = np.stack([np.polyval(fit, rows) for fit in fits], axis=1)
    distance = np.linalg.norm(cells - ground[:, None], axis=-1)
    return np.asarray(distance > GROUND_DISTANCE)


def count_subjects(picture: Image.Image) -> int:
    """Separate things on a plain ground, specks left out."""
    areas = _region_areas(_grown(foreground(picture)))
    return sum(area >= SMALLEST_SHARE * max(areas) for area in areas)


def has_object_colour(picture: Image.Image, word: str) -> bool:
    """Whether the subject on a plain ground is painted in the colour `word`: it covers
    a fair share, and no other colour of its kind covers more. Eyes, outlines and
    highlights may stay black and white on a coloured subject.
    """
    shares = object_colours(picture)
    rivals = [
        share for other, share in shares.items() if word in GREYS or other not in GREYS
    ]
    return bool(rivals) and LEAST_COLOUR_SHARE <= shares.get(word, 0) == max(rivals)


def object_colours(picture: Image.Image) -> dict[str, float]:
    """Share of the subject's area by colour word, in light and in shade."""
    inner = ~_grown(~foreground(picture))
    cells = _lab(_cells(picture))[inner]
    if not len(cells):
        return {}
    words, shades = _shades()
    distances = np.linalg.norm(cells[:, None] - shades[None], axis=-1)
    nearest = distances.argmin(axis=1)
    close = distances.min(axis=1) < FAR_FROM_ANY_COLOUR
    counts = np.bincount(nearest[close], minlength=len(words))
    shares: dict[str, float] = {}
    for word, count in zip(words, counts, strict=True):
        shares[word] = shares.get(word, 0) + float(count) / len(cells)
    return shares


@cache
def _shades() -> tuple[list[str], Floats]:
    """Every colour word as it looks in shade and in light: (words, their CIELAB)."""
    words: list[str] = []
    colours: list[Floats] = []
    for word, rgb in OBJECT_COLOURS.items():
        if word in GREYS:
            ramp = np.linspace(*GREY_RANGES[word], len(SHADES))
            shades = np.repeat(ramp[:, None], 3, axis=1)
        else:
            full = np.array(rgb) / 255
            light = full + (1 - full) * np.clip((SHADES[:, None] - 1) * 0.55, 0, 0.92)
            shades = np.where(SHADES[:, None] <= 1, full * SHADES[:, None], light)
        words += [word] * len(SHADES)
        colours.append(shades)
    return words, _lab(np.concatenate(colours))


@cache
def _word_lab(word: str) -> Floats:
    return _lab(np.array(OBJECT_COLOURS[word]) / 255)


def _cells(picture: Image.Image) -> Floats:
    """(GRID, GRID, 3) from 0 to 1."""
    small = picture.convert("RGB").resize((GRID, GRID), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float64) / 255


def _border(cells: Floats) -> Floats:
    inner = np.zeros(cells.shape[:2], dtype=bool)
    inner[BORDER_CELLS:-BORDER_CELLS, BORDER_CELLS:-BORDER_CELLS] = True
    return np.asarray(cells[~inner])


def _lab(rgb: Floats) -> Floats:
    """sRGB from 0 to 1 as CIELAB (D65), so that distances are what the eye sees."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    bent = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = bent[..., 0], bent[..., 1], bent[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _grown(mask: Mask) -> Mask:
    """The mask with its four neighbours: small gaps inside a subject close."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    grown[:, 1:] |= mask[:, :-1]
    grown[:, :-1] |= mask[:, 1:]
    return grown


def _region_areas(mask: Mask) -> list[int]:
    """Cells of every connected region, by flood fill."""
    left = {(int(y), int(x)) for y, x in np.argwhere(mask)}
    areas = []
    while left:
        stack, area = [left.pop()], 0
        while stack:
            y, x = stack.pop()
            area += 1
            near = {(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)} & left
            left -= near
            stack += near
        areas.append(area)
    return areas

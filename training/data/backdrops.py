"""Backdrops: plain colours and the drawn places, at any width and height.

Shapes are placed in fractions: x of the width, y of the height, radii of the shorter
side.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from data.colours import BACKDROP_COLOURS, RGB

Size = tuple[int, int]
GROUND_LINE: dict[str, float] = {
    "beach": 0.62,
    "snow": 0.62,
    "night": 0.78,
    "forest": 0.75,
    "meadow": 0.66,
    "desert": 0.66,
    "sunset": 0.75,
    "city": 0.82,
    "mountains": 0.74,
    "room": 0.66,
    "rain": 0.75,
}
"""Where subjects stand; in a place that is not listed they float."""


def paint_plain(rng: random.Random, size: Size, colour: str) -> Image.Image:
    """A nearly even surface: a slight tint and a slight fall of light."""
    if colour == "white":
        return Image.new("RGB", size, (255, 255, 255))
    tint = np.array([rng.uniform(-7, 7) for _ in range(3)])
    base = np.array(BACKDROP_COLOURS[colour]) + tint
    fall = rng.uniform(0, 10)
    return Canvas(rng, size, tuple(base + fall), tuple(base - fall)).image


def paint_place(rng: random.Random, size: Size, place: str) -> Image.Image:
    """One of `scenes.PLACES`."""
    return _PAINTERS[place](rng, size).image


class Canvas:
    """A vertical gradient with drawing tools that take fractions."""

    def __init__(
        self,
        rng: random.Random,
        size: Size,
        top: tuple[float, ...],
        bottom: tuple[float, ...],
        until: float = 1.0,
    ) -> None:
        self.rng, self.width, self.height, self.short = rng, *size, min(size)
        step = np.clip(np.linspace(0, 1, self.height) / until, 0, 1)[:, None, None]
        column = np.array(top) * (1 - step) + np.array(bottom) * step
        pixels = np.broadcast_to(np.clip(column, 0, 255), (self.height, self.width, 3))
        self.image = Image.fromarray(pixels.astype(np.uint8), "RGB")
        self.draw = ImageDraw.Draw(self.image)

    def line_width(self, fraction: float) -> int:
        """A pen width in pixels, at least one."""
        return max(1, round(self.short * fraction))

    def band(self, top: float, colour: RGB, bottom: float = 1.0) -> None:
        """A horizontal band over the whole width."""
        self.draw.rectangle(
            (0, top * self.height, self.width, bottom * self.height), fill=colour
        )

    def box(self, x: float, y: float, w: float, h: float, colour: RGB) -> None:
        """A rectangle from its upper left corner."""
        left, top = x * self.width, y * self.height
        self.draw.rectangle(
            (left, top, left + w * self.width, top + h * self.height), fill=colour
        )

    def disc(
        self, x: float, y: float, radius: float, colour: RGB, flatten: float = 1.0
    ) -> None:
        """A disc, or an ellipse `flatten` times as high as wide."""
        cx, cy, r = x * self.width, y * self.height, radius * self.short
        self.draw.ellipse(
            (cx - r, cy - r * flatten, cx + r, cy + r * flatten), fill=colour
        )

    def polygon(self, points: list[tuple[float, float]], colour: RGB) -> None:
        """A filled polygon."""
        self.draw.polygon(
            [(x * self.width, y * self.height) for x, y in points], fill=colour
        )

    def stroke(
        self, x0: float, y0: float, x1: float, y1: float, colour: RGB, pen: float
    ) -> None:
        """A straight line."""
        ends = (x0 * self.width, y0 * self.height, x1 * self.width, y1 * self.height)
        self.draw.line(ends, fill=colour, width=self.line_width(pen))

    def hills(
        self, y: float, colour: RGB, height: float = 0.05, waves: float = 2
    ) -> None:
        """A rolling line with everything below it filled."""
        phase, waves = self.rng.uniform(0, 6.28), self.rng.uniform(0.6, 1.3) * waves
        ridge = [
            (i / 32, y + height * math.sin(phase + waves * i / 32 * 6.28))
            for i in range(33)
        ]
        self.polygon([(0, 1), *ridge, (1, 1)], colour)

    def dots(
        self, count: int, colour: RGB, top: float, bottom: float, radius: float
    ) -> None:
        """Scattered dots: stars, snow, flowers."""
        uniform = self.rng.uniform
        for _ in range(count):
            self.disc(
                uniform(0, 1), uniform(top, bottom), uniform(0.5, 1) * radius, colour
            )


def _near(rng: random.Random, colour: RGB, spread: float = 8) -> RGB:
    red, green, blue = (
        int(min(255, max(0, c + rng.uniform(-spread, spread)))) for c in colour
    )
    return red, green, blue


def _beach(rng: random.Random, size: Size) -> Canvas:
    canvas = Canvas(
        rng, size, _near(rng, (110, 195, 245)), _near(rng, (200, 235, 250)), until=0.4
    )
    canvas.band(0.4, _near(rng, (35, 140, 200)))
    canvas.hills(0.62, _near(rng, (240, 215, 155)), height=0.02)
    canvas.disc(_corner(rng), 0.13, 0.08, (255, 225, 80))
    return canvas


def _snow(rng: random.Random, size: Size) -> Canvas:
    canvas = Canvas(
        rng, size, _near(rng, (150, 190, 225)), _near(rng, (225, 238, 248)), until=0.6
    )
    canvas.hills(0.55, _near(rng, (215, 228, 240), 6))
    canvas.hills(0.64, _near(rng, (245, 249, 253), 4))
    canvas.dots(rng.randint(18, 32), (255, 255, 255), 0, 1, 0.012)
    return canvas


def _night(rng: random.Random, size: Size) -> Canvas:
    canvas = Canvas(rng, size, _near(rng, (12, 18, 55)), _near(rng, (45, 55, 110)))
    canvas.dots(rng.randint(15, 30), (255, 250, 220), 0, 0.7, 0.008)
    canvas.disc(_corner(rng), 0.15, 0.08, (250, 240, 200))
    canvas.hills(0.82, _near(rng, (18, 32, 45), 6))
    return canvas


def _space(rng: random.Random, size: Size) -> Canvas:
    canvas = Canvas(rng, size, _near(rng, (10, 8, 28), 6), _near(rng, (32, 16, 58)))
    canvas.dots(rng.randint(30, 50), (255, 255, 255), 0, 1, 0.008)
    planets: tuple[RGB, ...] = (
        (210, 110, 70),
        (90, 140, 210),
        (200, 170, 110),
        (150, 100, 190),
    )
    canvas.disc(
        _corner(rng),
        rng.choice((0.14, 0.86)),
        rng.uniform(0.08, 0.13),
        rng.choice(planets),
    )
    return canvas


def _forest(rng: random.Random, size: Size) -> Canvas:
    canvas = Canvas(
        rng, size, _near(rng, (130, 205, 245)), _near(rng, (215, 240, 250)), until=0.65
    )
    canvas.band(0.72, _near(rng, (85, 140, 65)))
    for x in sorted(rng.uniform(-0.05, 1.05) for _ in range(rng.randint(6, 9))):
        _tree(canvas, x, foot=rng.uniform(0.7, 0.78), height=rng.uniform(0.4, 0.62))
    return canvas


def _tree(canvas: Canvas, x: float, foot: float, height: float) -> None:
    green = _near(canvas.rng, (35, 110, 60), 15)
    canvas.box(x - 0.012, foot - 0.1, 0.024, 0.1, (95, 65, 40))
    for tier in range(3):
        half, base = 0.12 - tier * 0.025, foot - 0.06 - tier * height * 0.25
        tip = foot - 0.06 - height * 0.45 - tier * height * 0.22
        canvas.polygon([(x - half, base), (x + half, base), (x, tip)], green)


def _meadow(rng: random.Random, size: Size) -> Canvas:
    canvas = Canvas(
        rng, size, _near(rng, (130, 205, 245)), _near(rng, (215, 240, 250)), until=0.65
    )
    canvas.hills(0.6, _near(rng, (140, 205, 100)))
    canvas.hills(0.68, _near(rng, (105, 185, 75)))
    petals: tuple[RGB, ...] = ((255, 240, 120), (250, 250, 250), (250, 150, 190))
    canvas.dots(rng.randint(6, 14), rng.choice(petals), 0.78, 1, 0.014)
    canvas.disc(_corner(rng), 0.12, 0.07, (255, 225, 80))
    return canvas


def _desert(rng: random.Random, size: Size) -> Canvas:
    canvas = Canvas(
        rng, size, _near(rng, (120, 190, 235)), _near(rng, (250, 225, 180)), until=0.6
    )
    canvas.hills(0.58, _near(rng, (225, 175, 105)), height=0.06, waves=1)
    canvas.hills(0.7, _near(rng, (238, 195, 125)), height=0.04, waves=1)
    canvas.disc(_corner(rng), 0.14, 0.08, (255, 240, 150))
    return canvas


def _underwater(rng: random.Random, size: Size) -> Canvas:
    canvas = Canvas(rng, size, _near(rng, (70, 190, 220)), _near(rng, (10, 60, 120)))
    for _ in range(rng.randint(6, 12)):
        x, y, r = (
            rng.uniform(0, size[0]),
            rng.uniform(0, size[1]),
            rng.uniform(0.01, 0.03),
        )
        r *= canvas.short
        ring = (x - r, y - r, x + r, y + r)
        canvas.draw.ellipse(
            ring, outline=(200, 240, 250), width=canvas.line_width(0.01)
        )
    canvas.hills(0.88, _near(rng, (205, 185, 130)), height=0.02)
    return canvas


def _sunset(rng: random.Random, size: Size) -> Canvas:
    canvas = Canvas(
        rng, size, _near(rng, (90, 60, 140)), _near(rng, (255, 150, 80)), until=0.65
    )
    canvas.disc(rng.uniform(0.25, 0.75), 0.64, 0.14, (255, 225, 120))
    canvas.band(0.66, _near(rng, (95, 55, 105)))
    for _ in range(8):
        x, y, w = rng.uniform(0, 1), rng.uniform(0.68, 0.98), rng.uniform(0.04, 0.12)
        canvas.stroke(x - w, y, x + w, y, (245, 160, 110), 0.012)
    return canvas


def _city(rng: random.Random, size: Size) -> Canvas:
    canvas = Canvas(
        rng, size, _near(rng, (140, 190, 235)), _near(rng, (235, 225, 215)), until=0.8
    )
    x = -0.05
    while x < 1:
        width, height = rng.uniform(0.1, 0.18), rng.uniform(0.3, 0.62)
        canvas.box(x, 0.84 - height, width, height, _near(rng, (105, 115, 140), 22))
        _windows(canvas, x, 0.87 - height, width)
        x += width + rng.uniform(0, 0.02)
    canvas.band(0.82, _near(rng, (75, 78, 85)))
    return canvas


def _windows(canvas: Canvas, x: float, top: float, width: float) -> None:
    columns, rows = int((width - 0.04) / 0.04) + 1, int((0.8 - top) / 0.06) + 1
    for column in range(columns):
        for row in range(rows):
            if canvas.rng.random() < 0.7:
                canvas.box(
                    x + 0.02 + column * 0.04,
                    top + row * 0.06,
                    0.02,
                    0.028,
                    (250, 230, 150),
                )


def _mountains(rng: random.Random, size: Size) -> Canvas:
    canvas = Canvas(
        rng, size, _near(rng, (120, 185, 235)), _near(rng, (220, 235, 245)), until=0.7
    )
    for _ in range(3):
        x, height, half = (
            rng.uniform(0, 1),
            rng.uniform(0.35, 0.6),
            rng.uniform(0.3, 0.45),
        )
        peak = (x, 0.76 - height)
        canvas.polygon(
            [(x - half, 0.76), peak, (x + half, 0.76)], _near(rng, (110, 120, 140), 12)
        )
        snow, cap = 0.76 - height * 0.7, half * 0.3
        canvas.polygon([(x - cap, snow), peak, (x + cap, snow)], (245, 248, 252))
    canvas.hills(0.76, _near(rng, (95, 160, 85)), height=0.02)
    return canvas


def _room(rng: random.Random, size: Size) -> Canvas:
    wall = _near(rng, (235, 215, 190))
    canvas = Canvas(rng, size, wall, wall)
    canvas.band(0.66, _near(rng, (160, 115, 75)))
    canvas.band(0.64, (250, 245, 238), bottom=0.67)
    x = rng.choice((0.06, 0.64))
    canvas.box(x - 0.02, 0.06, 0.34, 0.36, (255, 255, 255))
    canvas.box(x, 0.08, 0.3, 0.32, (170, 215, 245))
    canvas.stroke(x + 0.15, 0.08, x + 0.15, 0.4, (255, 255, 255), 0.02)
    return canvas


def _rain(rng: random.Random, size: Size) -> Canvas:
    canvas = Canvas(
        rng, size, _near(rng, (95, 110, 130)), _near(rng, (165, 178, 190)), until=0.75
    )
    canvas.band(0.75, _near(rng, (85, 105, 100)))
    for _ in range(rng.randint(28, 42)):
        x, y, length = (
            rng.uniform(0, 1),
            rng.uniform(-0.05, 0.95),
            rng.uniform(0.04, 0.08),
        )
        canvas.stroke(x, y, x - 0.015, y + length, (200, 220, 240), 0.008)
    return canvas


def _sky(rng: random.Random, size: Size) -> Canvas:
    canvas = Canvas(rng, size, _near(rng, (80, 165, 240)), _near(rng, (190, 228, 252)))
    for _ in range(rng.randint(3, 5)):
        x, y = rng.uniform(0, 1), rng.uniform(0.05, 0.95)
        for _ in range(5):
            at = (x + rng.uniform(-0.1, 0.1), y + rng.uniform(-0.02, 0.02))
            canvas.disc(*at, rng.uniform(0.04, 0.08), (255, 255, 255), flatten=0.7)
    return canvas


def _corner(rng: random.Random) -> float:
    """Left or right, so that the sun is not hidden behind the subject."""
    return rng.choice((rng.uniform(0.1, 0.22), rng.uniform(0.78, 0.9)))


_PAINTERS: dict[str, Callable[[random.Random, Size], Canvas]] = {
    "beach": _beach,
    "snow": _snow,
    "night": _night,
    "space": _space,
    "forest": _forest,
    "meadow": _meadow,
    "desert": _desert,
    "underwater": _underwater,
    "sunset": _sunset,
    "city": _city,
    "mountains": _mountains,
    "room": _room,
    "rain": _rain,
    "sky": _sky,
}

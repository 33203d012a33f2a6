"""From a scene plan to the picture."""

from __future__ import annotations

import random
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter

from data.backdrops import GROUND_LINE, Size, paint_place, paint_plain
from data.colours import recolour
from data.scenes import Scene, Subject
from data.sprites import SpriteLibrary

COUNT_PLACES: dict[int, tuple[tuple[float, float], ...]] = {
    2: ((0.28, 0.5), (0.72, 0.5)),
    3: ((0.5, 0.27), (0.27, 0.72), (0.73, 0.72)),
    4: ((0.28, 0.28), (0.72, 0.28), (0.28, 0.72), (0.72, 0.72)),
}
SHADOW_DARKNESS = 70


@dataclass(frozen=True)
class Looseness:
    """How far pictures of one plan differ; a short training does better with little.

    Args:
        position: the subject's centre moves by up to this share of the picture.
        scale: its size varies by up to this share, up and down.
        flip: chance that it looks the other way.
    """

    position: float
    scale: float
    flip: float


@dataclass(frozen=True)
class Painter:
    """Paints plans with the sprites it was given."""

    sprites: SpriteLibrary
    looseness: Looseness

    def paint(self, scene: Scene, size: Size, rng: random.Random) -> Image.Image:
        """An RGB picture of `size` (width, height)."""
        if scene.place:
            picture = paint_place(rng, size, scene.place)
        else:
            picture = paint_plain(rng, size, scene.colour or "white")
        if scene.kind == "count":
            self._paint_several(picture, scene, rng)
        elif scene.kind == "pair":
            self._paint_pair(picture, scene, rng)
        else:
            self._paint_single(picture, scene, rng)
        return picture

    def _paint_single(
        self, picture: Image.Image, scene: Scene, rng: random.Random
    ) -> None:
        subject = scene.subjects[0]
        height = {"small": 0.38, "big": 0.92, None: 0.74}[subject.size]
        if scene.place:
            height *= 0.82
        sprite = self._sprite(subject, scene.style, height, picture, rng)
        ground = GROUND_LINE.get(scene.place or "")
        x = 0.5 + self._shift(rng)
        y = 0.5 + self._shift(rng)
        if ground:
            half = sprite.height / picture.height / 2
            y = min(max(ground + 0.13 + self._shift(rng) - half, half), 1.02 - half)
        if ground or (scene.style == "3d" and rng.random() < 0.3):
            _cast_shadow(picture, sprite, x, y)
        _place(picture, sprite, x, y)

    def _paint_several(
        self, picture: Image.Image, scene: Scene, rng: random.Random
    ) -> None:
        height = 0.38
        sprite = self._sprite(scene.subjects[0], scene.style, height, picture, rng)
        for x, y in COUNT_PLACES[scene.count]:
            _place(picture, sprite, x + self._shift(rng) / 2, y + self._shift(rng) / 2)

    def _paint_pair(
        self, picture: Image.Image, scene: Scene, rng: random.Random
    ) -> None:
        level = 0.66 if scene.place else 0.5
        spots = ((0.27, level), (0.73, level))
        if scene.relation in ("above", "below"):
            spots = ((0.5, 0.26), (0.5, 0.74))
        if scene.relation in ("right of", "below"):
            spots = (spots[1], spots[0])
        for (x, y), subject in zip(spots, scene.subjects, strict=True):
            sprite = self._sprite(subject, scene.style, 0.43, picture, rng)
            _place(picture, sprite, x + self._shift(rng) / 2, y + self._shift(rng) / 2)

    def _shift(self, rng: random.Random) -> float:
        return rng.uniform(-self.looseness.position, self.looseness.position)

    def _sprite(
        self,
        subject: Subject,
        style: str,
        height: float,
        picture: Image.Image,
        rng: random.Random,
    ) -> Image.Image:
        """The subject's sprite, its longest side `height` of the picture's shorter
        side.
        """
        sprite = self.sprites.get(subject.concept, style)
        if subject.colour:
            sprite = recolour(sprite, subject.colour)
        if rng.random() < self.looseness.flip:
            sprite = sprite.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        height *= 1 + rng.uniform(-self.looseness.scale, self.looseness.scale)
        scale = height * min(picture.size) / max(sprite.size)
        size = (
            max(2, round(sprite.width * scale)),
            max(2, round(sprite.height * scale)),
        )
        return sprite.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)


def _place(picture: Image.Image, sprite: Image.Image, x: float, y: float) -> None:
    left = round(x * picture.width - sprite.width / 2)
    top = round(y * picture.height - sprite.height / 2)
    picture.paste(sprite, (left, top), sprite)


def _cast_shadow(picture: Image.Image, sprite: Image.Image, x: float, y: float) -> None:
    mask = Image.new("L", picture.size, 0)
    centre, half = x * picture.width, sprite.width * 0.42
    foot = y * picture.height + sprite.height / 2
    drop = max(sprite.size)
    ellipse = (centre - half, foot - drop * 0.07, centre + half, foot + drop * 0.05)
    ImageDraw.Draw(mask).ellipse(ellipse, fill=SHADOW_DARKNESS)
    picture.paste((0, 0, 0), (0, 0), mask.filter(ImageFilter.GaussianBlur(drop * 0.03)))

"""What the judge learns from: real scenes and parts of them, with the truth.

Wholes of one subject, of several of a kind and of pairs; the halves of pairs, so that
each side can be asked; and backdrops on which nothing stands.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from data.backdrops import paint_place, paint_plain
from data.colours import BACKDROP_COLOURS
from data.concepts import Concept
from data.painter import Looseness, Painter
from data.scenes import PLACES, STYLES, Scene, SceneMix, plan_scene
from data.sprites import SpriteLibrary
from PIL import Image
from torch import Tensor

STORED_SIDE = 80
"""Larger than what the judge sees, so that training can move and scale."""
PAINTED_SIDE = 160
UNKNOWN = -100
"""A truth that a picture does not tell; the losses leave it out."""
STYLE_SHARES = {"3d": 0.56, "flat": 0.22, "cartoon": 0.22}
SINGLES = SceneMix(
    {"plain": 0.48, "white": 0.14, "place": 0.38}, STYLE_SHARES, 0.0, 0.3, 0.1
)
COUNTS = SceneMix({"count": 1.0}, STYLE_SHARES, 0.0, 0.2, 0.0)
PAIRS = SceneMix({"pair": 1.0}, STYLE_SHARES, 0.0, 0.25, 0.0)
LOOSENESS = Looseness(position=0.06, scale=0.12, flip=0.3)
HALF_SIDE = 0.54
"""Of the picture: the square in which one subject of a pair is asked for."""
MIDDLE = 0.5
STANDING_LEVEL = 0.66


@dataclass(frozen=True)
class Examples:
    """Pictures (count, STORED_SIDE, STORED_SIDE, 3) uint8; their truths (count,)."""

    pictures: Tensor
    subjects: Tensor
    places: Tensor
    styles: Tensor


Example = tuple[Image.Image, int, int, int]


def pair_boxes(
    size: tuple[int, int], relation: str | None, *, in_place: bool
) -> list[tuple[int, int, int, int]]:
    """Where the first and the second subject of a pair belong: squares in pixels."""
    level = STANDING_LEVEL if in_place else MIDDLE
    spots = [(0.27, level), (0.73, level)]
    if relation in ("above", "below"):
        spots = [(MIDDLE, 0.26), (MIDDLE, 0.74)]
    if relation in ("right of", "below"):
        spots.reverse()
    return [_square(size, x, y) for x, y in spots]


def _square(size: tuple[int, int], x: float, y: float) -> tuple[int, int, int, int]:
    side = round(HALF_SIDE * min(size))
    left = min(max(round(x * size[0] - side / 2), 0), size[0] - side)
    top = min(max(round(y * size[1] - side / 2), 0), size[1] - side)
    return left, top, left + side, top + side


def paint_examples(
    count: int, concepts: Sequence[Concept], sprites: SpriteLibrary, seed: int
) -> Examples:
    """`count` examples; every concept comes equally often in every kind."""
    rng = random.Random(f"judge/{seed}")
    painter = Painter(sprites, LOOSENESS)
    kept: list[Example] = []
    for example in _endless(rng, concepts, painter):
        if len(kept) == count:
            break
        kept.append(example)
    pixels = [
        np.asarray(picture.resize((STORED_SIDE, STORED_SIDE), Image.Resampling.BOX))
        for picture, *_ in kept
    ]
    truths = torch.tensor([truth for _, *truth in kept])
    columns = [column.contiguous() for column in truths.unbind(1)]
    return Examples(torch.from_numpy(np.stack(pixels)), *columns)


def join_examples(parts: Sequence[Examples]) -> Examples:
    """One set from several."""
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return Examples(*(torch.cat(column) for column in columns))


def _endless(
    rng: random.Random, concepts: Sequence[Concept], painter: Painter
) -> Iterator[Example]:
    while True:
        for index in rng.sample(range(len(concepts)), len(concepts)):
            yield from _singles(rng, concepts, index, painter)
            if rng.random() < 0.2:
                yield _several(rng, concepts, index, painter)
            if rng.random() < 0.2:
                yield from _pair(rng, concepts, index, painter)
            if rng.random() < 0.06:
                yield _empty(rng, len(concepts))


def _singles(
    rng: random.Random, concepts: Sequence[Concept], index: int, painter: Painter
) -> Iterator[Example]:
    scene = plan_scene(rng, [concepts[index]], SINGLES, withhold=False)
    picture = painter.paint(scene, (STORED_SIDE, STORED_SIDE), rng)
    yield picture, index, place_index(scene), STYLES.index(scene.style)


def _several(
    rng: random.Random, concepts: Sequence[Concept], index: int, painter: Painter
) -> Example:
    scene = plan_scene(rng, [concepts[index]], COUNTS, withhold=False)
    picture = painter.paint(scene, (STORED_SIDE, STORED_SIDE), rng)
    return picture, index, place_index(scene), STYLES.index(scene.style)


def _pair(
    rng: random.Random, concepts: Sequence[Concept], index: int, painter: Painter
) -> Iterator[Example]:
    other = rng.randrange(len(concepts))
    scene = plan_scene(rng, [concepts[index], concepts[other]], PAIRS, withhold=False)
    picture = painter.paint(scene, (PAINTED_SIDE, PAINTED_SIDE), rng)
    style = STYLES.index(scene.style)
    yield picture, UNKNOWN, place_index(scene), style
    boxes = pair_boxes(picture.size, scene.relation, in_place=scene.place is not None)
    for subject, box in zip(scene.subjects, boxes, strict=True):
        half = picture.crop(box)
        yield half, concepts.index(subject.concept), UNKNOWN, style


def _empty(rng: random.Random, nothing: int) -> Example:
    size = (STORED_SIDE, STORED_SIDE)
    if rng.random() < 0.6:
        place = rng.randrange(len(PLACES))
        return paint_place(rng, size, PLACES[place]), nothing, place, UNKNOWN
    colour = rng.choice(list(BACKDROP_COLOURS))
    return paint_plain(rng, size, colour), nothing, len(PLACES), UNKNOWN


def place_index(scene: Scene) -> int:
    """The judge's answer for the scene's place."""
    return PLACES.index(scene.place) if scene.place else len(PLACES)

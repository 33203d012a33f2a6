"""The same seed gives the same scene and picture; pictures have the shape that was
asked for.
"""

from __future__ import annotations

import random

import numpy as np
import pytest
from config import load_config
from data.backdrops import paint_place
from data.colours import BACKDROP_COLOURS, OBJECT_COLOURS, recolour
from data.concepts import Concept
from data.painter import Looseness, Painter
from data.scenes import PLACES, Scene, Subject, plan_scene
from data.sprites import SpriteLibrary

DATA = load_config().data
SHAPES = [(bucket.width, bucket.height) for bucket in DATA.buckets]


@pytest.fixture
def painter(sprites: SpriteLibrary) -> Painter:
    return Painter(sprites, Looseness(position=0.03, scale=0.05, flip=0.5))


def test_same_seed_same_picture(painter: Painter, concepts: list[Concept]) -> None:
    def picture(seed: int) -> bytes:
        rng = random.Random(seed)
        scene = plan_scene(rng, concepts, DATA.pools["full"].mix)
        return painter.paint(scene, (128, 128), rng).tobytes()

    assert picture(3) == picture(3)
    assert picture(3) != picture(4)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_pictures_have_the_shape_of_their_bucket(
    painter: Painter, concepts: list[Concept], shape: tuple[int, int]
) -> None:
    rng = random.Random(0)
    for _ in range(20):
        scene = plan_scene(rng, concepts, DATA.pools["full"].mix)
        assert painter.paint(scene, shape, rng).size == shape


@pytest.mark.parametrize("place", PLACES)
def test_every_place_can_be_painted(place: str) -> None:
    picture = paint_place(random.Random(0), (64, 48), place)
    assert picture.size == (64, 48)
    assert np.asarray(picture).std() > 5


@pytest.mark.parametrize("colour", sorted(BACKDROP_COLOURS))
def test_plain_background_has_its_colour(
    painter: Painter, concepts: list[Concept], colour: str
) -> None:
    scene = Scene("plain", "3d", False, (Subject(concepts[0]),), colour)
    corner = np.asarray(painter.paint(scene, (128, 128), random.Random(1)))[
        2, 2
    ].astype(int)
    assert np.abs(corner - BACKDROP_COLOURS[colour]).max() <= 20


@pytest.mark.parametrize("count", [2, 3, 4])
def test_count_paints_that_many(
    painter: Painter, concepts: list[Concept], count: int
) -> None:
    scene = Scene("count", "3d", False, (Subject(concepts[0]),), "white", count=count)
    pixels = np.asarray(painter.paint(scene, (128, 128), random.Random(1))).astype(int)
    assert _blobs(np.abs(pixels - 255).sum(axis=-1) > 100) == count


@pytest.mark.parametrize("colour", sorted(OBJECT_COLOURS))
def test_recolouring_keeps_the_outline(
    sprites: SpriteLibrary, concepts: list[Concept], colour: str
) -> None:
    sprite = sprites.get(concepts[0], "3d")
    assert (
        recolour(sprite, colour).getchannel("A").tobytes()
        == sprite.getchannel("A").tobytes()
    )


def _blobs(mask: np.ndarray) -> int:
    """Connected regions, by flood fill."""
    left = {(int(y), int(x)) for y, x in np.argwhere(mask)}
    count = 0
    while left:
        count += 1
        stack = [left.pop()]
        while stack:
            y, x = stack.pop()
            for near in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
                if near in left:
                    left.remove(near)
                    stack.append(near)
    return count

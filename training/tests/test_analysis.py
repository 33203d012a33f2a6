"""Colours and counts are read off pictures whose truth is known."""

from __future__ import annotations

import random

import numpy as np
import pytest
from analysis import (
    background_colour,
    count_subjects,
    foreground,
    has_object_colour,
    object_colours,
)
from data.backdrops import paint_plain
from data.colours import OBJECT_COLOURS, recolour
from data.painter import COUNT_PLACES
from PIL import Image, ImageDraw, ImageFilter

SIDE = 256


@pytest.mark.parametrize("word", sorted(OBJECT_COLOURS))
def test_background_is_named_whatever_stands_before_it(word: str) -> None:
    picture = paint_plain(random.Random(1), (SIDE, SIDE), word)
    _disc(picture, 0.5, 0.5, 0.37, "red" if word != "red" else "blue")
    assert background_colour(picture) == word


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("blur", [0, 3], ids=["sharp", "soft"])
def test_counts_discs(count: int, blur: int) -> None:
    picture = _discs(count).filter(ImageFilter.GaussianBlur(blur))
    assert count_subjects(picture) == count


def test_specks_and_a_fall_of_light_are_not_counted() -> None:
    picture = _discs(3)
    draw = ImageDraw.Draw(picture)
    for x in (20, 128, 236):
        draw.ellipse((x - 5, 120, x + 5, 130), fill=(250, 250, 250))
    light = np.linspace(12, -12, SIDE)[:, None, None]
    lit = np.clip(np.asarray(picture) + light, 0, 255).astype(np.uint8)
    assert count_subjects(Image.fromarray(lit)) == 3


def test_an_empty_ground_holds_nothing() -> None:
    picture = paint_plain(random.Random(2), (SIDE, SIDE), "mint")
    assert not foreground(picture).any()
    assert count_subjects(picture) == 0
    assert object_colours(picture) == {}
    assert not has_object_colour(picture, "green")


@pytest.mark.parametrize("word", sorted(OBJECT_COLOURS))
def test_the_colour_of_a_shaded_subject_is_seen(word: str) -> None:
    ground = "blue" if word in ("white", "gray", "yellow") else "white"
    picture = paint_plain(random.Random(3), (SIDE, SIDE), ground)
    ball = recolour(_shaded_ball(), word)
    picture.paste(ball, (48, 48), ball)
    others = set(OBJECT_COLOURS) - {word}
    assert has_object_colour(picture, word)
    assert not [other for other in others if has_object_colour(picture, other)]


def test_black_eyes_do_not_hide_a_colour_but_a_black_subject_is_not_red() -> None:
    picture = Image.new("RGB", (SIDE, SIDE), (255, 255, 255))
    _disc(picture, 0.5, 0.5, 0.3, "red")
    _disc(picture, 0.5, 0.5, 0.2, "black")
    assert has_object_colour(picture, "red")
    _disc(picture, 0.5, 0.5, 0.28, "black")
    assert not has_object_colour(picture, "red")
    assert has_object_colour(picture, "black")


def _discs(count: int) -> Image.Image:
    picture = paint_plain(random.Random(4), (SIDE, SIDE), "light blue")
    for x, y in COUNT_PLACES.get(count, ((0.5, 0.5),)):
        _disc(picture, x, y, 0.19, "orange")
    return picture


def _disc(picture: Image.Image, x: float, y: float, radius: float, word: str) -> None:
    cx, cy, r = x * SIDE, y * SIDE, radius * SIDE
    draw = ImageDraw.Draw(picture)
    draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=OBJECT_COLOURS[word])


def _shaded_ball() -> Image.Image:
    """An orange ball, light above and dark below, as the art is."""
    side = 160
    level = np.linspace(1.3, 0.7, side)[:, None, None]
    colour = np.clip(np.array([200, 110, 50]) * level, 0, 255)
    pixels = np.broadcast_to(colour, (side, side, 3)).astype(np.uint8)
    mask = Image.new("L", (side, side), 0)
    ImageDraw.Draw(mask).ellipse((0, 0, side - 1, side - 1), fill=255)
    ball = Image.fromarray(pixels).convert("RGBA")
    ball.putalpha(mask)
    return ball

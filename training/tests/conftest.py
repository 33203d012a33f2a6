"""Makes the training modules importable; draws art for the tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).parents[1]))

from data.concepts import Concept, load_concepts  # needs the path above
from data.sprites import SpriteLibrary  # needs the path above


@pytest.fixture(scope="session")
def concepts() -> list[Concept]:
    """The shipped list."""
    return load_concepts()


@pytest.fixture(scope="session")
def sprites(concepts: list[Concept]) -> SpriteLibrary:
    """A plain disc for every concept, in one colour per style: no art package is
    needed.
    """
    drawn = {}
    colours = {
        "3d": (200, 60, 60, 255),
        "flat": (60, 200, 60, 255),
        "cartoon": (60, 60, 200, 255),
    }
    for style, colour in colours.items():
        picture = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
        ImageDraw.Draw(picture).ellipse((4, 4, 60, 60), fill=colour)
        for concept in concepts:
            drawn[concept.code, style] = picture
    return SpriteLibrary(drawn)

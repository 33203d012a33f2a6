"""What a training picture shows: a plan is drawn first, then captioned and painted.

A plan is plain data, so a test can check the caption and the picture against it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data.colours import BACKDROP_COLOURS, OBJECT_COLOURS
from data.concepts import Concept

PLACES = (
    "beach", "snow", "night", "space", "forest", "meadow", "desert", "underwater",
    "sunset", "city", "mountains", "room", "rain", "sky",
)  # fmt: skip
PAIR_PLACES = ("beach", "snow", "meadow", "desert", "city", "room", "space", "night")
RELATIONS = ("next to", "and", "left of", "right of", "above", "below")
KINDS = ("plain", "white", "place", "pair", "count")
STYLES = ("3d", "flat", "cartoon")


@dataclass(frozen=True)
class Subject:
    """A concept as it appears; `colour` None means its own colours, `size` None an
    ordinary size.
    """

    concept: Concept
    colour: str | None = None
    size: str | None = None


@dataclass(frozen=True)
class Scene:
    """The ground truth of one picture; exactly one of `colour` and `place` is the
    backdrop.
    """

    kind: str
    style: str
    style_named: bool
    subjects: tuple[Subject, ...]
    colour: str | None = None
    place: str | None = None
    count: int = 1
    relation: str | None = None


@dataclass(frozen=True)
class SceneMix:
    """How often what is drawn.

    Args:
        kinds: weight of each of `KINDS`.
        styles: weight of each of `STYLES`; captions always name the drawn ones, so the
            default look is 3D.
        named_3d: share of the 3D pictures whose caption names the style.
        recoloured: share of subjects painted in a colour that is not their own. sized:
        share of single subjects that are small or big, and said to be.
    """

    kinds: Mapping[str, float]
    styles: Mapping[str, float]
    named_3d: float
    recoloured: float
    sized: float


def plan_scene(rng: random.Random, concepts: Sequence[Concept], mix: SceneMix) -> Scene:
    """Draw one plan."""
    kind = rng.choices(list(mix.kinds), list(mix.kinds.values()))[0]
    style = rng.choices(list(mix.styles), list(mix.styles.values()))[0]
    named = style != "3d" or rng.random() < mix.named_3d
    subject = _subject(rng, concepts, mix)
    if kind == "pair":
        other = _subject(rng, concepts, mix)
        colour, place = _pair_backdrop(rng)
        relation = rng.choice(RELATIONS)
        return Scene(
            kind, style, named, (subject, other), colour, place, relation=relation
        )
    if kind == "count":
        count = rng.choice((2, 2, 3, 3, 4))
        return Scene(kind, style, named, (subject,), _backdrop(rng), count=count)
    subject = Subject(subject.concept, subject.colour, _size(rng, mix))
    if kind == "place":
        return Scene(kind, style, named, (subject,), place=rng.choice(PLACES))
    colour = "white" if kind == "white" else _backdrop(rng)
    return Scene(kind, style, named, (subject,), colour)


def _subject(rng: random.Random, concepts: Sequence[Concept], mix: SceneMix) -> Subject:
    concept = rng.choice(concepts)
    recoloured = rng.random() < mix.recoloured and not concept.is_named_by_colour
    return Subject(concept, rng.choice(list(OBJECT_COLOURS)) if recoloured else None)


def _size(rng: random.Random, mix: SceneMix) -> str | None:
    return rng.choice(("small", "small", "big")) if rng.random() < mix.sized else None


def _backdrop(rng: random.Random) -> str:
    return rng.choice(list(BACKDROP_COLOURS))


def _pair_backdrop(rng: random.Random) -> tuple[str | None, str | None]:
    return (
        (None, rng.choice(PAIR_PLACES))
        if rng.random() < 0.35
        else (_backdrop(rng), None)
    )

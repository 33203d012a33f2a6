"""What a training picture shows: a plan is drawn first, then captioned and painted.

A plan is plain data, so a test can check the caption and the picture against it.
"""

from __future__ import annotations

import hashlib
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
HELD_OUT_PARTS = 10
"""One in so many combinations is kept out of training, for the test of composition."""


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


def is_held_out(concept: Concept, colour_or_place: str) -> bool:
    """Whether no training scene may show `concept` painted in this colour, or standing
    in this place: a fixed tenth of the combinations. The backdrop's colour is free.
    """
    digest = hashlib.sha256(f"{concept.code} {colour_or_place}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % HELD_OUT_PARTS == 0


def plan_scene(
    rng: random.Random,
    concepts: Sequence[Concept],
    mix: SceneMix,
    *,
    withhold: bool = True,
) -> Scene:
    """Draw one plan, without the combinations of `is_held_out` where `withhold`."""
    kind = rng.choices(list(mix.kinds), list(mix.kinds.values()))[0]
    style = rng.choices(list(mix.styles), list(mix.styles.values()))[0]
    named = style != "3d" or rng.random() < mix.named_3d
    subject = _subject(rng, concepts, mix, withhold)
    if kind == "pair":
        both = (subject, _subject(rng, concepts, mix, withhold))
        colour, place = _pair_backdrop(rng, both, withhold)
        relation = rng.choice(RELATIONS)
        return Scene(kind, style, named, both, colour, place, relation=relation)
    if kind == "count":
        count = rng.choice((2, 2, 3, 3, 4))
        return Scene(kind, style, named, (subject,), _backdrop(rng), count=count)
    subject = Subject(subject.concept, subject.colour, _size(rng, mix))
    if kind == "place":
        place = rng.choice(_allowed(PLACES, (subject,), withhold))
        return Scene(kind, style, named, (subject,), place=place)
    colour = "white" if kind == "white" else _backdrop(rng)
    return Scene(kind, style, named, (subject,), colour)


def _subject(
    rng: random.Random, concepts: Sequence[Concept], mix: SceneMix, withhold: bool
) -> Subject:
    subject = Subject(rng.choice(concepts))
    if rng.random() >= mix.recoloured or subject.concept.is_named_by_colour:
        return subject
    colours = _allowed(tuple(OBJECT_COLOURS), (subject,), withhold)
    return Subject(subject.concept, rng.choice(colours))


def _allowed(
    words: Sequence[str], subjects: Sequence[Subject], withhold: bool
) -> list[str]:
    """The colours or places that training may combine with all these subjects."""
    return [
        word
        for word in words
        if not withhold
        or not any(is_held_out(subject.concept, word) for subject in subjects)
    ]


def _size(rng: random.Random, mix: SceneMix) -> str | None:
    return rng.choice(("small", "small", "big")) if rng.random() < mix.sized else None


def _backdrop(rng: random.Random) -> str:
    return rng.choice(list(BACKDROP_COLOURS))


def _pair_backdrop(
    rng: random.Random, both: Sequence[Subject], withhold: bool
) -> tuple[str | None, str | None]:
    """(colour, place) behind a pair, one of them None."""
    places = _allowed(PAIR_PLACES, both, withhold)
    if places and rng.random() < 0.35:
        return None, rng.choice(places)
    return _backdrop(rng), None

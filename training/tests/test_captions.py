"""A caption says what the plan holds, and nothing that a test of generalisation keeps
back.
"""

from __future__ import annotations

import random
import re
import tomllib

import pytest
from config import CONFIG_FILE, load_config
from data.captions import (
    NUMBERS,
    PLACE_WORDS,
    SIZE_WORDS,
    STYLE_WORDS,
    caption,
    with_article,
)
from data.colours import SYNONYMS
from data.concepts import Concept
from data.scenes import PLACES, Scene, plan_scene

SAMPLES = 2000


@pytest.fixture(scope="module")
def described(concepts: list[Concept]) -> list[tuple[Scene, str]]:
    rng = random.Random(5)
    mix = load_config().data.pools["full"].mix
    scenes = [plan_scene(rng, concepts, mix) for _ in range(SAMPLES)]
    return [(scene, caption(scene, rng)) for scene in scenes]


def test_names_every_subject(described: list[tuple[Scene, str]]) -> None:
    for scene, text in described:
        for subject in scene.subjects:
            concept = subject.concept
            names = (concept.name, concept.plural, *concept.words)
            assert any(name in text.lower() for name in names), (scene, text)


def test_names_the_colour_of_a_recoloured_subject(
    described: list[tuple[Scene, str]],
) -> None:
    for scene, text in described:
        for subject in scene.subjects:
            if subject.colour:
                assert _mentions(text, SYNONYMS.get(subject.colour, (subject.colour,)))


def test_names_the_place_or_the_background(described: list[tuple[Scene, str]]) -> None:
    for scene, text in described:
        if scene.place:
            assert _mentions(text, PLACE_WORDS[scene.place])
        elif scene.colour != "white":
            assert scene.colour is not None
            assert _mentions(text, SYNONYMS.get(scene.colour, (scene.colour,)))


def test_names_count_size_and_relation(described: list[tuple[Scene, str]]) -> None:
    for scene, text in described:
        if scene.kind == "count":
            assert NUMBERS[scene.count] in text.lower()
        if scene.relation:
            assert scene.relation in text
        size = scene.subjects[0].size
        assert size is None or _mentions(text, SIZE_WORDS[size])


@pytest.mark.parametrize("style", ["flat", "cartoon"])
def test_drawn_styles_always_say_so(
    described: list[tuple[Scene, str]], style: str
) -> None:
    texts = [text for scene, text in described if scene.style == style]
    assert texts
    assert all(_mentions(text, STYLE_WORDS[style]) for text in texts)


def test_what_is_named_by_its_colour_keeps_it(
    described: list[tuple[Scene, str]],
) -> None:
    for scene, text in described:
        for subject in scene.subjects:
            if subject.concept.is_named_by_colour:
                assert subject.colour is None, text


def test_held_out_words_never_appear(
    described: list[tuple[Scene, str]], concepts: list[Concept]
) -> None:
    words = {word for concept in concepts for word in concept.held_out}
    held_out = re.compile(rf"\b({'|'.join(sorted(words))})s?\b")
    for _, text in described:
        assert not held_out.search(text.lower()), text


def test_every_place_has_words() -> None:
    assert set(PLACE_WORDS) == set(PLACES)


@pytest.mark.parametrize(
    ("noun", "expected"), [("apple", "an apple"), ("cat", "a cat")]
)
def test_article(noun: str, expected: str) -> None:
    assert with_article(noun) == expected


def test_config_has_no_unknown_section() -> None:
    table = tomllib.loads(CONFIG_FILE.read_text(encoding="utf-8"))
    assert set(table) == {"data", "autoencoder", "unet"}


def _mentions(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text.lower() for word in words)

"""What the evaluation asks for: fixed lists of prompts, each with the scene it means.

The scene is the truth to hold a picture against, and what the painter of the training
scenes makes real pictures from: their score is the ceiling of every measure.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.captions import NUMBERS, PLACE_WORDS, STYLE_WORDS, caption, with_article
from data.colours import OBJECT_COLOURS
from data.concepts import Concept
from data.scenes import (
    PLACES,
    RELATIONS,
    STYLES,
    Scene,
    SceneMix,
    Subject,
    is_held_out,
    plan_scene,
)

FREE_FORM_FILE = Path(__file__).parent / "data" / "free_form.txt"
GRID_CASES = 64
COLOURS = tuple(OBJECT_COLOURS)
CLEAR_GROUNDS = ("light blue", "pink", "green", "purple")
"""Grounds for counting: far from what most subjects are made of at their edges."""
SEEN_MIX = SceneMix(
    {"plain": 0.5, "white": 0.1, "place": 0.4},
    {"3d": 0.8, "flat": 0.1, "cartoon": 0.1}, 0.2, 0.2, 0.1,
)  # fmt: skip
UNCOUNTABLE = frozenset({"magic wand", "bacon", "broken heart", "socks"})
"""Art in several pieces: even real scenes are counted wrongly."""
HARDLY_TINTED = frozenset({
    "swan", "bone", "koala", "wolf", "ant", "shark", "rhinoceros", "zebra", "rabbit",
    "hippopotamus", "raccoon", "seal", "satellite", "ninja", "graduation cap", "camera",
    "piano keyboard", "microphone", "billiard ball", "die", "magic wand", "elephant",
    "gorilla", "headphones", "crossed swords", "tooth", "skull", "ghost",
    "traffic light", "llama", "crystal ball", "gear",
})  # fmt: skip
"""Grey, black or white art that recolouring leaves grey: even real scenes fail."""


@dataclass(frozen=True)
class Case:
    """A prompt, the scene it means, and whether no training scene can have been it."""

    prompt: str
    scene: Scene
    unseen: bool = False


@dataclass(frozen=True)
class Amounts:
    """How many prompts of each kind.

    Args:
        subjects: per declared subject.
        places: per place. colours: per colour. counts: per number from 1 to 4.
        pairs: in all. styles: per style. words: held-out words at most.
    """

    subjects: int
    places: int
    colours: int
    counts: int
    pairs: int
    styles: int
    words: int
    most_subjects: int | None = None


FULL = Amounts(2, 8, 8, 24, 96, 24, 1000)
QUICK = Amounts(1, 1, 1, 3, 12, 4, 16, most_subjects=40)
FLOOR = Amounts(1, 1, 1, 0, 0, 0, 0, most_subjects=12)
"""For the shipped weights' test: seconds, and only what a small model does surely."""


def subject_cases(concepts: Sequence[Concept], rounds: int) -> list[Case]:
    """Every concept on plain grounds of the twelve colours, in turn."""
    cases = []
    for index, concept in enumerate(list(concepts) * rounds):
        colour = COLOURS[(index * 5 + index // len(concepts)) % len(COLOURS)]
        cases.append(_plain(concept, colour, with_article(concept.name)))
    return cases


def word_cases(concepts: Sequence[Concept], most: int) -> list[Case]:
    """Words that no training caption used, on white."""
    pairs = [(word, concept) for concept in concepts for word in concept.held_out]
    pairs = random.Random("words").sample(pairs, min(most, len(pairs)))
    return [_plain(concept, "white", with_article(word)) for word, concept in pairs]


def place_cases(concepts: Sequence[Concept], per_place: int) -> list[Case]:
    """Subjects in every place; about every third combination is unseen."""
    rng = random.Random("places")
    cases = []
    for place in PLACES:
        for index in range(per_place):
            concept, unseen = _pick(rng, concepts, place, wanted_unseen=index % 3 == 1)
            prompt = f"{with_article(concept.name)} {PLACE_WORDS[place][0]}"
            scene = Scene("place", "3d", False, (Subject(concept),), place=place)
            cases.append(Case(prompt, scene, unseen))
    return cases


def colour_cases(concepts: Sequence[Concept], per_colour: int) -> list[Case]:
    """Recoloured subjects on a plain ground; about every third one is unseen."""
    rng = random.Random("colours")
    paintable = [
        concept
        for concept in concepts
        if not concept.is_named_by_colour and concept.name not in HARDLY_TINTED
    ]
    cases = []
    for colour in COLOURS:
        ground = "blue" if colour in ("white", "gray", "yellow") else "white"
        for index in range(per_colour):
            concept, unseen = _pick(
                rng, paintable, colour, wanted_unseen=index % 3 == 1
            )
            what = with_article(f"{colour} {concept.name}")
            subject = Subject(concept, colour)
            scene = Scene("plain", "3d", False, (subject,), ground)
            cases.append(Case(f"{what} on a {ground} background", scene, unseen))
    return cases


def count_cases(concepts: Sequence[Concept], per_number: int) -> list[Case]:
    """One to four of a kind on a plain ground."""
    rng = random.Random("counts")
    countable = [concept for concept in concepts if concept.name not in UNCOUNTABLE]
    cases = []
    for count in (1, 2, 3, 4):
        for _ in range(per_number):
            concept, ground = rng.choice(countable), rng.choice(CLEAR_GROUNDS)
            what = (
                with_article(concept.name)
                if count == 1
                else f"{NUMBERS[count]} {concept.plural}"
            )
            kind = "plain" if count == 1 else "count"
            scene = Scene(kind, "3d", False, (Subject(concept),), ground, count=count)
            cases.append(Case(f"{what} on a {ground} background", scene))
    return cases


def pair_cases(concepts: Sequence[Concept], count: int) -> list[Case]:
    """Two different subjects, every relation in turn."""
    rng = random.Random("pairs")
    cases = []
    for index in range(count):
        subjects = tuple(Subject(concept) for concept in rng.sample(list(concepts), 2))
        ground = rng.choice(CLEAR_GROUNDS)
        relation = RELATIONS[index % len(RELATIONS)]
        scene = Scene("pair", "3d", False, subjects, ground, relation=relation)
        first, second = (with_article(subject.concept.name) for subject in subjects)
        words = {"left of": "to the left of", "right of": "to the right of"}
        told = words.get(relation, relation)
        cases.append(Case(f"{first} {told} {second} on a {ground} background", scene))
    return cases


def style_cases(concepts: Sequence[Concept], per_style: int) -> list[Case]:
    """Every style by its name, on plain grounds."""
    rng = random.Random("styles")
    cases = []
    for style in STYLES:
        for _ in range(per_style):
            concept, ground = rng.choice(list(concepts)), rng.choice(COLOURS)
            what = f"{with_article(concept.name)} on a {ground} background"
            scene = Scene("plain", style, True, (Subject(concept),), ground)
            cases.append(Case(f"{what}, {STYLE_WORDS[style][0]}", scene))
    return cases


def seen_cases(concepts: Sequence[Concept], count: int = GRID_CASES) -> list[Case]:
    """Scenes as training draws and captions them."""
    rng = random.Random("seen")
    scenes = [plan_scene(rng, concepts, SEEN_MIX) for _ in range(count)]
    return [Case(caption(scene, rng), scene) for scene in scenes]


def composed_cases(concepts: Sequence[Concept]) -> list[Case]:
    """Unseen combinations of subject with colour or place, pairs and counts."""
    unseen = [
        case
        for case in colour_cases(concepts, 6) + place_cases(concepts, 6)
        if case.unseen
    ]
    rng = random.Random("composed")
    cases = rng.sample(unseen, min(len(unseen), GRID_CASES // 2))
    cases += pair_cases(concepts, GRID_CASES // 4 + GRID_CASES // 2 - len(cases))
    return cases + count_cases(concepts, GRID_CASES // 16)


def free_form_prompts() -> list[str]:
    """What people would type, with subjects and wishes that no list foresaw."""
    lines = FREE_FORM_FILE.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _plain(concept: Concept, colour: str, what: str) -> Case:
    scene = Scene("plain", "3d", False, (Subject(concept),), colour)
    return Case(f"{what} on a {colour} background", scene)


def _pick(
    rng: random.Random, concepts: Sequence[Concept], word: str, *, wanted_unseen: bool
) -> tuple[Concept, bool]:
    """A concept whose combination with `word` is unseen as wanted, if there is one."""
    fitting = [
        concept for concept in concepts if is_held_out(concept, word) == wanted_unseen
    ]
    concept = rng.choice(fitting or list(concepts))
    return concept, is_held_out(concept, word)

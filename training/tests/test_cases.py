"""The evaluation's prompts are fixed, and say what their scenes hold."""

from __future__ import annotations

import random

from cases import (
    FULL,
    GRID_CASES,
    Case,
    composed_cases,
    free_form_prompts,
    seen_cases,
    word_cases,
)
from data.captions import PLACE_WORDS
from data.colours import OBJECT_COLOURS
from data.concepts import Concept
from data.scenes import HELD_OUT_PARTS, PLACES, SceneMix, is_held_out, plan_scene
from measures import all_cases

EVERYTHING = SceneMix(
    {"plain": 1, "place": 1, "pair": 1, "count": 1}, {"3d": 1.0}, 0.0, 1.0, 0.0
)


def test_the_same_prompts_every_time(concepts: list[Concept]) -> None:
    assert all_cases(concepts, FULL) == all_cases(concepts, FULL)


def test_every_subject_is_asked_for(concepts: list[Concept]) -> None:
    asked = [
        case.scene.subjects[0].concept for case in all_cases(concepts, FULL)["subjects"]
    ]
    assert asked == concepts * FULL.subjects


def test_held_out_words_are_asked_for_once(concepts: list[Concept]) -> None:
    words = [word for concept in concepts for word in concept.held_out]
    assert len(word_cases(concepts, 10_000)) == len(words)


def test_prompts_name_colour_place_and_number(concepts: list[Concept]) -> None:
    cases = all_cases(concepts, FULL)
    for case in cases["colours"]:
        assert f" {case.scene.subjects[0].colour} " in case.prompt
    for case in cases["places"]:
        assert PLACE_WORDS[case.scene.place or ""][0] in case.prompt
    plurals = {2: "two ", 3: "three ", 4: "four "}
    for case in cases["counts"]:
        assert case.scene.count == 1 or plurals[case.scene.count] in case.prompt


def test_about_a_tenth_of_the_combinations_is_held_out(concepts: list[Concept]) -> None:
    words = [*OBJECT_COLOURS, *PLACES]
    answers = [is_held_out(concept, word) for concept in concepts for word in words]
    assert abs(sum(answers) / len(answers) - 1 / HELD_OUT_PARTS) < 0.01


def test_unseen_cases_are_those_that_training_never_plans(
    concepts: list[Concept],
) -> None:
    rng = random.Random(0)
    scenes = [plan_scene(rng, concepts, EVERYTHING) for _ in range(3000)]
    planned = {
        (subject.concept, word)
        for scene in scenes
        for subject in scene.subjects
        for word in (subject.colour, scene.place)
        if word
    }
    assert len(planned) > 2000
    assert not any(is_held_out(concept, word) for concept, word in planned)
    cases = all_cases(concepts, FULL)
    for case in cases["colours"] + cases["places"]:
        assert case.unseen == is_held_out(case.scene.subjects[0].concept, _word(case))
    assert sum(case.unseen for case in cases["colours"]) >= 24
    assert sum(case.unseen for case in cases["places"]) >= 28


def test_combinations_may_be_asked_for_without_withholding(
    concepts: list[Concept],
) -> None:
    rng = random.Random(0)
    scenes = [
        plan_scene(rng, concepts[:5], EVERYTHING, withhold=False) for _ in range(1000)
    ]
    assert any(
        is_held_out(scene.subjects[0].concept, scene.subjects[0].colour or "")
        for scene in scenes
    )


def test_grids_hold_64_pictures(concepts: list[Concept]) -> None:
    assert len(seen_cases(concepts)) == GRID_CASES
    assert len(composed_cases(concepts)) == GRID_CASES
    assert len(set(free_form_prompts())) == GRID_CASES
    assert len(word_cases(concepts, GRID_CASES)) == GRID_CASES


def _word(case: Case) -> str:
    return case.scene.place or case.scene.subjects[0].colour or ""

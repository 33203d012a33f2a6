"""The measures of the evaluation: each takes cases with their pictures, gives shares.

Every share has its number of prompts beside it; all are 0 to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from analysis import background_colour, count_subjects, has_object_colour
from artists import Artist
from cases import (
    Amounts,
    Case,
    colour_cases,
    count_cases,
    pair_cases,
    place_cases,
    style_cases,
    subject_cases,
    word_cases,
)
from data.concepts import Concept
from data.scenes import PLACES, STYLES
from judge import Judge
from judge_scenes import pair_boxes
from PIL import Image
from torch import Tensor

Pictures = Sequence[Image.Image]
Numbers = dict[str, object]
Measure = Callable[[Judge, Sequence[Case], Pictures], Numbers]
TOP = 5
WORST_LISTED = 40


def subjects(judge: Judge, cases: Sequence[Case], pictures: Pictures) -> Numbers:
    """Is the asked subject there, on the asked ground?"""
    chances = judge.judge(pictures).subjects
    first, among = ranks(judge, cases, chances)
    grounds = [
        background_colour(picture) == case.scene.colour
        for case, picture in zip(cases, pictures, strict=True)
    ]
    shares = by_word([_name(case) for case in cases], first)
    worst = sorted(shares, key=lambda name: (shares[name], name))
    return {
        "prompts": len(cases),
        "top1": share(first),
        "top5": share(among),
        "mean_probability": _mean_probability(judge, cases, chances),
        "nothing_recognised": share((chances.argmax(1) == judge.nothing).tolist()),
        "background_colour": share(grounds),
        "worst": {
            name: shares[name] for name in worst[:WORST_LISTED] if shares[name] < 1
        },
        "top1_by_subject": shares,
    }


def words(judge: Judge, cases: Sequence[Case], pictures: Pictures) -> Numbers:
    """Is the subject there that a word means which training never used?"""
    chances = judge.judge(pictures).subjects
    first, among = ranks(judge, cases, chances)
    right = [case.prompt for case, named in zip(cases, first, strict=True) if named]
    return {
        "prompts": len(cases),
        "top1": share(first),
        "top5": share(among),
        "recognised": right,
    }


def places(judge: Judge, cases: Sequence[Case], pictures: Pictures) -> Numbers:
    """Is the place right, and the subject that stands in it?"""
    verdict = judge.judge(pictures)
    first, _ = ranks(judge, cases, verdict.subjects)
    guesses = verdict.places.argmax(1).tolist()
    right = [
        guess < len(PLACES) and PLACES[guess] == case.scene.place
        for case, guess in zip(cases, guesses, strict=True)
    ]
    return {
        "prompts": len(cases),
        "place": share(right),
        **by_novelty("place", cases, right),
        "subject_top1": share(first),
        **by_novelty("subject_top1", cases, first),
    }


def colours(judge: Judge, cases: Sequence[Case], pictures: Pictures) -> Numbers:
    """Is the subject in the asked colour, and still the subject?"""
    right = [
        has_object_colour(picture, case.scene.subjects[0].colour or "")
        for case, picture in zip(cases, pictures, strict=True)
    ]
    first, _ = ranks(judge, cases, judge.judge(pictures).subjects)
    asked = [case.scene.subjects[0].colour or "" for case in cases]
    return {
        "prompts": len(cases),
        "colour": share(right),
        **by_novelty("colour", cases, right),
        "subject_top1": share(first),
        **by_novelty("subject_top1", cases, first),
        "colour_by_word": by_word(asked, right),
    }


def counts(judge: Judge, cases: Sequence[Case], pictures: Pictures) -> Numbers:
    """Are there as many as were asked for?"""
    found = [count_subjects(picture) for picture in pictures]
    right = [
        number == case.scene.count for number, case in zip(found, cases, strict=True)
    ]
    first, _ = ranks(judge, cases, judge.judge(pictures).subjects)
    asked = [str(case.scene.count) for case in cases]
    return {
        "prompts": len(cases),
        "count": share(right),
        "count_by_number": by_word(asked, right),
        "subject_top1": share(first),
    }


def pairs(judge: Judge, cases: Sequence[Case], pictures: Pictures) -> Numbers:
    """Are both subjects there, each on the side where it belongs?"""
    halves = [
        picture.crop(box)
        for case, picture in zip(cases, pictures, strict=True)
        for box in pair_boxes(
            picture.size, case.scene.relation, in_place=case.scene.place is not None
        )
    ]
    wanted = [subject.concept.name for case in cases for subject in case.scene.subjects]
    indices = torch.tensor([judge.concepts.index(name) for name in wanted])
    chances = judge.judge(halves).subjects
    named = (chances.argmax(1) == indices).view(-1, 2)
    # "and" and "next to" do not say which is on the left.
    swapped = (chances.view(-1, 2, chances.shape[1]).argmax(2).flip(1)) == (
        indices.view(-1, 2)
    )
    free = torch.tensor([case.scene.relation in ("and", "next to") for case in cases])
    both = named.all(1) | (free & swapped.all(1))
    anywhere = named.all(1) | swapped.all(1)
    either = named.any(1) | swapped.any(1)
    return {
        "prompts": len(cases),
        "both": share(both.tolist()),
        "both_whatever_the_side": share(anywhere.tolist()),
        "at_least_one": share(either.tolist()),
    }


def styles(judge: Judge, cases: Sequence[Case], pictures: Pictures) -> Numbers:
    """Is the style the one that was asked for?"""
    verdict = judge.judge(pictures)
    guesses = [STYLES[guess] for guess in verdict.styles.argmax(1).tolist()]
    right = [
        guess == case.scene.style for guess, case in zip(guesses, cases, strict=True)
    ]
    asked = [case.scene.style for case in cases]
    first, _ = ranks(judge, cases, verdict.subjects)
    return {
        "prompts": len(cases),
        "style": share(right),
        "style_by_name": by_word(asked, right),
        "subject_top1": share(first),
    }


SEEDS = {
    "subjects": 1000,
    "places": 2000,
    "words": 3000,
    "colours": 4000,
    "counts": 5000,
    "pairs": 6000,
    "styles": 7000,
}
MEASURES: dict[str, Measure] = {
    "subjects": subjects,
    "places": places,
    "words": words,
    "colours": colours,
    "counts": counts,
    "pairs": pairs,
    "styles": styles,
}


def all_cases(concepts: Sequence[Concept], amounts: Amounts) -> dict[str, list[Case]]:
    """The prompts of every measure."""
    return {
        "subjects": subject_cases(concepts, amounts.subjects)[: amounts.most_subjects],
        "places": place_cases(concepts, amounts.places),
        "words": word_cases(concepts, amounts.words),
        "colours": colour_cases(concepts, amounts.colours),
        "counts": count_cases(concepts, amounts.counts),
        "pairs": pair_cases(concepts, amounts.pairs),
        "styles": style_cases(concepts, amounts.styles),
    }


def run_measure(
    name: str, judge: Judge, artist: Artist, cases: Sequence[Case]
) -> tuple[Numbers, list[Image.Image]]:
    """Paint the cases and measure them: (numbers, pictures)."""
    pictures = artist.paint(cases, SEEDS[name])
    return MEASURES[name](judge, cases, pictures), pictures


def ranks(
    judge: Judge, cases: Sequence[Case], chances: Tensor
) -> tuple[list[bool], list[bool]]:
    """For every picture: is the first subject of its case the judge's first guess; is
    it among its first five?
    """
    guesses = chances.topk(min(TOP, chances.shape[1])).indices.tolist()
    wanted = [judge.concepts.index(_name(case)) for case in cases]
    pairs_ = list(zip(guesses, wanted, strict=True))
    return [guess[0] == want for guess, want in pairs_], [
        want in guess for guess, want in pairs_
    ]


def by_novelty(name: str, cases: Sequence[Case], right: Sequence[bool]) -> Numbers:
    """The shares of seen and of unseen combinations apart."""
    judged = list(zip(cases, right, strict=True))
    return {
        f"{name}_seen": share([ok for case, ok in judged if not case.unseen]),
        f"{name}_unseen": share([ok for case, ok in judged if case.unseen]),
    }


def by_word(asked: Sequence[str], right: Sequence[bool]) -> dict[str, float]:
    """The share of every word that was asked for."""
    rights: dict[str, list[bool]] = {}
    for word, ok in zip(asked, right, strict=True):
        rights.setdefault(word, []).append(ok)
    return {word: sum(oks) / len(oks) for word, oks in rights.items()}


def share(right: Sequence[bool]) -> float | None:
    """How many are true, from 0 to 1; None of nothing."""
    return round(sum(right) / len(right), 4) if right else None


def _mean_probability(judge: Judge, cases: Sequence[Case], chances: Tensor) -> float:
    """Of the asked subject: it still tells models apart where all first guesses are
    right.
    """
    wanted = torch.tensor([judge.concepts.index(_name(case)) for case in cases])
    return round(float(chances[torch.arange(len(cases)), wanted].mean()), 4)


def _name(case: Case) -> str:
    return case.scene.subjects[0].concept.name

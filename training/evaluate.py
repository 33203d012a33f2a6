"""Measure a model folder: `python training/evaluate.py models/easel-mini`.

Writes `NAME.json` and `NAME.png` (every picture that was judged, none left out) to the
work folder.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from config import CONFIG_FILE, load_config
from data.captions import PLACE_WORDS, with_article
from data.colours import OBJECT_COLOURS
from data.concepts import Concept
from data.scenes import PLACES
from judge import Judge, JudgeTraining, load_or_train, prepare
from PIL import Image
from sample_grid import paint, tile
from stock import AutoPipelineForText2Image, StableDiffusionPipeline

COLOURS = list(OBJECT_COLOURS)
SUBJECT_SEED, PLACE_SEED, WORD_SEED = 1000, 2000, 3000
CORNER_PX = 8
LATENCY_PICTURES = 7

log = logging.getLogger("evaluate")


@dataclass(frozen=True)
class Settings:
    """How the pictures are painted."""

    steps: int
    guidance: float
    rounds: int
    """Prompts per concept."""


def main() -> None:
    """Parse the command line, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--config", type=Path, default=CONFIG_FILE)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / "work")
    parser.add_argument("--name", help="of the files to write; the folder's by default")
    parser.add_argument("--steps", type=int, default=16)
    parser.add_argument("--guidance", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument(
        "--subjects-only", action="store_true", help="for sweeps of steps and guidance"
    )
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if options.threads:
        torch.set_num_threads(options.threads)
    concepts = list(load_config(options.config).data.concepts)
    judge = load_or_train(options.work, concepts, JudgeTraining())
    pipeline = AutoPipelineForText2Image.from_pretrained(
        options.model, dtype=torch.float32
    )
    pipeline.set_progress_bar_config(disable=True)
    settings = Settings(options.steps, options.guidance, options.rounds)
    started = time.monotonic()
    report, pictures = measure_subjects(pipeline, judge, concepts, settings)
    report = {"judge_on_real_scenes": judge.accuracy, **asdict(settings), **report}
    report["seconds_per_image_in_batches"] = (time.monotonic() - started) / len(
        pictures
    )
    if not options.subjects_only:
        report |= measure_latency(pipeline, settings)
        for measure in (measure_places, measure_held_out):
            more, extra = measure(pipeline, judge, concepts, settings)
            report |= more
            pictures += extra
    target = options.work / "evaluation" / (options.name or options.model.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.with_suffix(".json").write_text(
        json.dumps(report, indent=2) + "\n", encoding="utf-8"
    )
    tile(pictures, columns=14).save(target.with_suffix(".png"))
    log.info("%s", json.dumps(report, indent=2))


def measure_latency(
    pipeline: StableDiffusionPipeline, settings: Settings
) -> dict[str, object]:
    """Median time of one picture alone, with the machine's load at that moment."""
    seconds = []
    for _ in range(LATENCY_PICTURES + 1):
        started = time.monotonic()
        paint(pipeline, ["a cat"], settings.steps, settings.guidance)
        seconds.append(time.monotonic() - started)
    return {
        "seconds_per_image_alone": float(np.median(seconds[1:])),
        "fastest_seconds_per_image_alone": min(seconds[1:]),
        "threads": torch.get_num_threads(),
        "load_average": os.getloadavg()[0],
    }


Result = tuple[dict[str, object], list[Image.Image]]


def measure_subjects(
    pipeline: StableDiffusionPipeline,
    judge: Judge,
    concepts: list[Concept],
    settings: Settings,
) -> Result:
    """Every concept on backgrounds of plain colours: is it the concept, is it the
    colour?
    """
    wanted = concepts * settings.rounds
    colours = [
        COLOURS[(index * 5 + index // len(concepts)) % len(COLOURS)]
        for index in range(len(wanted))
    ]
    prompts = [
        f"{with_article(concept.name)} on a {colour} background"
        for concept, colour in zip(wanted, colours, strict=True)
    ]
    pictures = paint(
        pipeline, prompts, settings.steps, settings.guidance, first_seed=SUBJECT_SEED
    )
    right = [
        nearest_colour(picture) == colour
        for picture, colour in zip(pictures, colours, strict=True)
    ]
    indices = [concepts.index(concept) for concept in wanted]
    top1, top5 = _ranks(judge, pictures, indices)
    per_concept = {
        concept.name: float(np.mean(top1[index :: len(concepts)]))
        for index, concept in enumerate(concepts)
    }
    report: dict[str, object] = {
        "subject_prompts": len(prompts),
        "subject_top1": float(np.mean(top1)),
        "subject_top5": float(np.mean(top5)),
        "subject_confidence": _confidence(judge, pictures, indices),
        "background_colour": float(np.mean(right)),
        "subject_top1_by_concept": per_concept,
    }
    return report, pictures


def measure_places(
    pipeline: StableDiffusionPipeline,
    judge: Judge,
    concepts: list[Concept],
    settings: Settings,
) -> Result:
    """Four concepts in every drawn place: does the judge recognise the place?"""
    cases = [
        (concepts[(17 * i + 5 * j) % len(concepts)], place)
        for i, place in enumerate(PLACES)
        for j in range(4)
    ]
    prompts = [
        f"{with_article(concept.name)} {PLACE_WORDS[place][0]}"
        for concept, place in cases
    ]
    pictures = paint(
        pipeline, prompts, settings.steps, settings.guidance, first_seed=PLACE_SEED
    )
    with torch.no_grad():
        scores = judge(prepare(pictures))[1].argmax(1).tolist()
    right = [
        PLACES.index(place) == score
        for (_, place), score in zip(cases, scores, strict=True)
    ]
    top1, _ = _ranks(judge, pictures, [concepts.index(concept) for concept, _ in cases])
    report: dict[str, object] = {
        "place_prompts": len(prompts),
        "place_top1": float(np.mean(right)),
        "subject_in_place_top1": float(np.mean(top1)),
    }
    return report, pictures


def measure_held_out(
    pipeline: StableDiffusionPipeline,
    judge: Judge,
    concepts: list[Concept],
    settings: Settings,
) -> Result:
    """Words that no training caption used."""
    cases = [(word, concept) for concept in concepts for word in concept.held_out]
    prompts = [f"{with_article(word)} on a white background" for word, _ in cases]
    pictures = paint(
        pipeline, prompts, settings.steps, settings.guidance, first_seed=WORD_SEED
    )
    top1, top5 = _ranks(
        judge, pictures, [concepts.index(concept) for _, concept in cases]
    )
    report: dict[str, object] = {
        "held_out_words": len(prompts),
        "held_out_top1": float(np.mean(top1)),
        "held_out_top5": float(np.mean(top5)),
    }
    return report, pictures


@torch.no_grad()
def _ranks(
    judge: Judge, pictures: list[Image.Image], wanted: list[int]
) -> tuple[list[bool], list[bool]]:
    """For every picture: is the wanted concept the judge's first guess; is it among its
    first five?
    """
    guesses = judge(prepare(pictures))[0].topk(5).indices.tolist()
    pairs = list(zip(guesses, wanted, strict=True))
    return [guess[0] == want for guess, want in pairs], [
        want in guess for guess, want in pairs
    ]


@torch.no_grad()
def _confidence(judge: Judge, pictures: list[Image.Image], wanted: list[int]) -> float:
    """The judge's mean probability of the wanted concept: it still tells models apart
    where every first guess is right.
    """
    chances = judge(prepare(pictures))[0].softmax(dim=1)
    return float(chances[torch.arange(len(wanted)), torch.tensor(wanted)].mean())


def nearest_colour(picture: Image.Image) -> str:
    """The colour word that is nearest to the mean of the upper corners."""
    pixels = np.asarray(picture, dtype=np.float32)
    corners = np.concatenate(
        [pixels[:CORNER_PX, :CORNER_PX], pixels[:CORNER_PX, -CORNER_PX:]]
    )
    mean = corners.reshape(-1, 3).mean(axis=0)
    return min(
        COLOURS,
        key=lambda name: float(np.abs(np.array(OBJECT_COLOURS[name]) - mean).sum()),
    )


if __name__ == "__main__":
    main()

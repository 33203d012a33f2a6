"""Measure a model folder: `python training/evaluate.py models/easel-mini`.

Writes `NAME.json` and, for each measure, a picture with everything that was judged to
the work folder; `--grids` and `--write-floors` write to the model's. `--real` measures
real scenes in the model's place: the ceiling of every number. `--quick` asks a small
fixed set.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from artists import Artist, ModelArtist, RealArtist
from cases import FULL, QUICK, Case
from config import CONFIG_FILE, load_config
from data.concepts import Concept, load_concepts
from data.painter import Painter
from data.sprites import SpriteLibrary
from floors import declared_subjects, write_floors
from frechet import frechet_distance
from judge import Judge, judge_report, load_judge
from measures import MEASURES, Numbers, all_cases, run_measure
from model_grids import write_grids
from PIL import Image
from sample_grid import paint, tile

LATENCY_PICTURES = 5
REAL_SEED = 9000
DISTANCE_OF = "subjects"
"""The measure whose pictures are compared with real scenes of the same prompts."""

log = logging.getLogger("evaluate")


def main() -> None:
    """Parse the command line, measure, write."""
    options = _parse()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if options.threads:
        torch.set_num_threads(options.threads)
    judge = load_judge()
    concepts = _concepts(judge, options.model, options.subjects)
    folder = options.work / "evaluation"
    folder.mkdir(parents=True, exist_ok=True)
    name = options.name or options.model.name + ("-real" if options.real else "")
    real = _real_artist(options.work, options.config, concepts)
    model = None
    artist: Artist | None = real
    if not options.real:
        model = ModelArtist.from_folder(options.model, options.steps, options.guidance)
        artist = model
        real = real and replace(real, size=model.size)
    if artist is None:
        raise SystemExit("--real needs the art: run `train.py sprites` first")
    report: Numbers = {"judge": judge_report(), "declared_subjects": len(concepts)}
    if model:
        report |= {"steps": model.steps, "guidance": model.guidance, "size": model.size}
    cases = all_cases(concepts, QUICK if options.quick else FULL)
    for measure in options.only or MEASURES:
        started = time.monotonic()
        numbers, pictures = run_measure(measure, judge, artist, cases[measure])
        seconds = (time.monotonic() - started) / max(1, len(pictures))
        numbers["seconds_per_picture_in_batches"] = round(seconds, 3)
        if measure == DISTANCE_OF and real:
            numbers |= distances(judge, cases[measure], pictures, real)
        report[measure] = numbers
        if pictures:
            tile(pictures, columns=16).save(
                folder / f"{name}-{measure}.webp", quality=85
            )
        log.info("%s %s", measure, json.dumps(_brief(numbers)))
    if model and not options.quick:
        report["latency"] = latency(model)
    if model and options.grids:
        write_grids(model, concepts, options.model / "grids")
    text = json.dumps(report, indent=2) + "\n"
    (folder / f"{name}.json").write_text(text, encoding="utf-8")
    if model and options.write_floors:
        write_floors(options.model, judge, model, concepts)


def distances(
    judge: Judge,
    cases: Sequence[Case],
    pictures: Sequence[Image.Image],
    real: RealArtist,
) -> Numbers:
    """Frechet distances to real scenes of the same prompts; that between two sets of
    real ones is what a perfect model would get.
    """
    first, second = (
        judge.judge(real.paint(cases, REAL_SEED + offset)).features
        for offset in (0, len(cases))
    )
    painted = judge.judge(pictures).features
    return {
        "frechet_distance": round(frechet_distance(painted, first), 3),
        "frechet_distance_between_real_ones": round(frechet_distance(first, second), 3),
    }


def latency(model: ModelArtist) -> Numbers:
    """Time of one picture alone, with the machine's load at that moment."""
    seconds = []
    for _ in range(LATENCY_PICTURES + 1):
        started = time.monotonic()
        paint(model.pipeline, ["a cat"], model.steps, model.guidance, model.size)
        seconds.append(time.monotonic() - started)
    return {
        "median_seconds_alone": round(float(np.median(seconds[1:])), 3),
        "fastest_seconds_alone": round(min(seconds[1:]), 3),
        "threads": torch.get_num_threads(),
        "load_average": os.getloadavg()[0],
    }


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--config", type=Path, default=CONFIG_FILE)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / "work")
    parser.add_argument("--name", help="of the files to write; the folder's by default")
    parser.add_argument(
        "--subjects", type=Path, help="names, one a line, instead of the declared ones"
    )
    parser.add_argument("--steps", type=int, help="the model's default if not given")
    parser.add_argument("--guidance", type=float, help="likewise")
    parser.add_argument("--real", action="store_true", help="measure real scenes")
    parser.add_argument("--quick", action="store_true", help="a small fixed set")
    parser.add_argument("--only", nargs="+", choices=list(MEASURES), metavar="MEASURE")
    parser.add_argument(
        "--grids", action="store_true", help="the grids of the model card"
    )
    parser.add_argument(
        "--write-floors", action="store_true", help="what the shipped weights must keep"
    )
    parser.add_argument("--threads", type=int, default=0)
    return parser.parse_args()


def _concepts(judge: Judge, model: Path, listed: Path | None) -> list[Concept]:
    """What is listed or what the model declares, in the list's order; all that the
    judge knows where there is neither.
    """
    names = set(declared_subjects(model) or judge.concepts)
    if listed:
        names = set(listed.read_text(encoding="utf-8").splitlines())
    if unknown := names - set(judge.concepts):
        raise SystemExit(f"the judge does not know {sorted(unknown)}")
    return [concept for concept in load_concepts() if concept.name in names]


def _real_artist(
    work: Path, config: Path, concepts: Sequence[Concept]
) -> RealArtist | None:
    """None where the art is not prepared."""
    if not (work / "sprites").exists():
        return None
    sprites = SpriteLibrary.from_folder(work / "sprites", concepts)
    return RealArtist(Painter(sprites, load_config(config).data.looseness))


def _brief(numbers: Numbers) -> Numbers:
    return {
        key: value for key, value in numbers.items() if isinstance(value, int | float)
    }


if __name__ == "__main__":
    main()

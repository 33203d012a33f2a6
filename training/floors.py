"""What the shipped weights must keep: `floors.json` in a model folder.

The evaluation writes it; a test paints the same small set again and fails when a share
has fallen below its floor.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from artists import Artist, ModelArtist
from cases import FLOOR
from data.concepts import Concept, load_concepts
from judge import Judge
from measures import all_cases, run_measure

FLOORS_FILE = "floors.json"
STEPS = 8
MARGIN = 0.1
"""Below what was measured: rounding differs between processors, and a picture or two
may tip over. A broken model loses far more.
"""
GUARDED = {
    "subjects": ("top1", "top5", "mean_probability", "background_colour"),
    "places": ("place", "subject_top1"),
    "colours": ("colour",),
}


@dataclass(frozen=True)
class Floors:
    """The file.

    Args:
        subjects: the names of what the model declares that it can paint.
        steps: of the painting that is measured.
        floors: "measure.number" to the least that is accepted.
        measured: the same numbers when the floors were written.
    """

    subjects: tuple[str, ...]
    steps: int
    floors: dict[str, float]
    measured: dict[str, float]


def read_floors(model: Path) -> Floors:
    """Of a model folder; FileNotFoundError where it has none."""
    table = json.loads((model / FLOORS_FILE).read_text(encoding="utf-8"))
    return Floors(**{**table, "subjects": tuple(table["subjects"])})


def declared_subjects(model: Path) -> tuple[str, ...]:
    """What a model folder says it can paint; nothing where it does not say."""
    return read_floors(model).subjects if (model / FLOORS_FILE).exists() else ()


def write_floors(
    model: Path, judge: Judge, artist: ModelArtist, concepts: Sequence[Concept]
) -> Floors:
    """Paint the small set, and let every number fall by no more than `MARGIN`."""
    measured = measure_floor_set(judge, replace(artist, steps=STEPS), concepts)
    floors = Floors(
        tuple(concept.name for concept in concepts),
        STEPS,
        {name: round(max(0.0, value - MARGIN), 4) for name, value in measured.items()},
        measured,
    )
    text = json.dumps(asdict(floors), indent=2) + "\n"
    (model / FLOORS_FILE).write_text(text, encoding="utf-8")
    return floors


def measure_floor_set(
    judge: Judge, artist: Artist, concepts: Sequence[Concept]
) -> dict[str, float]:
    """The guarded numbers by "measure.number"."""
    cases = all_cases(concepts, FLOOR)
    measured: dict[str, float] = {}
    for measure, names in GUARDED.items():
        numbers, _ = run_measure(measure, judge, artist, cases[measure])
        for name in names:
            value = numbers[name]
            assert isinstance(value, float)  # every guarded measure has prompts
            measured[f"{measure}.{name}"] = value
    return measured


def concepts_named(names: Sequence[str]) -> list[Concept]:
    """In the order of the list of concepts."""
    return [concept for concept in load_concepts() if concept.name in set(names)]

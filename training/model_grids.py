"""Grids of unpicked pictures for the model card: first seed, nothing left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from artists import ModelArtist
from cases import GRID_CASES, composed_cases, free_form_prompts, seen_cases, word_cases
from data.concepts import Concept
from sample_grid import COLUMNS, PROMPTS, tile

WEBP_QUALITY = 82


def grid_prompts(concepts: Sequence[Concept]) -> dict[str, list[str]]:
    """What each grid asks for, row by row."""
    cases = {
        "seen": seen_cases(concepts),
        "synonym": word_cases(concepts, GRID_CASES),
        "composed": composed_cases(concepts),
    }
    prompts = {name: [case.prompt for case in row] for name, row in cases.items()}
    return {**prompts, "free-form": free_form_prompts(), "samples": list(PROMPTS)}


def write_grids(model: ModelArtist, concepts: Sequence[Concept], folder: Path) -> None:
    """`KIND.webp` with its prompts beside it in `KIND.txt`."""
    folder.mkdir(exist_ok=True)
    for kind, prompts in grid_prompts(concepts).items():
        pictures = model.paint_prompts(prompts, first_seed=0)
        grid = tile(pictures, COLUMNS)
        grid.save(folder / f"{kind}.webp", quality=WEBP_QUALITY)
        text = "".join(f"{prompt}\n" for prompt in prompts)
        (folder / f"{kind}.txt").write_text(text, encoding="utf-8")

"""Grids of 64 unpicked pictures for the model card: first seed, nothing left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from artists import ModelArtist
from cases import GRID_CASES, composed_cases, free_form_prompts, seen_cases, word_cases
from data.concepts import Concept
from sample_grid import COLUMNS, tile

WEBP_QUALITY = 82


def grid_prompts(concepts: Sequence[Concept]) -> dict[str, list[str]]:
    """What each grid asks for, row by row."""
    cases = {
        "seen": seen_cases(concepts),
        "synonym": word_cases(concepts, GRID_CASES),
        "composed": composed_cases(concepts),
    }
    prompts = {name: [case.prompt for case in row] for name, row in cases.items()}
    return {**prompts, "free-form": free_form_prompts()}


def write_grids(
    model: ModelArtist, concepts: Sequence[Concept], folder: Path, name: str
) -> None:
    """`NAME-grid-KIND.webp` with its prompts beside it in `NAME-grid-KIND.txt`."""
    for kind, prompts in grid_prompts(concepts).items():
        target = folder / f"{name}-grid-{kind}"
        pictures = model.paint_prompts(prompts, first_seed=0)
        tile(pictures, COLUMNS).save(target.with_suffix(".webp"), quality=WEBP_QUALITY)
        text = "".join(f"{prompt}\n" for prompt in prompts)
        target.with_suffix(".txt").write_text(text, encoding="utf-8")

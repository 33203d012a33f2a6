"""The shipped weights still paint what they painted when their floors were written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from artists import ModelArtist
from floors import concepts_named, measure_floor_set, read_floors
from judge import load_judge

MODELS = sorted(
    path.parent for path in (Path(__file__).parents[2] / "models").glob("*/floors.json")
)

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"  # diffusers 0.42 with numpy 2
)


def test_there_are_floors() -> None:
    assert MODELS


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_number_stays_above_its_floor(model: Path) -> None:
    floors = read_floors(model)
    artist = replace(ModelArtist.from_folder(model), steps=floors.steps)
    measured = measure_floor_set(load_judge(), artist, concepts_named(floors.subjects))
    assert floors.floors.keys() == measured.keys()
    fallen = {
        name: (measured[name], floor)
        for name, floor in floors.floors.items()
        if measured[name] < floor
    }
    assert not fallen

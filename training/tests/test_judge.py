"""The judge's examples tell the truth; ruins lose the shape; its file comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from cases import Case
from data.concepts import Concept
from data.scenes import PLACES, Scene, Subject
from data.sprites import SpriteLibrary
from frechet import frechet_distance
from judge import JUDGE_FILE, SIDE, Judge, judge_report, load_judge, save_judge
from judge_scenes import STORED_SIDE, UNKNOWN, join_examples, paint_examples, pair_boxes
from judge_views import make_views, resampled, ruin
from measures import pairs, subjects
from PIL import Image
from train_judge import report, train


@pytest.fixture
def few(concepts: list[Concept]) -> list[Concept]:
    return concepts[:4]


def test_examples_are_balanced_and_tell_what_they_show(
    few: list[Concept], sprites: SpriteLibrary
) -> None:
    examples = paint_examples(200, few, sprites, seed=0)
    assert examples.pictures.shape == (200, STORED_SIDE, STORED_SIDE, 3)
    named = torch.bincount(examples.subjects[examples.subjects >= 0], minlength=5)
    assert named[:4].min() > 0.6 * named[:4].max()
    assert 0 < named[4] < 30
    assert set(examples.places.tolist()) <= {UNKNOWN, *range(len(PLACES) + 1)}
    joined = join_examples([examples, examples])
    assert len(joined.pictures) == len(joined.styles) == 400


def test_views_keep_a_shape_that_ruins_lose() -> None:
    torch.manual_seed(0)
    stripes = torch.zeros(40, STORED_SIDE, STORED_SIDE, 3, dtype=torch.uint8)
    stripes[:, :, ::10] = stripes[:, :, 1::10] = stripes[:, :, 2::10] = 255
    views = make_views(stripes)
    assert views.shape == (40, 3, SIDE, SIDE)
    assert views.abs().max() <= 1
    ruins = ruin(views.clone())
    assert ruins.shape == views.shape
    steps = [images.diff(dim=3).abs().mean() for images in (views[:16], ruins[:16])]
    assert steps[1] < 0.6 * steps[0]


def test_block_means_keep_the_mean() -> None:
    pictures = torch.rand(2, 3, SIDE, SIDE)
    blocks = resampled(pictures, 8, smooth=False)
    assert torch.allclose(blocks.mean((2, 3)), pictures.mean((2, 3)), atol=1e-4)
    assert torch.equal(blocks[:, :, :8, :8], blocks[:, :, :1, :1].expand(2, 3, 8, 8))


def test_a_trained_judge_is_saved_and_loaded(
    few: list[Concept], sprites: SpriteLibrary, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    judge = Judge([concept.name for concept in few])
    examples = paint_examples(40, few, sprites, seed=0)
    assert train(judge, examples, samples=1) == 96
    facts = report(judge, examples)
    assert {"subject", "style", "means_of_16_px_named"} <= set(facts)
    save_judge(judge, tmp_path / "judge.safetensors", facts)
    again = load_judge(tmp_path / "judge.safetensors")
    assert again.concepts == judge.concepts
    assert judge_report(tmp_path / "judge.safetensors") == facts
    picture = Image.new("RGB", (256, 256), (200, 30, 30))
    was, now = (j.judge([picture]).subjects for j in (judge.eval(), again))
    assert torch.allclose(was, now, atol=0.02)


def test_pairs_are_asked_on_the_side_where_they_belong(few: list[Concept]) -> None:
    left, right = pair_boxes((256, 256), "left of", in_place=False)
    assert pair_boxes((256, 256), "right of", in_place=False) == [right, left]
    above, below = pair_boxes((256, 256), "above", in_place=False)
    assert left[0] == 0
    assert right[2] == 256
    assert above[1] < below[1]

    judge = _Colours(few)
    scene = Scene(
        "pair", "3d", False, (Subject(few[0]), Subject(few[1])), "white",
        relation="left of",
    )  # fmt: skip
    case = Case("", scene)
    picture = Image.new("RGB", (256, 256), (255, 0, 0))
    picture.paste((0, 255, 0), (128, 0, 256, 256))
    assert pairs(judge, [case], [picture])["both"] == 1
    mirrored = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    swapped = pairs(judge, [case], [mirrored])
    assert swapped["both"] == 0
    assert swapped["both_whatever_the_side"] == 1


def test_subjects_are_counted_by_name(few: list[Concept]) -> None:
    judge = _Colours(few)
    cases = [
        Case("", Scene("plain", "3d", False, (Subject(concept),), "red"))
        for concept in few[:2]
    ]
    red = Image.new("RGB", (64, 64), (255, 0, 0))
    numbers = subjects(judge, cases, [red, red])
    assert numbers["top1"] == 0.5
    assert numbers["background_colour"] == 1
    assert numbers["worst"] == {few[1].name: 0.0}


def test_distance_is_nothing_to_itself_and_grows_with_a_shift() -> None:
    torch.manual_seed(0)
    features = torch.randn(200, 16)
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(features, features + 1) == pytest.approx(16, rel=1e-6)
    assert frechet_distance(features, 3 * features) > 30


def test_the_shipped_judge_knows_the_shipped_list(concepts: list[Concept]) -> None:
    judge = load_judge()
    assert set(judge.concepts) <= {concept.name for concept in concepts}
    assert JUDGE_FILE.stat().st_size < 3_000_000


class _Colours(Judge):
    """Takes red for the first concept, green for the second."""

    def __init__(self, concepts: list[Concept]) -> None:
        super().__init__([concept.name for concept in concepts])

    def forward(
        self, pictures: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        means = pictures.mean((2, 3))
        scores = torch.zeros(len(pictures), len(self.concepts) + 1)
        scores[:, :2] = 10 * means[:, :2]
        places = torch.zeros(len(pictures), len(PLACES) + 1)
        return scores, places, means, means

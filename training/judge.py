"""A small classifier of real scenes: it names what a painted picture shows.

Its weights ship as `judge.safetensors`, so that asking it needs none of the art;
`train_judge.py` makes them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import torch
from data.scenes import PLACES, STYLES
from pictures import to_tensor
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

JUDGE_FILE = Path(__file__).with_name("judge.safetensors")
SIDE = 64
"""Width and height of the pictures that the judge sees."""
WIDTHS = (32, 48, 96, 224)
FEATURES = 256
CHUNK = 64
"""Pictures judged at a time."""


@dataclass(frozen=True)
class Verdict:
    """What the judge says about pictures, by row.

    Args:
        subjects: (pictures, concepts + 1) probabilities; the last is "no subject that
            could be recognised".
        places: (pictures, places + 1) probabilities; the last is "a plain ground".
        styles: (pictures, styles) probabilities.
        features: (pictures, FEATURES), for distances between sets of pictures.
    """

    subjects: Tensor
    places: Tensor
    styles: Tensor
    features: Tensor


class Judge(nn.Module):
    """Names the subject, the place and the style of a picture."""

    def __init__(self, concepts: Sequence[str]) -> None:
        super().__init__()
        self.concepts = tuple(concepts)
        layers: list[nn.Module] = [_convolution(3, WIDTHS[0], stride=2)]
        for before, width in pairwise(WIDTHS):
            layers += [_convolution(before, width, stride=2), _Residual(width)]
        self.body = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.neck = nn.Sequential(
            nn.Linear(4 * WIDTHS[-1], FEATURES), nn.BatchNorm1d(FEATURES), nn.ReLU()
        )
        self.drop = nn.Dropout(0.2)
        self.subject = nn.Linear(FEATURES, len(self.concepts) + 1)
        self.place = nn.Linear(FEATURES, len(PLACES) + 1)
        self.style = nn.Linear(FEATURES, len(STYLES))

    @property
    def nothing(self) -> int:
        """The index of "no subject that could be recognised"."""
        return len(self.concepts)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(count, 3, SIDE, SIDE) to the scores of (subjects, places, styles) and the
        features.
        """
        features = self.neck(self.body(pictures))
        kept = self.drop(features)
        return self.subject(kept), self.place(kept), self.style(kept), features

    @torch.no_grad()
    def judge(self, pictures: Sequence[Image.Image]) -> Verdict:
        """Look at pictures of any shape."""
        parts = [
            self(prepare(pictures[start : start + CHUNK]))
            for start in range(0, len(pictures), CHUNK)
        ]
        subjects, places, styles, features = (
            torch.cat(column) for column in zip(*parts, strict=True)
        )
        return Verdict(
            subjects.softmax(1), places.softmax(1), styles.softmax(1), features
        )


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner = _convolution(width, width, stride=1)

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = self.inner(x)
        return x + changed


def _convolution(before: int, after: int, stride: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(),
    )


def prepare(pictures: Sequence[Image.Image]) -> Tensor:
    """Pictures of any shape as the judge's input."""
    small = [picture.resize((SIDE, SIDE), Image.Resampling.BOX) for picture in pictures]
    return torch.stack([to_tensor(picture) for picture in small])


def save_judge(judge: Judge, path: Path, report: dict[str, object]) -> None:
    """Write the weights in half precision, with the concepts and `report`."""
    weights = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in judge.state_dict().items()
    }
    facts = {"concepts": json.dumps(judge.concepts), "report": json.dumps(report)}
    save_file(weights, path, metadata=facts)


def load_judge(path: Path = JUDGE_FILE) -> Judge:
    """The judge that `path` holds, ready to ask."""
    with safe_open(path, framework="pt") as file:
        judge = Judge(json.loads(file.metadata()["concepts"]))
    judge.load_state_dict(load_file(path))
    return judge.eval()


def judge_report(path: Path = JUDGE_FILE) -> dict[str, object]:
    """What was measured on real scenes when the judge was trained."""
    with safe_open(path, framework="pt") as file:
        report: dict[str, object] = json.loads(file.metadata()["report"])
    return report

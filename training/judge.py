"""A small classifier trained on real scenes, to say what a painted picture shows."""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from data.concepts import Concept
from data.painter import Looseness, Painter
from data.scenes import PLACES, SceneMix, plan_scene
from data.sprites import SpriteLibrary
from pictures import to_tensor
from PIL import Image
from torch import Tensor, nn

SIDE = 64
WIDTHS = (32, 64, 128, 192)
MIX = SceneMix({"plain": 0.5, "white": 0.2, "place": 0.3}, 0.25, 0.0, 0.1, 0.05)
LOOSENESS = Looseness(position=0.06, scale=0.15, flip=0.3)
BATCH = 64
LEARNING_RATE = 2e-3
MAX_BLUR = 3

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class JudgeTraining:
    """How much the judge studies."""

    scenes: int = 6144
    unseen_scenes: int = 1024
    epochs: int = 8


class Judge(nn.Module):
    """Says which concept a picture shows, and in which place (last class: none)."""

    def __init__(self, concepts: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for width in WIDTHS:
            layers += [
                nn.Conv2d(before, width, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            ]
            before = width
        self.features = nn.Sequential(
            *layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.2)
        )
        self.concept = nn.Linear(before * 4, concepts)
        self.place = nn.Linear(before * 4, len(PLACES) + 1)
        self.accuracy = 0.0

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Scores for (concepts, places)."""
        features = self.features(pictures)
        return self.concept(features), self.place(features)


def prepare(pictures: Sequence[Image.Image]) -> Tensor:
    """Pictures of any shape as the judge's input."""
    small = [picture.resize((SIDE, SIDE), Image.Resampling.BOX) for picture in pictures]
    return torch.stack([to_tensor(picture) for picture in small])


def load_or_train(
    work: Path, concepts: list[Concept], training: JudgeTraining
) -> Judge:
    """The judge for these concepts, trained on the first call."""
    judge = Judge(len(concepts))
    path = work / f"judge-{len(concepts)}.pt"
    if not path.exists():
        sprites = SpriteLibrary.from_folder(work / "sprites", concepts)
        accuracy = train_judge(judge, Painter(sprites, LOOSENESS), concepts, training)
        torch.save({"weights": judge.state_dict(), "accuracy": accuracy}, path)
    state = torch.load(path, weights_only=True)
    judge.load_state_dict(state["weights"])
    log.info("judge: %.3f right on unseen real scenes", state["accuracy"])
    judge.accuracy = state["accuracy"]
    return judge.eval()


def train_judge(
    judge: Judge, painter: Painter, concepts: list[Concept], training: JudgeTraining
) -> float:
    """Train in place; returns the share of unseen scenes whose concept it names."""
    rng = random.Random("judge")
    pictures, subjects, places = _scenes(training.scenes, painter, concepts, rng)
    steps = training.epochs * (len(pictures) // BATCH)
    optimiser = torch.optim.AdamW(judge.parameters(), LEARNING_RATE, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, 2 * LEARNING_RATE, total_steps=steps
    )
    judge.train()
    for _ in range(steps):
        chosen = torch.randint(0, len(pictures), (BATCH,))
        concept, place = judge(_softened(pictures[chosen]))
        loss = nn.functional.cross_entropy(
            concept, subjects[chosen], label_smoothing=0.05
        )
        loss = loss + nn.functional.cross_entropy(
            place, places[chosen], label_smoothing=0.05
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    judge.eval()
    pictures, subjects, _ = _scenes(training.unseen_scenes, painter, concepts, rng)
    with torch.no_grad():
        return float((judge(pictures)[0].argmax(1) == subjects).float().mean())


def _scenes(
    count: int, painter: Painter, concepts: list[Concept], rng: random.Random
) -> tuple[Tensor, Tensor, Tensor]:
    """(pictures, index of the concept, index of the place)."""
    pictures, subjects, places = [], [], []
    for _ in range(count):
        scene = plan_scene(rng, concepts, MIX)
        pictures.append(painter.paint(scene, (128, 128), rng))
        subjects.append(concepts.index(scene.subjects[0].concept))
        places.append(PLACES.index(scene.place) if scene.place else len(PLACES))
    return prepare(pictures), torch.tensor(subjects), torch.tensor(places)


def _softened(pictures: Tensor) -> Tensor:
    """Blur and noise, so that a soft decoder is not punished for its softness."""
    reach = random.randint(0, MAX_BLUR) // 2
    if reach:
        pictures = nn.functional.avg_pool2d(
            pictures, 2 * reach + 1, 1, reach, count_include_pad=False
        )
    return pictures + 0.05 * torch.randn_like(pictures)

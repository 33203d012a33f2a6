"""Who makes the pictures that are evaluated: a model, or the painter of the truth."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from cases import Case
from data.painter import Painter
from PIL import Image
from sample_grid import paint
from stock import AutoPipelineForText2Image, StableDiffusionPipeline

MODEL_FACTS_FILE = "easel.json"


class Artist(Protocol):
    """Makes one picture per case; the i-th from seed `first_seed + i`."""

    def paint(self, cases: Sequence[Case], first_seed: int) -> list[Image.Image]:
        """Pictures in the order of the cases."""
        ...


@dataclass(frozen=True)
class RealArtist:
    """Real scenes, whatever the prompt says: what a perfect model would paint."""

    painter: Painter
    size: tuple[int, int] = (256, 256)

    def paint(self, cases: Sequence[Case], first_seed: int) -> list[Image.Image]:
        """Paint the scenes themselves."""
        return [
            self.painter.paint(case.scene, self.size, random.Random(first_seed + index))
            for index, case in enumerate(cases)
        ]


@dataclass(frozen=True)
class ModelArtist:
    """A model folder behind the stock pipeline."""

    pipeline: StableDiffusionPipeline
    steps: int
    guidance: float
    size: tuple[int, int]
    batch: int = 12

    @classmethod
    def from_folder(
        cls,
        folder: Path,
        steps: int | None = None,
        guidance: float | None = None,
    ) -> ModelArtist:
        """Size, steps and guidance are the model's own where none are given."""
        facts = json.loads((folder / MODEL_FACTS_FILE).read_text(encoding="utf-8"))
        pipeline = AutoPipelineForText2Image.from_pretrained(
            folder, dtype=torch.float32
        )
        pipeline.set_progress_bar_config(disable=True)
        return cls(
            pipeline,
            steps or facts["default_num_inference_steps"],
            facts["default_guidance_scale"] if guidance is None else guidance,
            (facts["default_width"], facts["default_height"]),
        )

    def paint(self, cases: Sequence[Case], first_seed: int) -> list[Image.Image]:
        """Paint the prompts."""
        prompts = [case.prompt for case in cases]
        return self.paint_prompts(prompts, first_seed)

    def paint_prompts(
        self, prompts: Sequence[str], first_seed: int
    ) -> list[Image.Image]:
        """The same without a truth."""
        return paint(
            self.pipeline,
            prompts,
            self.steps,
            self.guidance,
            self.size,
            first_seed,
            self.batch,
        )

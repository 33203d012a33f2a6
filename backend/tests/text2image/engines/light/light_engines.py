"""The light engine of a folder, and its stock pipeline to compare with."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoPipelineForText2Image

from easel.text2image.engines import LoadOptions, load_engine
from easel.text2image.engines.base import SampleSpec
from easel.text2image.engines.light.engine import LightEngine
from tests.text2image.engines.driven_engine import Painted, Painting

OPTIONS = LoadOptions(device="auto", dtype="auto", runtime="onnx")


def light_engine(model: Path | str) -> LightEngine:
    engine = load_engine(str(model), OPTIONS, lambda _: None)
    assert isinstance(engine, LightEngine)
    return engine


def stock_pipeline(folder: Path) -> Any:
    """In float32: the weights are stored half as wide."""
    pipeline: Any = AutoPipelineForText2Image.from_pretrained(
        str(folder), dtype=torch.float32
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def paint(
    engine: LightEngine, specs: Sequence[SampleSpec], **driving: Any
) -> dict[str, Painted]:
    driven: Any = engine
    return Painting(driven, **driving)(specs)

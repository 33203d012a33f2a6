"""The same prompts with the same seeds, painted now and then to watch a training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from noise import sampler
from PIL import Image
from stock import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from text_encoder import TextEncoder

PROMPTS = (
    "a cat on a blue background",
    "a red apple on white",
    "a dog on the beach",
    "a penguin in the snow",
    "a rocket in space",
    "a green car in the city",
    "a purple elephant on a yellow background",
    "a panda",
    "a strawberry on a mint background",
    "a burger on a yellow background",
    "a sailboat at sunset by the sea",
    "flat icon, a fox in a forest",
    "a fish underwater",
    "a cat next to an apple on a light blue background",
    "two hearts on a pink background",
    "a sunflower in a meadow",
    "a robot in a room",
    "a small frog on orange",
    "a snowman in the mountains",
    "a lion on a green background",
    "a donut on a pink background",
    "a train in the desert",
    "a bear at night",
    "a star on a purple background",
)
COLUMNS = 8


def stock_pipeline(
    unet: UNet2DConditionModel, vae: AutoencoderKL, encoder: TextEncoder
) -> StableDiffusionPipeline:
    """The parts as diffusers' own pipeline."""
    encoder.model.config.use_attention_mask = (
        True  # otherwise the pipeline drops the mask
    )
    pipeline = StableDiffusionPipeline(
        vae=vae,
        text_encoder=encoder.model,
        tokenizer=encoder.tokenizer,
        unet=unet,
        scheduler=sampler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def paint(
    pipeline: StableDiffusionPipeline,
    prompts: Sequence[str],
    steps: int = 16,
    guidance: float = 4.0,
    size: tuple[int, int] = (256, 256),
    first_seed: int = 0,
    batch: int = 12,
) -> list[Image.Image]:
    """One picture per prompt; the i-th has seed `first_seed + i` whatever the batch."""
    pictures: list[Image.Image] = []
    for start in range(0, len(prompts), batch):
        chunk = list(prompts[start : start + batch])
        seeds = range(first_seed + start, first_seed + start + len(chunk))
        answer = pipeline(
            chunk,
            width=size[0],
            height=size[1],
            num_inference_steps=steps,
            guidance_scale=guidance,
            generator=[torch.Generator().manual_seed(seed) for seed in seeds],
        )
        pictures += answer.images
    return pictures


def tile(pictures: Sequence[Image.Image], columns: int = COLUMNS) -> Image.Image:
    """Pictures of one size, row by row."""
    width, height = pictures[0].size
    grid = Image.new("RGB", (width * columns, height * -(-len(pictures) // columns)))
    for index, picture in enumerate(pictures):
        grid.paste(picture, (index % columns * width, index // columns * height))
    return grid


def save_grid(
    pipeline: StableDiffusionPipeline, path: Path, size: tuple[int, int]
) -> None:
    """Paint `PROMPTS` and write them as one picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tile(paint(pipeline, PROMPTS, size=size)).save(path)

"""Endless batches of freshly painted scenes, made by worker processes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from config import DataConfig
from data.painter import Painter
from data.scenes import plan_scene
from data.sprites import SpriteLibrary
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info


def to_tensor(picture: Image.Image) -> Tensor:
    """(3, height, width) from -1 to 1."""
    pixels = torch.from_numpy(np.asarray(picture, dtype=np.uint8).copy())
    return pixels.permute(2, 0, 1).float() / 127.5 - 1


def to_picture(image: Tensor) -> Image.Image:
    """The inverse of `to_tensor`, clipped."""
    pixels = ((image.detach().float().clamp(-1, 1) + 1) * 127.5).round().byte()
    return Image.fromarray(pixels.permute(1, 2, 0).cpu().numpy(), "RGB")


WHOLE_SHARE = 0.4


class Crops(IterableDataset[Tensor]):
    """Squares for the autoencoder: crops of scenes of every shape, and whole scenes of
    the crop's size. Each worker has its own seed.
    """

    def __init__(
        self, painter: Painter, data: DataConfig, crop: int, seed: int
    ) -> None:
        self._painter, self._data = painter, data
        self._mixes = [pool.mix for pool in data.pools.values()]
        self._crop, self._seed = crop, seed

    def __iter__(self) -> Iterator[Tensor]:
        worker = get_worker_info()
        rng = random.Random(f"{self._seed}/{worker.id if worker else 0}")
        shares = [bucket.share for bucket in self._data.buckets]
        while True:
            bucket = rng.choices(self._data.buckets, shares)[0]
            size = (bucket.width, bucket.height)
            if rng.random() < WHOLE_SHARE:
                size = (self._crop, self._crop)
            scene = plan_scene(rng, self._data.concepts, rng.choice(self._mixes))
            picture = self._painter.paint(scene, size, rng)
            left = rng.randint(0, size[0] - self._crop)
            top = rng.randint(0, size[1] - self._crop)
            yield to_tensor(
                picture.crop((left, top, left + self._crop, top + self._crop))
            )


def crop_batches(
    work: Path, data: DataConfig, crop: int, batch: int, seed: int, workers: int
) -> Iterator[Tensor]:
    """Endless (batch, 3, crop, crop) tensors."""
    painter = Painter(
        SpriteLibrary.from_folder(work / "sprites", data.concepts), data.looseness
    )
    crops = Crops(painter, data, crop, seed)
    return iter(DataLoader(crops, batch_size=batch, num_workers=workers))

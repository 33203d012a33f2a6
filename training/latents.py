"""Scenes as the denoiser sees them: encoded pictures with captions, in small files.

A file holds scenes of one pool and one shape. What is in it depends on its name alone,
so files can be made in any order, by several processes, and again after a crash. The
trainer picks up new files while it runs.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from autoencoder import encode
from config import Bucket, DataConfig
from data.captions import caption
from data.painter import Painter
from data.scenes import plan_scene
from pictures import to_tensor
from safetensors.torch import load_file, save_file
from stock import AutoencoderKL
from text_encoder import TextEncoder
from torch import Tensor

ENCODE_BATCH = 32


@dataclass(frozen=True)
class Shard:
    """One file of scenes."""

    pool: str
    bucket: Bucket
    index: int

    @property
    def name(self) -> str:
        """`easy-128x128-003`: also the seed."""
        return f"{self.pool}-{self.bucket.name}-{self.index:03d}"


def plan_shards(data: DataConfig) -> list[Shard]:
    """Every file to make: pool by pool, all shapes advancing together."""
    shards = []
    for name, pool in data.pools.items():
        due = []
        for bucket in data.buckets_of(name):
            count = max(1, round(pool.scenes * bucket.share / data.shard_scenes))
            due += [
                (index / count, Shard(name, bucket, index)) for index in range(count)
            ]
        shards += [shard for _, shard in sorted(due, key=lambda entry: entry[0])]
    return shards


def write_shard(
    shard: Shard,
    data: DataConfig,
    painter: Painter,
    model: AutoencoderKL,
    folder: Path,
) -> None:
    """Paint, caption and encode; does nothing when the file is there."""
    path = folder / f"{shard.name}.safetensors"
    if path.exists():
        return
    rng = random.Random(shard.name)
    mix = data.pools[shard.pool].mix
    captions, latents = [], []
    for _ in range(0, data.shard_scenes, ENCODE_BATCH):
        pictures = []
        for _ in range(ENCODE_BATCH):
            scene = plan_scene(rng, data.concepts, mix)
            captions.append(caption(scene, rng))
            size = (shard.bucket.width, shard.bucket.height)
            pictures.append(to_tensor(painter.paint(scene, size, rng)))
        latents.append(_encode(model, torch.stack(pictures)))
    temporary = path.with_suffix(".tmp")
    folder.mkdir(parents=True, exist_ok=True)
    save_file(
        {"latents": torch.cat(latents)}, temporary, {"captions": json.dumps(captions)}
    )
    os.replace(temporary, path)


@torch.no_grad()
def _encode(model: AutoencoderKL, pictures: Tensor) -> Tensor:
    device = model.device
    with torch.autocast(device.type, torch.bfloat16):
        batch = pictures.to(device, memory_format=torch.channels_last)
        latents = encode(model, batch)
    return latents.half().cpu().contiguous()


class LatentStore:
    """The scenes of some pools made so far, captions encoded, kept on the training
    device.
    """

    def __init__(
        self,
        data: DataConfig,
        pools: Collection[str],
        folder: Path,
        encoder: TextEncoder,
        device: torch.device,
    ) -> None:
        self._missing = [shard for shard in plan_shards(data) if shard.pool in pools]
        self._data, self._folder = data, folder
        self._encoder, self._device = encoder, device
        self._parts: dict[tuple[str, str], tuple[Tensor, Tensor]] = {}
        self.refresh()

    @property
    def scenes(self) -> int:
        """How many scenes are loaded."""
        return sum(len(latents) for latents, _ in self._parts.values())

    def refresh(self) -> None:
        """Load the files that have appeared since the last time."""
        for shard in [shard for shard in self._missing if self._path(shard).exists()]:
            self._missing.remove(shard)
            self._load(shard)

    def batch(self, pools: Mapping[str, float], size: int) -> tuple[Tensor, Tensor]:
        """(latents, token states) of random scenes of one shape, from one of `pools`,
        which are weighed by how many of their scenes there are already.
        """
        made = {pool: self._made(pool) for pool in pools}
        pool = random.choices(
            list(pools), [made[pool] * weight for pool, weight in pools.items()]
        )[0]
        parts = [
            (bucket.share, self._parts[pool, bucket.name])
            for bucket in self._data.buckets_of(pool)
            if (pool, bucket.name) in self._parts
        ]
        latents, states = random.choices(
            [part for _, part in parts], [share for share, _ in parts]
        )[0]
        chosen = torch.randint(0, len(latents), (size,), device=self._device)
        return latents[chosen].float(), states[chosen].float()

    def _made(self, pool: str) -> float:
        """The share of a pool's scenes that is loaded."""
        loaded = sum(
            len(part[0]) for (name, _), part in self._parts.items() if name == pool
        )
        return min(1.0, loaded / self._data.pools[pool].scenes)

    def _load(self, shard: Shard) -> None:
        latents, states = self._read(shard)
        key = (shard.pool, shard.bucket.name)
        if key in self._parts:
            before = self._parts[key]
            latents, states = (
                torch.cat([before[0], latents]),
                torch.cat([before[1], states]),
            )
        self._parts[key] = (latents, states)

    def _read(self, shard: Shard) -> tuple[Tensor, Tensor]:
        latents = load_file(self._path(shard))["latents"].to(self._device)
        return latents, self._encoder.encode(read_captions(self._path(shard)))

    def _path(self, shard: Shard) -> Path:
        return self._folder / f"{shard.name}.safetensors"


def read_captions(path: Path) -> list[str]:
    """The captions in a file's header."""
    with path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    captions: list[str] = json.loads(header["__metadata__"]["captions"])
    return captions

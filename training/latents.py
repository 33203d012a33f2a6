"""Scenes as the denoiser sees them: encoded pictures with captions, in small files.

A file holds scenes of one phase and one shape. What is in it depends on its name alone,
so files can be made in any order, by several processes, and again after a crash. The
trainer picks up new files while it runs.
"""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass
from pathlib import Path

import torch
from config import Bucket, DataConfig
from data.captions import caption
from data.painter import Painter
from data.scenes import plan_scene
from pictures import to_tensor
from safetensors.torch import load_file, save_file
from stock import AutoencoderTiny
from text_encoder import TextEncoder
from torch import Tensor

ENCODE_BATCH = 32


@dataclass(frozen=True)
class Shard:
    """One file of scenes."""

    phase: str
    bucket: Bucket
    index: int

    @property
    def name(self) -> str:
        """`easy-128x128-003`: also the seed."""
        return f"{self.phase}-{self.bucket.name}-{self.index:03d}"


def plan_shards(data: DataConfig) -> list[Shard]:
    """Every file to make: phase by phase, all shapes advancing together."""
    shards = []
    for phase, scenes in data.scenes.items():
        due = []
        for bucket in data.buckets:
            count = max(1, round(scenes * bucket.share / data.shard_scenes))
            due += [
                (index / count, Shard(phase, bucket, index)) for index in range(count)
            ]
        shards += [shard for _, shard in sorted(due, key=lambda entry: entry[0])]
    return shards


def write_shard(
    shard: Shard,
    data: DataConfig,
    painter: Painter,
    model: AutoencoderTiny,
    folder: Path,
) -> None:
    """Paint, caption and encode; does nothing when the file is there."""
    path = folder / f"{shard.name}.safetensors"
    if path.exists():
        return
    rng = random.Random(shard.name)
    captions, latents = [], []
    for _ in range(0, data.shard_scenes, ENCODE_BATCH):
        pictures = []
        for _ in range(ENCODE_BATCH):
            scene = plan_scene(rng, data.concepts, data.mixes[shard.phase])
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
def _encode(model: AutoencoderTiny, pictures: Tensor) -> Tensor:
    device = model.device
    with torch.autocast(device.type, torch.bfloat16):
        batch = pictures.to(device, memory_format=torch.channels_last)
        latents: Tensor = model.encode(batch).latents
    return latents.half().cpu().contiguous()


class LatentPool:
    """All scenes made so far, captions encoded, kept on the training device."""

    def __init__(
        self, data: DataConfig, folder: Path, encoder: TextEncoder, device: torch.device
    ) -> None:
        self._missing = plan_shards(data)
        self._buckets, self._folder = data.buckets, folder
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

    def batch(self, phase: str, size: int) -> tuple[Tensor, Tensor]:
        """(latents, token states) of random scenes of one shape."""
        parts = [
            (b.share, self._parts[phase, b.name])
            for b in self._buckets
            if (phase, b.name) in self._parts
        ]
        if not parts:
            return self.batch("easy", size)
        latents, states = random.choices(
            [part for _, part in parts], [share for share, _ in parts]
        )[0]
        chosen = torch.randint(0, len(latents), (size,), device=self._device)
        return latents[chosen].float(), states[chosen].float()

    def _load(self, shard: Shard) -> None:
        latents, states = self._read(shard)
        key = (shard.phase, shard.bucket.name)
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

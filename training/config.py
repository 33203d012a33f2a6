"""The configuration file as typed values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.concepts import Concept, load_concepts
from data.painter import Looseness
from data.scenes import SceneMix

CONFIG_FILE = Path(__file__).with_name("config.toml")


@dataclass(frozen=True)
class Bucket:
    """A picture shape and the share of the pictures that have it."""

    width: int
    height: int
    share: float

    @property
    def name(self) -> str:
        """`320x192`: used in file names."""
        return f"{self.width}x{self.height}"

    def scaled(self, factor: float) -> Bucket:
        """The same shape at another size."""
        return Bucket(
            round(self.width * factor), round(self.height * factor), self.share
        )


@dataclass(frozen=True)
class Pool:
    """Scenes of one kind and size, encoded once and used many times.

    Args:
        scale: of the buckets' width and height.
        scenes: how many.
    """

    scale: float
    scenes: int
    mix: SceneMix


@dataclass(frozen=True)
class DataConfig:
    """What the pictures show and how many are made."""

    concepts: tuple[Concept, ...]
    buckets: tuple[Bucket, ...]
    pools: Mapping[str, Pool]
    shard_scenes: int
    looseness: Looseness

    def buckets_of(self, pool: str) -> tuple[Bucket, ...]:
        """The shapes of a pool's pictures."""
        scale = self.pools[pool].scale
        return tuple(bucket.scaled(scale) for bucket in self.buckets)


@dataclass(frozen=True)
class AutoencoderConfig:
    """Shape and training of the autoencoder; see the comments in `config.toml`."""

    channels: tuple[int, ...]
    latent_channels: int
    crop: int
    batch_size: int
    learning_rate: float
    samples: int
    polish_samples: int
    adversary_share: float
    latent_noise: float


@dataclass(frozen=True)
class Stage:
    """A part of the denoiser's training.

    Args:
        samples: its length.
        pools: what is drawn from which pool, by weight.
    """

    samples: int
    pools: Mapping[str, float]


@dataclass(frozen=True)
class Curriculum:
    """The stages of a training, one after another."""

    stages: tuple[Stage, ...]

    @property
    def samples(self) -> int:
        """Of the whole training."""
        return sum(stage.samples for stage in self.stages)

    def stage_at(self, samples: int) -> Stage:
        """The stage that follows `samples`; the last one after all."""
        for stage in self.stages:
            samples -= stage.samples
            if samples < 0:
                return stage
        return self.stages[-1]


@dataclass(frozen=True)
class UNetConfig:
    """Shape and training of the denoiser; see the comments in `config.toml`."""

    channels: tuple[int, ...]
    attention: tuple[bool, ...]
    batch_size: int
    learning_rate: float
    warmup_steps: int
    flat_share: float
    caption_dropout: float
    ema: float
    core: Curriculum
    whole: Curriculum
    further: Curriculum


@dataclass(frozen=True)
class Config:
    """The whole file."""

    data: DataConfig
    autoencoder: AutoencoderConfig
    unet: UNetConfig


def load_config(path: Path = CONFIG_FILE) -> Config:
    """Read a TOML file; an unknown or missing key is an error."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    unet = table["unet"]
    core, whole, further = (
        _curriculum(unet.pop(name)) for name in ("core", "whole", "further")
    )
    return Config(
        data=_data_config(table["data"]),
        autoencoder=AutoencoderConfig(**_with_tuples(table["autoencoder"])),
        unet=UNetConfig(**_with_tuples(unet), core=core, whole=whole, further=further),
    )


def _data_config(table: dict[str, Any]) -> DataConfig:
    return DataConfig(
        concepts=_concepts(table["only"], table["leave_out"]),
        buckets=tuple(Bucket(*bucket) for bucket in table["buckets"]),
        pools={name: _pool(pool) for name, pool in table["pools"].items()},
        shard_scenes=table["shard_scenes"],
        looseness=Looseness(**table["looseness"]),
    )


def _concepts(only: list[str], left_out: list[str]) -> tuple[Concept, ...]:
    concepts = {concept.name: concept for concept in load_concepts()}
    if unknown := {*only, *left_out} - concepts.keys():
        raise ValueError(f"the list has no subject that is called {sorted(unknown)}")
    wanted = only or [name for name in concepts if name not in left_out]
    return tuple(concepts[name] for name in wanted)


def _curriculum(stages: list[dict[str, Any]]) -> Curriculum:
    return Curriculum(tuple(Stage(**stage) for stage in stages))


def _pool(table: dict[str, Any]) -> Pool:
    own = {key: table.pop(key) for key in ("scale", "scenes")}
    return Pool(**own, mix=SceneMix(**table))


def _with_tuples(table: dict[str, Any]) -> dict[str, Any]:
    return {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in table.items()
    }

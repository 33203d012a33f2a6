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
        """`160x96`: used in file names."""
        return f"{self.width}x{self.height}"


@dataclass(frozen=True)
class DataConfig:
    """What the pictures show and how many are made."""

    concepts: tuple[Concept, ...]
    buckets: tuple[Bucket, ...]
    mixes: Mapping[str, SceneMix]
    """By phase: `easy` first, then `full`."""
    scenes: Mapping[str, int]
    shard_scenes: int
    looseness: Looseness


@dataclass(frozen=True)
class AutoencoderConfig:
    """Shape and training of the autoencoder; see the comments in `config.toml`."""

    width: int
    latent_channels: int
    encoder_blocks: tuple[int, ...]
    decoder_blocks: tuple[int, ...]
    crop: int
    batch_size: int
    learning_rate: float
    minutes: float
    polish_minutes: float
    latent_noise: float


@dataclass(frozen=True)
class UNetConfig:
    """Shape and training of the denoiser; see the comments in `config.toml`."""

    channels: tuple[int, ...]
    attention: tuple[bool, ...]
    batch_size: int
    learning_rate: float
    minutes: float
    warmup_steps: int
    flat_share: float
    caption_dropout: float
    ema: float
    easy_until: float
    easy_share_after: float


@dataclass(frozen=True)
class Config:
    """The whole file."""

    data: DataConfig
    autoencoder: AutoencoderConfig
    unet: UNetConfig


def load_config(path: Path = CONFIG_FILE) -> Config:
    """Read a TOML file; an unknown or missing key is an error."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return Config(
        data=_data_config(table["data"]),
        autoencoder=AutoencoderConfig(**_with_tuples(table["autoencoder"])),
        unet=UNetConfig(**_with_tuples(table["unet"])),
    )


def _data_config(table: dict[str, Any]) -> DataConfig:
    left_out = set(table["leave_out"])
    concepts = load_concepts()
    if unknown := left_out - {concept.name for concept in concepts}:
        raise ValueError(f"leave_out names what is not in the list: {sorted(unknown)}")
    return DataConfig(
        concepts=tuple(concept for concept in concepts if concept.name not in left_out),
        buckets=tuple(Bucket(*bucket) for bucket in table["buckets"]),
        mixes={phase: SceneMix(**table[phase]) for phase in ("easy", "full")},
        scenes={phase: table[f"{phase}_scenes"] for phase in ("easy", "full")},
        shard_scenes=table["shard_scenes"],
        looseness=Looseness(**table["looseness"]),
    )


def _with_tuples(table: dict[str, Any]) -> dict[str, Any]:
    return {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in table.items()
    }

"""Finished latents to images: what does not fit, and what is no image."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL
from PIL import Image

from easel.errors import EngineFailed, OutOfMemory
from easel.text2image.engines.autoencoders import (
    decode_latents,
    encode_pixels,
    images_of,
    latent_mask,
    pixels_of,
)
from easel.text2image.engines.decoding import DecodedLater, Decoder
from easel.text2image.engines.side_stream import Launched
from easel.text2image.engines.stable_diffusion import StableDiffusion
from tests.text2image.engines.driven_engine import (
    Painting,
    make_engine,
    make_spec,
)
from tests.text2image.engines.tiny_models import load, save_stable_diffusion

PIXELS = 64


@dataclass
class Autoencoder:
    """Decodes to the latents' own numbers; out of memory above `max_rows` rows."""

    max_rows: int = 64
    chunks: list[int] = field(default_factory=list)
    tiles: int = 0

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        self.chunks.append(len(latents))
        if len(latents) > self.max_rows:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return latents[:, :3]

    def tile(self) -> None:
        self.tiles += 1
        self.max_rows = 1

    def decoder(self, tile: Callable[[], None] | None = None) -> Decoder:
        return Decoder(self.decode, "cpu", itemsize=4, tile=tile)


def numbered(count: int) -> torch.Tensor:
    """Rows that are each other's unlike."""
    return torch.linspace(-1, 1, count).view(-1, 1, 1, 1).expand(-1, 4, 2, 2).clone()


def test_what_fits_is_decoded_at_once() -> None:
    autoencoder = Autoencoder()
    decoded = autoencoder.decoder()(numbered(5), PIXELS)
    assert autoencoder.chunks == [5]
    assert torch.equal(decoded.pixels, numbered(5)[:, :3])
    assert decoded.is_finite.all()


@pytest.mark.parametrize(
    ("max_rows", "chunks"),
    [(4, [8, 4, 4]), (3, [8, 4, 2, 2, 2, 2]), (1, [8, 4, 2, *[1] * 8])],
)
def test_chunks_are_halved_until_they_fit(max_rows: int, chunks: list[int]) -> None:
    autoencoder = Autoencoder(max_rows)
    decoded = autoencoder.decoder()(numbered(8), PIXELS)
    assert autoencoder.chunks == chunks
    assert torch.equal(decoded.pixels, numbered(8)[:, :3])


def test_more_than_there_is_memory_for_is_not_tried() -> None:
    autoencoder = Autoencoder()
    autoencoder.decoder()(numbered(3), 10**15)
    assert autoencoder.chunks == [1, 1, 1]


def test_one_that_does_not_fit_is_tiled_and_all_after_it() -> None:
    autoencoder = Autoencoder(max_rows=0)
    decode = autoencoder.decoder(autoencoder.tile)
    assert torch.equal(decode(numbered(2), PIXELS).pixels, numbered(2)[:, :3])
    assert autoencoder.tiles == 1
    autoencoder.max_rows = 0
    with pytest.raises(OutOfMemory):
        decode(numbered(1), PIXELS)
    assert autoencoder.tiles == 1


def test_without_tiles_it_is_out_of_memory() -> None:
    with pytest.raises(OutOfMemory, match="smaller size"):
        Autoencoder(max_rows=0).decoder()(numbered(2), PIXELS)


def test_another_error_is_not_tried_again() -> None:
    chunks: list[int] = []

    def broken(latents: torch.Tensor) -> torch.Tensor:
        chunks.append(len(latents))
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        Decoder(broken, "cpu", itemsize=4)(numbered(4), PIXELS)
    assert chunks == [4]


@pytest.mark.parametrize("number", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("broken", [[1], [0, 2], [0, 1, 2]])
def test_rows_that_are_no_numbers_fail_alone(number: float, broken: list[int]) -> None:
    latents = numbered(3)
    # One number is enough, and in a channel that no pixel shows.
    latents[broken, 3, 1, 1] = number
    decoded = Autoencoder().decoder()(latents, PIXELS)
    results = DecodedLater(Launched(decoded, None)).result()
    for place, result in enumerate(results):
        if place in broken:
            assert isinstance(result, EngineFailed)
            assert result.code == "engine_failed"
        else:
            assert isinstance(result, Image.Image)


def test_pixels_that_are_no_numbers_fail_though_the_latents_are() -> None:
    def overflows(latents: torch.Tensor) -> torch.Tensor:
        pixels = latents[:, :3].clone()
        pixels[0] = torch.nan
        return pixels

    decoded = Decoder(overflows, "cpu", itemsize=4)(numbered(2), PIXELS)
    failed, image = DecodedLater(Launched(decoded, None)).result()
    assert isinstance(failed, EngineFailed)
    assert isinstance(image, Image.Image)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_stable_diffusion(tmp_path_factory.mktemp("models") / "tiny")


def test_a_sample_that_becomes_nan_leaves_its_neighbours_images(folder: Path) -> None:
    engine = make_engine(StableDiffusion(load(folder)))
    specs = [make_spec(id=name, seed=seed) for seed, name in enumerate(("a", "b"))]
    expected = Painting(engine)(specs)
    samples: list[Any] = [engine.begin(spec, engine.plan(spec)) for spec in specs]
    samples[0].own.latents.fill_(torch.nan)
    for _ in range(3):
        engine.step(samples, max_rows=64)
    failed, image = engine.decode(samples).result()
    assert isinstance(failed, EngineFailed)
    assert isinstance(image, Image.Image)
    levels = [np.asarray(each).astype(int) for each in (image, expected["b"].image)]
    assert np.abs(levels[0] - levels[1]).max() <= 1


def test_an_autoencoder_that_overflows_is_widened_while_it_works(folder: Path) -> None:
    wide = AutoencoderKL.from_pretrained(folder / "vae")
    narrow = AutoencoderKL.from_pretrained(folder / "vae").to(torch.float16)
    assert narrow.config.force_upcast
    latents = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        pixels = decode_latents(narrow, latents)
        assert pixels.dtype == torch.float32
        assert torch.allclose(pixels, decode_latents(wide, latents), atol=0.01)
        source = encode_pixels(narrow, pixels, torch.Generator().manual_seed(0))
    assert source.dtype == torch.float32
    with pytest.raises(RuntimeError):
        decode_latents(narrow, latents[:, :3])
    assert narrow.dtype == torch.float16


def test_an_autoencoder_that_runs_out_of_memory_goes_on_in_tiles(folder: Path) -> None:
    autoencoder: Any = AutoencoderKL.from_pretrained(folder / "vae")
    autoencoder.tile_latent_min_size, autoencoder.tile_sample_min_size = 32, 64
    tiles: list[tuple[int, ...]] = []

    def see(_: Any, args: tuple[torch.Tensor]) -> None:
        tiles.append(tuple(args[0].shape[-2:]))
        if max(tiles[-1]) > 32:
            raise torch.OutOfMemoryError("CUDA out of memory")

    autoencoder.decoder.register_forward_pre_hook(see)

    @torch.no_grad()
    def decode(rows: torch.Tensor) -> torch.Tensor:
        return decode_latents(autoencoder, rows)

    decoder = Decoder(decode, "cpu", itemsize=4, tile=autoencoder.enable_tiling)
    decoded = decoder(torch.zeros(1, 4, 48, 64), 128 * 96)
    assert decoded.pixels.shape == (1, 3, 96, 128)
    assert tiles[0] == (48, 64)
    assert len(tiles) > 2


def test_pictures_survive_the_way_to_pixels_and_back() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    picture = Image.fromarray(np.stack([levels, levels.T, levels[::-1]], axis=-1))
    (back,) = images_of(pixels_of(picture))
    assert back.tobytes() == picture.tobytes()


def test_pixels_out_of_range_are_cut_not_wrapped() -> None:
    (image,) = images_of(torch.tensor([-3.0, 0.0, 3.0]).view(1, 3, 1, 1))
    assert image.getpixel((0, 0)) == (0, 128, 255)


def test_a_mask_is_one_or_zero_on_the_latent_grid() -> None:
    levels = np.array([[0, 127, 128, 255]], dtype=np.uint8).repeat(2, 0).repeat(2, 1)
    mask = latent_mask(Image.fromarray(levels), 1, 4)
    assert mask.shape == (1, 1, 1, 4)
    assert mask.flatten().tolist() == [0, 0, 1, 1]

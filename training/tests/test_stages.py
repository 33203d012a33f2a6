"""The stages on a configuration that is tiny: shapes, resuming, and a folder that stock
diffusers loads.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import package as packaging
import pytest
import torch
from autoencoder import build_autoencoder, decode, encode, whiten
from config import Bucket, Config, Curriculum, Stage, load_config
from data.painter import Painter
from data.sprites import SpriteLibrary
from latents import LatentStore, plan_shards, read_captions, write_shard
from noise import TIMESTEPS, Noising, sampler
from optimiser import orthogonalise
from progress import learning_rate_factor
from stock import AutoencoderKL, AutoPipelineForText2Image, UNet2DConditionModel
from text_encoder import MAX_TOKENS, TextEncoder
from unet import UNetTrainer, build_unet

SHIPPED = Path(__file__).parents[2] / "models" / "easel-mini"
CPU = torch.device("cpu")

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"  # diffusers 0.42 with numpy 2
)


@pytest.fixture(scope="module")
def config() -> Config:
    """The shipped configuration, made tiny."""
    real = load_config()
    data = replace(
        real.data,
        buckets=(Bucket(64, 64, 0.6), Bucket(96, 64, 0.4)),
        pools={
            name: replace(real.data.pools[name], scale=1.0, scenes=64)
            for name in ("easy", "full")
        },
        shard_scenes=32,
    )
    autoencoder = replace(
        real.autoencoder,
        channels=(8, 8, 8, 8),
    )
    unet = replace(
        real.unet,
        channels=(32, 32, 32),
        attention=(False, True, False),
        batch_size=4,
        warmup_steps=1,
        core=Curriculum(
            (Stage(8, {"easy": 1.0}), Stage(8, {"easy": 0.5, "full": 0.5}))
        ),
    )
    return Config(data, autoencoder, unet)


@pytest.fixture(scope="module")
def autoencoder(config: Config) -> AutoencoderKL:
    torch.manual_seed(0)
    model = build_autoencoder(config.autoencoder)
    model.eval()
    return model


@pytest.fixture(scope="module")
def encoder() -> TextEncoder:
    return TextEncoder(SHIPPED, CPU)


@pytest.fixture(scope="module")
def latents(
    config: Config,
    autoencoder: AutoencoderKL,
    sprites: SpriteLibrary,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    folder = tmp_path_factory.mktemp("latents")
    painter = Painter(sprites, config.data.looseness)
    for shard in plan_shards(config.data):
        write_shard(shard, config.data, painter, autoencoder, folder)
    return folder


def test_shards_hold_the_scenes_of_every_phase_and_shape(
    config: Config, latents: Path
) -> None:
    names = {path.stem for path in latents.glob("*.safetensors")}
    assert names == {
        f"{phase}-{shape}-000"
        for phase in ("easy", "full")
        for shape in ("64x64", "96x64")
    }
    captions = [read_captions(latents / f"{name}.safetensors") for name in names]
    assert {len(texts) for texts in captions} == {config.data.shard_scenes}


def test_a_shard_depends_on_its_name_alone(
    config: Config,
    autoencoder: AutoencoderKL,
    sprites: SpriteLibrary,
    latents: Path,
    tmp_path: Path,
) -> None:
    shard = plan_shards(config.data)[-1]
    random.seed(99)
    painter = Painter(sprites, config.data.looseness)
    write_shard(shard, config.data, painter, autoencoder, tmp_path)
    file = f"{shard.name}.safetensors"
    assert (tmp_path / file).read_bytes() == (latents / file).read_bytes()


def test_batches_have_one_shape(
    config: Config, latents: Path, encoder: TextEncoder
) -> None:
    store = LatentStore(config.data, ("easy", "full"), latents, encoder, CPU)
    shapes = {store.batch({"full": 1.0}, 3)[0].shape for _ in range(40)}
    assert shapes == {(3, 4, 8, 8), (3, 4, 8, 12)}
    assert store.batch({"easy": 1.0}, 3)[1].shape == (3, MAX_TOKENS, 384)


def test_whitened_latents_have_mean_zero_and_deviation_one(config: Config) -> None:
    model = build_autoencoder(config.autoencoder)
    model.eval()
    pictures = [torch.rand(4, 3, 64, 64) * 2 - 1 for _ in range(2)]
    whiten(model, pictures)
    with torch.no_grad():
        latents = torch.cat([encode(model, batch) for batch in pictures])
    assert latents.mean((0, 2, 3)).abs().max() < 1e-3
    assert (latents.std((0, 2, 3)) - 1).abs().max() < 1e-3


def test_whitening_changes_no_picture(config: Config) -> None:
    model = build_autoencoder(config.autoencoder)
    model.eval()
    pictures = torch.rand(2, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        before = decode(model, encode(model, pictures))
        whiten(model, [pictures])
        after = decode(model, encode(model, pictures))
    assert torch.allclose(before, after, atol=1e-4)


def test_latents_do_not_vary(autoencoder: AutoencoderKL) -> None:
    pictures = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        posterior = autoencoder.encode(pictures).latent_dist
        assert torch.allclose(posterior.sample(), posterior.mean, atol=1e-5)


def test_stages_follow_one_another(config: Config) -> None:
    curriculum = config.unet.core
    first, second = curriculum.stages
    assert curriculum.stage_at(first.samples - 1) is first
    assert curriculum.stage_at(first.samples) is second
    assert curriculum.stage_at(curriculum.samples) is second


def test_training_resumes_from_its_checkpoint(
    config: Config, latents: Path, encoder: TextEncoder, tmp_path: Path
) -> None:
    store = LatentStore(config.data, ("easy", "full"), latents, encoder, CPU)
    empty = encoder.encode([""])

    def trainer() -> UNetTrainer:
        model = build_unet(config.unet, 4, 8)
        checkpoint = tmp_path / "checkpoint.pt"
        return UNetTrainer(
            model, config.unet, config.unet.core, store, empty, checkpoint, CPU
        )

    first = trainer()
    first.run(lambda _: None, grid_minutes=60)
    second = trainer()
    assert second.samples == first.samples > 0
    for name, value in first.average.values.items():
        assert torch.equal(value, second.average.values[name])


def test_package_loads_as_a_stock_pipeline(
    config: Config, autoencoder: AutoencoderKL, tmp_path: Path, encoder: TextEncoder
) -> None:
    autoencoder.save_pretrained(tmp_path / "vae")
    build_unet(config.unet, 4, 8).save_pretrained(tmp_path / "unet")
    size = packaging.package(
        tmp_path / "unet", tmp_path / "vae", SHIPPED, tmp_path / "out"
    )
    assert size < packaging.LARGEST_WEIGHTS_BYTES
    pipeline = AutoPipelineForText2Image.from_pretrained(
        tmp_path / "out", dtype=torch.float32
    )
    assert isinstance(pipeline.unet, UNet2DConditionModel)
    assert pipeline.text_encoder.config.use_attention_mask
    assert not any(value.any() for value in pipeline.text_encoder.pooler.parameters())
    picture = pipeline("a cat", width=96, height=64, num_inference_steps=2).images[0]
    assert picture.size == (96, 64)


@pytest.mark.parametrize(
    "name",
    [
        "EulerDiscrete",
        "EulerAncestralDiscrete",
        "DDIM",
        "DPMSolverMultistep",
        "HeunDiscrete",
        "UniPCMultistep",
    ],
)
def test_noise_schedule_is_finite_with_every_sampler(name: str) -> None:
    import diffusers

    steps = getattr(diffusers, f"{name}Scheduler").from_config(sampler().config)
    assert not steps.config.get("clip_sample", False)  # latents go beyond one
    steps.set_timesteps(16)
    torch.manual_seed(0)
    sample = torch.randn(1, 4, 8, 8) * steps.init_noise_sigma
    for timestep in steps.timesteps:
        velocity = -steps.scale_model_input(
            sample, timestep
        )  # as if the picture were all zeros
        sample = steps.step(velocity.clamp(-3, 3), timestep, sample).prev_sample
        assert torch.isfinite(sample).all()
    assert sample.abs().max() < 50


def test_velocity_gives_back_the_latents() -> None:
    noising = Noising(CPU)
    latents, noise = torch.randn(2, 4, 8, 8), torch.randn(2, 4, 8, 8)
    timesteps = torch.tensor([10, TIMESTEPS - 1])
    noised, velocity = noising.add(latents, noise, timesteps)
    signal = sampler().alphas_cumprod[timesteps].view(-1, 1, 1, 1)
    assert torch.allclose(
        signal.sqrt() * noised - (1 - signal).sqrt() * velocity, latents, atol=1e-5
    )


@pytest.mark.parametrize("shape", [(8, 24), (24, 8)], ids=["wide", "tall"])
def test_orthogonalised_updates_have_singular_values_near_one(
    shape: tuple[int, int],
) -> None:
    values = torch.linalg.svdvals(orthogonalise(torch.randn(2, *shape)).float())
    assert values.min() > 0.5
    assert values.max() < 1.5


def test_learning_rate_warms_up_and_falls() -> None:
    assert learning_rate_factor(0.0, 0, warmup_steps=10) == pytest.approx(0.1)
    assert learning_rate_factor(0.3, 100, 10, flat_share=0.4) == 1
    assert learning_rate_factor(1.0, 100, 10, flat_share=0.4) == pytest.approx(0.02)

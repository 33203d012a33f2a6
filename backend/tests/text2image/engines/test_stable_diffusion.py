"""Stable Diffusion with every kind of sampler, and the model that ships with Easel."""

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from diffusers import (
    AutoencoderTiny,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    HeunDiscreteScheduler,
    LCMScheduler,
    PNDMScheduler,
)

from easel.errors import InvalidRequest
from easel.text2image.engines.family import ModelFamily
from easel.text2image.engines.model_source import open_source
from easel.text2image.engines.planned_sampling import PlannedSampling
from easel.text2image.engines.sampling import Samplings
from easel.text2image.engines.stable_diffusion import StableDiffusion, supports
from easel.text2image.settings import EMBEDDED_MODEL
from tests.text2image.engines.driven_engine import (
    SOURCES,
    UNGUIDED,
    Painting,
    assert_as_alone,
    assert_same,
    make_engine,
    make_spec,
    paint_alone,
    source_image,
)
from tests.text2image.engines.row_equality import RowEqualityTests
from tests.text2image.engines.stock_equality import StockEqualityTests, paint_stock
from tests.text2image.engines.tiny_models import load, save_stable_diffusion

# diffusers' schedulers hand torch tensors to NumPy 2 in a way that it deprecates.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)

# The betas that Stable Diffusion was trained with.
BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
SCHEDULERS: dict[str, Callable[..., Any]] = {
    "ddim": partial(DDIMScheduler, clip_sample=False),
    "dpmpp_2m, v, zero SNR": partial(
        DPMSolverMultistepScheduler,
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
    ),
    "euler": EulerDiscreteScheduler,
    "euler_ancestral": EulerAncestralDiscreteScheduler,
    "lcm": LCMScheduler,
    "pndm": partial(PNDMScheduler, skip_prk_steps=True),
    "heun": HeunDiscreteScheduler,
}
PLANNED = ("ddim", "dpmpp_2m, v, zero SNR", "euler", "euler_ancestral", "lcm")
# Names that fit the tiny model, whatever its own sampler.
MIXED = ("default", "euler_ancestral", "heun", "lcm", "dpmpp_2m_sde", "pndm", "unipc")


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> ModelFamily:
    """With DDIM, as Stable Diffusion 1.5."""
    return of_sampler("ddim", tmp_path_factory)


@pytest.fixture(scope="module", params=[name for name in SCHEDULERS if name != "ddim"])
def sampled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> ModelFamily:
    return of_sampler(request.param, tmp_path_factory)


def of_sampler(name: str, folders: pytest.TempPathFactory) -> ModelFamily:
    folder = folders.mktemp("models") / "tiny"
    # Consistency models are distilled for guidance, too.
    changes = {"time_cond_proj_dim": 16} if name == "lcm" else {}
    scheduler = SCHEDULERS[name](steps_offset=1, **BETAS)
    save_stable_diffusion(folder, scheduler=scheduler, **changes)
    family = StableDiffusion(load(folder))
    sampling = Samplings(family).of(make_spec())
    assert isinstance(sampling, PlannedSampling) is (name in PLANNED)
    return family


class TestRowEquality(RowEqualityTests):
    pass


class TestStockEquality(StockEqualityTests):
    pass


@pytest.mark.parametrize("kind", ["text", "mask", "mask, all steps"])
def test_with_every_sampler_images_are_the_stock_pipelines(
    sampled: ModelFamily, kind: str
) -> None:
    engine = make_engine(sampled)
    spec = make_spec(source=SOURCES[kind], num_inference_steps=4)
    stock = paint_stock(sampled.pipeline, spec)
    assert_same(paint_alone(engine, spec), stock)
    exact = paint_alone(engine, replace(spec, is_exact=True))
    assert exact.image.tobytes() == stock.image.tobytes()


def test_with_every_sampler_company_changes_nothing(sampled: ModelFamily) -> None:
    engine = make_engine(sampled)
    specs = [
        make_spec(id="guided", num_inference_steps=4, negative_prompt="grey"),
        make_spec(id="unguided", prompt="an owl", guidance_scale=UNGUIDED, seed=1),
        make_spec(id="late", num_inference_steps=5, guidance_scale=2.5, seed=2),
        make_spec(id="exact", is_exact=True),
        make_spec(id="cancelled", num_inference_steps=9),
    ]
    painting = Painting(engine, {"late": 1, "exact": 1}, {"cancelled": 2})
    painted = painting(specs)
    assert painting.largest_batch == 4
    assert_as_alone(engine, painted, specs[:3])
    stock = paint_stock(sampled.pipeline, specs[3])
    assert painted["exact"].image.tobytes() == stock.image.tobytes()


def test_one_batch_mixes_samplers(family: ModelFamily) -> None:
    engine = make_engine(family)
    specs = [
        make_spec(id=name, sampler=name, num_inference_steps=4 + place % 2, seed=place)
        for place, name in enumerate(MIXED)
    ]
    painting = Painting(engine, {"heun": 1, "lcm": 2})
    painted = painting(specs)
    assert painting.largest_batch == len(specs)
    assert_as_alone(engine, painted, specs)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("strength", [0.5, 0.99, 1.0])
def test_the_tiny_autoencoder_begins_and_ends_images(
    family: ModelFamily, masked: bool, strength: float
) -> None:
    pipeline = copy.copy(family.pipeline)
    torch.manual_seed(0)
    pipeline.vae = AutoencoderTiny(
        encoder_block_out_channels=(4, 4),
        decoder_block_out_channels=(4, 4),
        num_encoder_blocks=(1, 1),
        num_decoder_blocks=(1, 1),
    )
    tiny = StableDiffusion(pipeline)
    spec = make_spec(
        source=source_image(masked=masked, strength=strength), num_inference_steps=4
    )
    stock = paint_stock(pipeline, spec)
    engine = make_engine(tiny)
    assert_same(paint_alone(engine, spec), stock)
    exact = paint_alone(engine, replace(spec, is_exact=True))
    assert exact.image.tobytes() == stock.image.tobytes()


def test_the_embedded_model_shares_passes() -> None:
    pipeline = load(open_source(EMBEDDED_MODEL).folder)
    # Its files are half as wide, and each library reads them in its own way.
    family = StableDiffusion(pipeline.to(torch.float32))
    engine = make_engine(family)
    specs = [
        make_spec(
            id=prompt,
            prompt=prompt,
            width=160,
            height=96,
            num_inference_steps=3 + place,
            guidance_scale=guidance_scale,
            is_exact=is_exact,
        )
        for place, (prompt, guidance_scale, is_exact) in enumerate(
            [
                ("a fox in a forest", 4.0, False),
                ("a burger", UNGUIDED, False),
                ("a lion on a green background", 4.0, True),
            ]
        )
    ]
    painted = Painting(engine, {"a burger": 1})(specs)
    assert_as_alone(engine, painted, specs[:2])
    for spec in specs[:2]:
        assert_same(painted[spec.id], paint_stock(family.pipeline, spec))
    stock = paint_stock(family.pipeline, specs[2])
    assert painted[specs[2].id].image.tobytes() == stock.image.tobytes()


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"sampler": "lcm", "num_inference_steps": 60}, "num_inference_steps"),
        ({"source": source_image(masked=False, strength=0.1)}, "strength"),
    ],
)
@pytest.mark.parametrize("is_exact", [False, True])
def test_a_schedule_without_steps_is_refused_by_name(
    family: ModelFamily, changes: dict[str, Any], param: str, is_exact: bool
) -> None:
    with pytest.raises(InvalidRequest, match=f"^{param}: ") as refusal:
        make_engine(family).plan(make_spec(is_exact=is_exact, **changes))
    assert refusal.value.param == param


@pytest.mark.parametrize(
    "config", [{"in_channels": 9}, {"class_embed_type": "timestep"}]
)
def test_a_unet_that_wants_more_than_latents_goes_through_its_pipeline(
    family: ModelFamily, config: dict[str, Any]
) -> None:
    unet = SimpleNamespace(config=SimpleNamespace(**family.denoiser.config | config))
    assert supports(family.pipeline)
    assert not supports(SimpleNamespace(unet=unet, vae=family.pipeline.vae))

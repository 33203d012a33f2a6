"""Any pipeline without a family of its own: each image takes its steps alone."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    HeunDiscreteScheduler,
    LCMScheduler,
    PNDMScheduler,
)
from PIL import Image

from easel.errors import OutOfMemory
from easel.text2image.engines.base import ModelUnavailable, SampleSpec
from easel.text2image.engines.latent_preview import preview_for
from easel.text2image.engines.stock_pipeline import StockPipeline, StockSample
from easel.text2image.engines.whole_pipeline import WholePipelineEngine
from tests.text2image.engines.driven_engine import NoLoras, make_spec
from tests.text2image.engines.stock_equality import paint_stock
from tests.text2image.engines.tiny_models import load, save_flux, save_stable_diffusion

# diffusers' schedulers hand torch tensors to NumPy 2 in a way that it deprecates.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)

# Stochastic ones and ones with more passes than steps among them.
SCHEDULERS = [
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    HeunDiscreteScheduler,
    LCMScheduler,
    PNDMScheduler,
]


def make_whole(pipeline: Any) -> WholePipelineEngine:
    no_loras: Any = NoLoras()
    model: Any = SimpleNamespace(id="tiny")
    return WholePipelineEngine(
        pipeline,
        model,
        "cpu",
        preview=preview_for(pipeline),
        loras=no_loras,
        stock=StockPipeline(pipeline, "tiny", "cpu", "float32"),
    )


@pytest.fixture(scope="module")
def stable_diffusion(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load(save_stable_diffusion(tmp_path_factory.mktemp("models") / "sd"))


@pytest.fixture(scope="module")
def flux(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load(save_flux(tmp_path_factory.mktemp("models") / "flux"))


@pytest.fixture(params=["stable_diffusion", "flux"])
def pipeline(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


@pytest.fixture
def engine(pipeline: Any) -> WholePipelineEngine:
    return make_whole(pipeline)


def begun(
    engine: WholePipelineEngine, specs: Sequence[SampleSpec]
) -> list[StockSample]:
    return [engine.begin(spec, engine.plan(spec)) for spec in specs]


def image_of(engine: WholePipelineEngine, sample: StockSample) -> Image.Image:
    (image,) = engine.decode([sample]).result()
    assert isinstance(image, Image.Image)
    return image


def test_images_take_turns_and_each_is_the_pipelines_own(
    engine: WholePipelineEngine, pipeline: Any
) -> None:
    specs = [make_spec(id=f"{seed}", seed=seed, width=96) for seed in (1, 2)]
    samples = begun(engine, specs)
    for step in range(1, 4):
        for sample in samples:
            engine.step([sample], max_rows=1)
            assert sample.steps_done == step
            (preview,) = engine.previews([sample])
            assert preview is not None
            assert preview.size == (48, 32)
    for spec, sample in zip(specs, samples, strict=True):
        stock = paint_stock(pipeline, spec).image
        assert image_of(engine, sample).tobytes() == stock.tobytes()
        engine.end(sample)


def test_before_the_first_step_there_is_no_preview(
    engine: WholePipelineEngine,
) -> None:
    (sample,) = begun(engine, [make_spec()])
    assert engine.previews([sample]) == [None]
    engine.end(sample)


def test_an_image_that_ends_early_leaves_the_other_as_it_is(
    engine: WholePipelineEngine, pipeline: Any
) -> None:
    kept, ended = begun(engine, [make_spec(), make_spec(id="ended", seed=1)])
    engine.step([ended], max_rows=1)
    engine.end(ended)
    for _ in range(3):
        engine.step([kept], max_rows=1)
    stock = paint_stock(pipeline, kept.spec).image
    assert image_of(engine, kept).tobytes() == stock.tobytes()


@pytest.mark.parametrize("scheduler", SCHEDULERS, ids=lambda each: each.__name__)
def test_the_image_is_the_stock_pipelines_with_any_sampler(
    stable_diffusion: Any, scheduler: Any
) -> None:
    own = stable_diffusion.scheduler
    # As Stable Diffusion ships it; with PRK steps PNDM needs more steps than we take.
    changed = scheduler.from_config(own.config, skip_prk_steps=True)
    try:
        stable_diffusion.scheduler = changed
        engine = make_whole(stable_diffusion)
        (sample,) = begun(engine, [make_spec(negative_prompt="fog")])
        while sample.steps_done < sample.plan.steps:
            engine.step([sample], max_rows=1)
        stock = paint_stock(stable_diffusion, sample.spec).image
        assert image_of(engine, sample).tobytes() == stock.tobytes()
    finally:
        stable_diffusion.scheduler = own


@pytest.mark.parametrize(
    ("error", "ours", "reason"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), OutOfMemory, "96 x 64"),
        (RuntimeError("CUDA error: an illegal access"), ModelUnavailable, "GPU failed"),
    ],
)
def test_what_fails_on_the_device_has_our_names(
    stable_diffusion: Any,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    ours: type[Exception],
    reason: str,
) -> None:
    engine = make_whole(stable_diffusion)
    (sample,) = begun(engine, [make_spec(width=96)])

    def fail(*_: Any, **__: Any) -> Any:
        raise error

    # What begins waits within the first pass.
    engine.step([sample], max_rows=1)
    monkeypatch.setattr(stable_diffusion.unet, "forward", fail)
    with pytest.raises(ours, match=reason):
        engine.step([sample], max_rows=1)
    assert sample.steps_done == 1


def test_a_closed_engine_holds_no_pipeline(flux: Any) -> None:
    engine = make_whole(flux)
    assert engine.memory_bytes > 0
    assert engine.device == "cpu"
    engine.close()
    assert not any(each is flux for each in vars(engine).values())

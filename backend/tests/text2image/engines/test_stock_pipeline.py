"""Runs of stock pipelines that wait for each other between their steps."""

import gc
import weakref
from pathlib import Path
from typing import Any

import greenlet
import pytest
import torch
from PIL import Image

from easel.errors import EngineFailed, OutOfMemory
from easel.text2image.engines.base import SampleSpec
from easel.text2image.engines.faults import device_faults_named
from easel.text2image.engines.stable_diffusion import StableDiffusion
from easel.text2image.engines.stock_pipeline import StockPipeline, StockSample
from tests.text2image.engines.driven_engine import (
    SOURCES,
    by_key,
    make_engine,
    make_spec,
    paint_alone,
    source_image,
)
from tests.text2image.engines.stock_equality import paint_stock
from tests.text2image.engines.tiny_models import load, save_stable_diffusion

# diffusers' schedulers hand torch tensors to NumPy 2 in a way that it deprecates.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)

OF_EVERY_KIND = (
    "ddim",
    "euler",
    "euler_ancestral",
    "lcm",
    "dpmpp_2m_karras",
    "unipc",
    "ddpm",
    "heun",
    "pndm",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_stable_diffusion(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def pipeline(folder: Path) -> Any:
    return load(folder)


@pytest.fixture
def stock(pipeline: Any) -> StockPipeline:
    return StockPipeline(pipeline, "tiny", "cpu", "float32")


def begun(stock: StockPipeline, spec: SampleSpec) -> StockSample:
    return stock.begin(spec, stock.plan(spec))


def finished(sample: StockSample) -> Image.Image:
    (image,) = sample.finish().result()
    assert isinstance(image, Image.Image)
    return image


def is_stock(pipeline: Any, spec: SampleSpec, image: Image.Image) -> bool:
    return image.tobytes() == paint_stock(pipeline, spec).image.tobytes()


def test_runs_that_alternate_are_each_the_pipelines_own(
    stock: StockPipeline, pipeline: Any
) -> None:
    specs = [
        make_spec(sampler="euler_ancestral", num_inference_steps=4),
        make_spec(prompt="an owl", guidance_scale=0.0, seed=1),
        make_spec(source=SOURCES["mask"], num_inference_steps=5),
        make_spec(num_inference_steps=2, seed=3),
    ]
    samples = [begun(stock, spec) for spec in specs]
    while any(sample.steps_done < sample.plan.steps for sample in samples):
        for sample in samples:
            if sample.steps_done < sample.plan.steps:
                sample.step()
    images = [finished(sample) for sample in samples]
    for spec, image in zip(specs[1:], images[1:], strict=True):
        assert is_stock(pipeline, spec, image)
    alone = begun(stock, specs[0])
    assert finished(alone).tobytes() == images[0].tobytes()


def test_a_run_that_is_closed_leaves_the_others_as_they_are(
    stock: StockPipeline, pipeline: Any
) -> None:
    kept, closed = make_spec(), make_spec(source=SOURCES["image"], seed=1)
    samples = [begun(stock, spec) for spec in (kept, closed)]
    for sample in samples:
        sample.step()
    samples[1].close()
    samples[0].step()
    assert is_stock(pipeline, kept, finished(samples[0]))


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_a_closed_run_holds_no_memory(stock: StockPipeline, steps: int) -> None:
    def live() -> int:
        # What other tests have left may go in several rounds.
        while gc.collect():
            pass
        # By type: some objects of the library warn when they are asked anything.
        kinds = (torch.Tensor, greenlet.greenlet)
        return sum(issubclass(type(each), kinds) for each in gc.get_objects())

    # What the first run keeps for all others.
    begun(stock, make_spec()).close()
    before = live()
    sample = begun(stock, make_spec())
    for _ in range(steps):
        sample.step()
    assert live() > before
    gone = weakref.ref(sample.run)
    sample.close()
    assert sample.clean_latents() is None
    del sample
    assert live() == before
    assert gone() is None


@pytest.mark.parametrize("enabled", [True, False])
def test_gradient_mode_is_as_it_was_after_everything(
    stock: StockPipeline, enabled: bool
) -> None:
    with torch.set_grad_enabled(enabled):
        one, other = (begun(stock, make_spec(seed=seed)) for seed in (1, 2))
        assert torch.is_grad_enabled() is enabled
        one.step()
        other.step()
        assert torch.is_grad_enabled() is enabled
        one.close()
        assert torch.is_grad_enabled() is enabled
        finished(other)
        assert torch.is_grad_enabled() is enabled


def test_exact_and_shared_samples_do_not_disturb_each_other(folder: Path) -> None:
    pipeline = load(folder)
    engine = make_engine(StableDiffusion(pipeline))
    specs = [
        make_spec(id="shared", num_inference_steps=4),
        make_spec(id="exact", is_exact=True, num_inference_steps=4),
        make_spec(id="heun", sampler="heun", num_inference_steps=3),
        make_spec(id="exact heun", sampler="heun", is_exact=True),
    ]
    own = dict(pipeline.scheduler.__dict__)
    samples = [engine.begin(spec, engine.plan(spec)) for spec in specs]
    for _ in range(2):
        for batch in by_key(samples):
            engine.step(batch, max_rows=64)
    assert [sample.steps_done for sample in samples] == [2] * 4
    assert pipeline.scheduler.__dict__.keys() == own.keys()
    for sample in samples:
        while sample.steps_done < sample.plan.steps:
            engine.step([sample], max_rows=64)
    images = [engine.decode([sample]).result()[0] for sample in samples]
    for spec, image in zip(specs, images, strict=True):
        assert isinstance(image, Image.Image)
        alone = paint_alone(engine, spec).image
        if spec.is_exact:
            assert image.tobytes() == alone.tobytes()
    assert is_stock(pipeline, specs[1], images[1])  # type: ignore[arg-type]  # an image


@pytest.mark.parametrize(
    "source",
    [
        None,
        source_image(masked=False, strength=0.3),
        source_image(masked=True, strength=0.95),
    ],
    ids=lambda source: f"strength {source.strength}" if source else "text",
)
@pytest.mark.parametrize("sampler", OF_EVERY_KIND)
def test_a_plan_counts_the_passes(
    stock: StockPipeline, pipeline: Any, sampler: str, source: Any
) -> None:
    spec = make_spec(sampler=sampler, source=source, num_inference_steps=5)
    passes = 0

    def count(*_: Any) -> None:
        nonlocal passes
        passes += 1

    hook = pipeline.unet.register_forward_pre_hook(count)
    try:
        sample = begun(stock, spec)
        for _ in range(sample.plan.steps):
            sample.step()
            assert not sample.run.dead
        assert passes == sample.plan.steps
        finished(sample)
        assert passes == sample.plan.steps
    finally:
        hook.remove()
    assert len(make_engine(StableDiffusion(pipeline))._samplings.of(spec)) == passes


def test_numbers_that_are_no_image_are_no_image(folder: Path) -> None:
    broken = load(folder)
    broken.vae.decoder.conv_out.weight.data.fill_(torch.nan)
    sample = begun(StockPipeline(broken, "tiny", "cpu", "float32"), make_spec())
    (error,) = sample.finish().result()
    assert isinstance(error, EngineFailed)


def test_a_run_that_fails_takes_no_other_with_it(
    stock: StockPipeline, pipeline: Any
) -> None:
    spec = make_spec()
    kept, failing = begun(stock, spec), begun(stock, make_spec(seed=1))
    kept.step()

    def full(*_: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    # It waits before its first pass, behind the hooks of that.
    failing.step()
    hook = pipeline.unet.register_forward_pre_hook(full)
    try:
        with pytest.raises(OutOfMemory), device_faults_named("An image"):
            failing.step()
    finally:
        hook.remove()
    assert failing.steps_done == 1
    failing.close()
    assert is_stock(pipeline, spec, finished(kept))


def test_a_prompt_that_is_cut_is_said_to_be(stock: StockPipeline) -> None:
    assert stock.plan(make_spec(prompt="z" * 200)).warnings == (
        "The prompt is 202 tokens long; the model read the first 77.",
    )
    assert stock.plan(make_spec()).warnings == ()


def test_every_run_is_alone_in_its_batch(stock: StockPipeline) -> None:
    plans = [stock.plan(make_spec(id=name)) for name in ("one", "other")]
    assert plans[0].key != plans[1].key
    assert [plan.rows for plan in plans] == [2, 2]
    assert stock.plan(make_spec(guidance_scale=1.0)).rows == 1


def test_the_memory_of_all_parts_counts(stock: StockPipeline, pipeline: Any) -> None:
    parts = (pipeline.unet, pipeline.vae, pipeline.text_encoder)
    parameters = sum(each.numel() for part in parts for each in part.parameters())
    assert stock.memory_bytes >= 4 * parameters

"""The engine that runs stock diffusers pipelines, on tiny random models."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
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
    StableDiffusionPipeline,
)
from PIL.Image import Image

from easel.errors import OutOfMemory
from easel.text2image.engines.base import ModelUnavailable, Painting, Stopped
from easel.text2image.engines.whole_pipeline import WholePipelineEngine
from tests.text2image.engines.tiny_models import save_flux, save_stable_diffusion

# Stochastic ones and ones with more passes than steps among them.
SAMPLERS = [
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    HeunDiscreteScheduler,
    LCMScheduler,
    PNDMScheduler,
]


class Recorder:
    """Writes down what an engine tells, and stops it after a step if asked."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.heard: list[str] = []
        self.previews: list[Sequence[Image]] = []
        self._stop_after = stop_after

    def denoising(self) -> None:
        self.heard.append("denoising")

    def step(self, step: int, previews: Callable[[], Sequence[Image]]) -> None:
        self.heard.append(f"step {step}")
        self.previews.append(previews())
        if step == self._stop_after:
            raise Stopped


def painting(**changes: Any) -> Painting:
    fields: dict[str, Any] = {
        "prompt": "a cat",
        "negative_prompt": None,
        "width": 64,
        "height": 32,
        "num_inference_steps": 3,
        "guidance_scale": 4.0,
        "seeds": (7,),
    }
    return Painting(**(fields | changes))


@pytest.fixture(scope="module")
def tiny_sd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_stable_diffusion(tmp_path_factory.mktemp("models") / "tiny-sd")


@pytest.fixture(scope="module")
def stable_diffusion(tiny_sd: Path) -> WholePipelineEngine:
    return WholePipelineEngine.load(str(tiny_sd), "cpu", "auto")


@pytest.fixture(scope="module")
def flux(tmp_path_factory: pytest.TempPathFactory) -> WholePipelineEngine:
    folder = save_flux(tmp_path_factory.mktemp("models") / "tiny-flux")
    return WholePipelineEngine.load(str(folder), "cpu", "auto")


@pytest.fixture(params=["stable_diffusion", "flux"])
def engine(request: pytest.FixtureRequest) -> WholePipelineEngine:
    loaded: WholePipelineEngine = request.getfixturevalue(request.param)
    return loaded


def pixels(image: Image) -> Any:
    return np.asarray(image).astype(int)


def test_every_step_is_told_with_a_preview_of_each_image(
    engine: WholePipelineEngine,
) -> None:
    recorder = Recorder()
    painted = engine.paint(painting(seeds=(1, 2)), recorder)
    assert recorder.heard == ["denoising", "step 1", "step 2", "step 3"]
    assert [len(previews) for previews in recorder.previews] == [2, 2, 2]
    assert all(image.size == (32, 16) for image in recorder.previews[-1])
    assert [image.size for image in painted.images] == [(64, 32)] * 2


def test_stopped_means_no_further_step(engine: WholePipelineEngine) -> None:
    recorder = Recorder(stop_after=2)
    with pytest.raises(Stopped):
        engine.paint(painting(num_inference_steps=9), recorder)
    assert recorder.heard == ["denoising", "step 1", "step 2"]
    after = Recorder()
    engine.paint(painting(), after)
    assert after.heard == ["denoising", "step 1", "step 2", "step 3"]


def test_the_seed_decides_and_company_changes_at_most_a_shade(
    engine: WholePipelineEngine,
) -> None:
    alone = engine.paint(painting(seeds=(5,)), Recorder()).images[0]
    again = engine.paint(painting(seeds=(5,)), Recorder()).images[0]
    other, together = engine.paint(painting(seeds=(4, 5)), Recorder()).images
    assert (pixels(alone) == pixels(again)).all()
    assert abs(pixels(alone) - pixels(together)).max() <= 2
    assert abs(pixels(alone) - pixels(other)).max() > 2


def with_sampler(folder: Path, target: Path, sampler: Any) -> Path:
    """A copy of a model with another scheduler."""
    shutil.copytree(folder, target)
    pipeline: Any = StableDiffusionPipeline.from_pretrained(target, dtype=torch.float32)
    # As Stable Diffusion ships it; with PRK steps PNDM needs more steps than we take.
    pipeline.scheduler = sampler.from_config(
        pipeline.scheduler.config, skip_prk_steps=True
    )
    pipeline.save_pretrained(target)
    return target


# diffusers' schedulers hand torch tensors to NumPy 2 in a way that it deprecates.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda sampler: sampler.__name__)
def test_the_picture_is_bit_equal_to_the_stock_pipelines_with_any_sampler(
    tiny_sd: Path, tmp_path: Path, sampler: Any
) -> None:
    folder = with_sampler(tiny_sd, tmp_path / "tiny-sd", sampler)
    engine = WholePipelineEngine.load(str(folder), "cpu", "auto")
    stock: Any = StableDiffusionPipeline.from_pretrained(folder, dtype=torch.float32)
    stock.set_progress_bar_config(disable=True)
    expected = stock(
        "a cat",
        negative_prompt="fog",
        width=64,
        height=32,
        num_inference_steps=3,
        guidance_scale=4.0,
        generator=torch.Generator("cpu").manual_seed(7),
    ).images[0]
    recorder = Recorder()
    ours = engine.paint(painting(negative_prompt="fog"), recorder)
    assert (pixels(ours.images[0]) == pixels(expected)).all()
    assert recorder.heard == ["denoising", "step 1", "step 2", "step 3"]


def test_a_model_describes_itself(
    stable_diffusion: WholePipelineEngine, flux: WholePipelineEngine
) -> None:
    sd, fl = stable_diffusion.model, flux.model
    assert (sd.id, sd.pipeline, sd.sampler) == (
        "tiny-sd",
        "StableDiffusionPipeline",
        "ddim",
    )
    assert (sd.defaults.width, sd.sizes.multiple_of, sd.max_prompt_tokens) == (
        64,
        2,
        77,
    )
    assert sd.features.negative_prompt
    assert (fl.pipeline, fl.sampler) == ("FluxPipeline", "flow_match_euler")
    assert (fl.sizes.multiple_of, fl.max_prompt_tokens) == (4, 128)
    assert not fl.features.negative_prompt
    assert fl.defaults.guidance_scale == 3.5


def test_a_prompt_that_is_cut_is_said_to_be(
    stable_diffusion: WholePipelineEngine,
) -> None:
    painted = stable_diffusion.paint(painting(prompt="z" * 200), Recorder())
    assert painted.warnings == (
        "The prompt is 202 tokens long; the model read the first 77.",
    )


def test_out_of_memory_names_the_size(
    stable_diffusion: WholePipelineEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(*_: Any, **__: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(stable_diffusion._pipeline.unet, "forward", too_large)
    with pytest.raises(OutOfMemory, match="64 x 32"):
        stable_diffusion.paint(painting(), Recorder())


def damaged(folder: Path, target: Path, file: str, keep_bytes: int | None) -> Path:
    """A copy of a model with one file cut short, or gone."""
    for source in folder.rglob("*"):
        if source.is_file():
            copy = target / source.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(source.read_bytes())
    content = (target / file).read_bytes()
    (target / file).unlink()
    if keep_bytes is not None:
        (target / file).write_bytes(content[:keep_bytes])
    return target


@pytest.mark.parametrize(
    ("file", "keep_bytes"),
    [
        ("unet/diffusion_pytorch_model.safetensors", 1000),
        ("unet/diffusion_pytorch_model.safetensors", None),
        ("text_encoder/model.safetensors", 1000),
        ("unet/config.json", 20),
        ("model_index.json", 30),
        ("model_index.json", None),
        ("tokenizer/tokenizer.json", 50),
    ],
)
def test_damaged_files_are_one_line_not_a_traceback(
    tiny_sd: Path, tmp_path: Path, file: str, keep_bytes: int | None
) -> None:
    folder = damaged(tiny_sd, tmp_path / "damaged", file, keep_bytes)
    with pytest.raises(ModelUnavailable) as refusal:
        WholePipelineEngine.load(str(folder), "cpu", "auto")
    assert "\n" not in str(refusal.value)
    assert "damaged" in str(refusal.value)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("./nowhere", "no such folder"),
        ("nowhere", "no such folder"),
        ("somebody/something", "model hub"),
    ],
)
def test_a_model_that_does_not_exist_is_said_not_to(model: str, reason: str) -> None:
    with pytest.raises(ModelUnavailable, match=reason):
        WholePipelineEngine.load(model, "cpu", "auto")


def test_a_gpu_that_failed_for_good_makes_the_model_unavailable(
    stable_diffusion: WholePipelineEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    monkeypatch.setattr(stable_diffusion._pipeline.unet, "forward", broken)
    with pytest.raises(ModelUnavailable, match="the GPU failed"):
        stable_diffusion.paint(painting(), Recorder())


def test_a_device_that_is_not_there_is_refused(tiny_sd: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(ModelUnavailable, match="no cuda device"):
        WholePipelineEngine.load(str(tiny_sd), "cuda", "auto")

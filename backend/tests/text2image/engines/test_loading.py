"""Folders become engines, or one line that says why not."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from easel.text2image.engines import LoadOptions, load_engine, weight_bytes
from easel.text2image.engines.base import AnyEngine, ModelUnavailable
from easel.text2image.engines.batched import BatchedEngine
from easel.text2image.engines.light.engine import LightEngine
from easel.text2image.engines.load_options import RuntimeChoice
from easel.text2image.engines.load_progress import LoadProgress
from easel.text2image.engines.whole_pipeline import WholePipelineEngine
from easel.text2image.settings import EMBEDDED_MODEL
from tests.text2image.engines.tiny_models import save_flux, save_stable_diffusion

OPTIONS = LoadOptions(device="cpu", dtype="auto")


@pytest.fixture(scope="module")
def tiny_sd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_stable_diffusion(tmp_path_factory.mktemp("models") / "tiny-sd")


@pytest.fixture
def own_sd(tiny_sd: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    folder = tmp_path / "tiny-sd"
    shutil.copytree(tiny_sd, folder)
    return folder


def load(model: Path | str, **changes: Any) -> AnyEngine:
    return load_engine(str(model), replace(OPTIONS, **changes), lambda _: None)


@pytest.mark.parametrize("save", [save_stable_diffusion, save_flux])
def test_progress_grows_to_one(tmp_path: Path, save: Any) -> None:
    told: list[float] = []
    folder = save(tmp_path / "tiny")
    (folder / "easel.json").write_text('{"default_width": 64, "default_height": 64}')
    load_engine(str(folder), OPTIONS, told.append)
    assert told == sorted(set(told))
    assert told[-1] == 1.0
    # Within components too, as their tensors come.
    assert len(told) > 10


def test_progress_is_weighed_by_bytes() -> None:
    told: list[float] = []
    progress = LoadProgress({"unet": 90, "vae": 10}, told.append)
    with progress.phase(0.5):
        progress.part_of_component("unet", 0.5)
        progress.component_done("unet")
        progress.component_done("scheduler")
    with progress.phase(0.5):
        progress.component_done("vae")
    assert told == pytest.approx([0.225, 0.45, 0.5, 0.55, 1.0])


def test_what_has_a_family_shares_passes_and_what_has_none_runs_whole(
    tiny_sd: Path, own_sd: Path
) -> None:
    assert isinstance(load(tiny_sd), BatchedEngine)
    index = own_sd / "model_index.json"
    index.write_text(
        json.dumps(
            json.loads(index.read_text("utf-8"))
            | {"_class_name": "StableDiffusionPAGPipeline"}
        )
    )
    engine = load(own_sd)
    assert isinstance(engine, WholePipelineEngine)
    assert engine.model.pipeline == "StableDiffusionPAGPipeline"


def test_weights_are_estimated_from_the_heads_of_their_files(tiny_sd: Path) -> None:
    estimate = weight_bytes(str(tiny_sd), OPTIONS)
    # Position numbers and the like are made, not read.
    assert load(tiny_sd).memory_bytes == pytest.approx(estimate, rel=0.01)
    halved = weight_bytes(str(tiny_sd), replace(OPTIONS, dtype="bfloat16"))
    assert halved == pytest.approx(estimate / 2, rel=0.01)
    in_bytes = weight_bytes(str(tiny_sd), replace(OPTIONS, quantize="int8"))
    assert in_bytes < estimate


def test_other_variants_of_the_weights_do_not_count(own_sd: Path) -> None:
    estimate = weight_bytes(str(own_sd), OPTIONS)
    weights = own_sd / "unet" / "diffusion_pytorch_model.safetensors"
    shutil.copy(weights, weights.with_name("diffusion_pytorch_model.fp16.safetensors"))
    shutil.copy(weights, weights.with_name("diffusion_pytorch_model.bin"))
    shutil.copytree(own_sd / "unet", own_sd / "not-in-the-index")
    assert weight_bytes(str(own_sd), OPTIONS) == estimate


def test_the_test_pattern_needs_no_torch() -> None:
    script = (
        "import sys; from easel.text2image import engines as e;"
        "o = e.LoadOptions(device='auto', dtype='auto');"
        "e.describe_model('fake', o); e.load_engine('fake', o, print);"
        "e.weight_bytes('fake', o); sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def damaged(folder: Path, file: str, keep_bytes: int | None) -> Path:
    """One file cut short, or gone."""
    content = (folder / file).read_bytes()
    # The folder may be made of links.
    (folder / file).unlink()
    if keep_bytes is not None:
        (folder / file).write_bytes(content[:keep_bytes])
    return folder


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
    tmp_path: Path, tiny_sd: Path, file: str, keep_bytes: int | None
) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(tiny_sd, folder)
    with pytest.raises(ModelUnavailable) as refusal:
        load(damaged(folder, file, keep_bytes))
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
    with pytest.raises(ModelUnavailable, match=reason) as refusal:
        load(model)
    assert "\n" not in str(refusal.value)


def test_a_model_that_does_not_paint_is_unavailable(own_sd: Path) -> None:
    """An inpainting UNet of nine channels, for which its pipeline has no mask."""
    from diffusers import UNet2DConditionModel

    config = UNet2DConditionModel.load_config(own_sd / "unet") | {"in_channels": 9}
    UNet2DConditionModel.from_config(config).save_pretrained(own_sd / "unet")
    with pytest.raises(ModelUnavailable, match="does not paint"):
        load(own_sd)


def test_weights_that_are_no_numbers_do_not_paint(own_sd: Path) -> None:
    from safetensors.torch import load_file, save_file

    file = own_sd / "vae" / "diffusion_pytorch_model.safetensors"
    weights = load_file(file)
    save_file(
        {name: torch.full_like(each, torch.nan) for name, each in weights.items()},
        file,
        metadata={"format": "pt"},
    )
    with pytest.raises(ModelUnavailable, match="does not paint"):
        load(own_sd)


def test_a_device_that_is_not_there_is_refused(tiny_sd: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(ModelUnavailable, match="no cuda device"):
        load(tiny_sd, device="cuda")


@pytest.mark.parametrize("error", [MemoryError(), torch.OutOfMemoryError("CUDA")])
def test_a_model_that_is_too_large_says_so(
    tiny_sd: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    from diffusers import UNet2DConditionModel

    def too_large(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(UNet2DConditionModel, "to", too_large)
    with pytest.raises(ModelUnavailable, match="'tiny-sd' does not fit"):
        load(tiny_sd)


def test_a_model_s_own_safety_checker_is_left_out_and_said_to_be(
    own_sd: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It would blacken exact images only, and tell nobody."""
    index = own_sd / "model_index.json"
    entries = json.loads(index.read_text("utf-8"))
    entries["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    index.write_text(json.dumps(entries), encoding="utf-8")
    with caplog.at_level("INFO"):
        # Without the checker's files: whoever tried to load it would fail.
        load_engine(str(own_sd), LoadOptions("cpu", "auto"), lambda _: None)
    assert "its own safety checker is not used" in caplog.text


@pytest.mark.parametrize(
    ("runtime", "engine_class"),
    # A CPU is asked for, so it is the light one that is chosen.
    [("torch", BatchedEngine), ("onnx", LightEngine), ("auto", LightEngine)],
)
def test_the_embedded_model_loads(
    runtime: RuntimeChoice, engine_class: type[AnyEngine]
) -> None:
    told: list[float] = []
    engine = load_engine(EMBEDDED_MODEL, replace(OPTIONS, runtime=runtime), told.append)
    assert isinstance(engine, engine_class)
    assert engine.model.id == EMBEDDED_MODEL
    assert engine.device == "cpu"
    assert told == sorted(set(told))
    assert told[-1] == 1.0


@pytest.mark.parametrize("runtime", ["torch", "onnx"])
def test_the_embedded_models_weights_are_estimated(runtime: RuntimeChoice) -> None:
    options = replace(OPTIONS, runtime=runtime)
    loaded = load_engine(EMBEDDED_MODEL, options, lambda _: None).memory_bytes
    assert loaded == pytest.approx(weight_bytes(EMBEDDED_MODEL, options), rel=0.01)

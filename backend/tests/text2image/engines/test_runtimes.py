"""Which library runs which model, and what is said where it is not installed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from easel.text2image.engines import LoadOptions, runtimes
from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.engines.runtimes import runtime_of
from easel.text2image.settings import EMBEDDED_MODEL
from tests.text2image.engines.tiny_models import save_stable_diffusion

ON_CPU = LoadOptions(device="cpu", dtype="auto")
ANYWHERE = LoadOptions(device="auto", dtype="auto")
# What ONNX Runtime does not do.
TORCH_ONLY: list[dict[str, Any]] = [
    {"device": "cuda"},
    {"dtype": "bfloat16"},
    {"compile": True},
    {"quantize": "int8"},
    {"offload": "model"},
    {"lora_dir": Path("loras")},
]


@pytest.fixture
def no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "is_torch_installed", lambda: False)


@pytest.fixture(scope="module")
def without_graphs(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_stable_diffusion(tmp_path_factory.mktemp("models") / "tiny-sd"))


@pytest.mark.parametrize("has_gpu", [False, True])
def test_a_gpu_is_for_torch_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, has_gpu: bool
) -> None:
    monkeypatch.setattr(runtimes, "_torch_has_a_gpu", lambda: has_gpu)
    found = "torch" if has_gpu else "onnx"
    assert runtime_of(EMBEDDED_MODEL, ANYWHERE) == found
    assert runtime_of(EMBEDDED_MODEL, ON_CPU) == "onnx"
    assert runtime_of(EMBEDDED_MODEL, replace(ANYWHERE, runtime="onnx")) == "onnx"
    assert runtime_of(EMBEDDED_MODEL, replace(ON_CPU, runtime="torch")) == "torch"


@pytest.mark.parametrize("changes", TORCH_ONLY, ids=str)
def test_what_only_torch_does_chooses_torch_or_is_refused(
    changes: dict[str, Any],
) -> None:
    options = replace(ON_CPU, **changes)
    assert runtime_of(EMBEDDED_MODEL, options) == "torch"
    (name,) = changes
    flag = "--" + name.replace("_", "-")
    with pytest.raises(ModelUnavailable, match=f"^--runtime onnx will not do: {flag} "):
        runtime_of(EMBEDDED_MODEL, replace(options, runtime="onnx"))


def test_models_without_graphs_are_torchs(without_graphs: str) -> None:
    for model in (without_graphs, "somebody/something"):
        assert runtime_of(model, ON_CPU) == "torch"
    with pytest.raises(ModelUnavailable, match="'tiny-sd': it carries no ONNX graphs"):
        runtime_of(without_graphs, replace(ON_CPU, runtime="onnx"))


@pytest.mark.usefixtures("no_torch")
def test_without_torch_one_line_says_what_to_install(without_graphs: str) -> None:
    assert runtime_of(EMBEDDED_MODEL, ON_CPU) == "onnx"
    for model, options, why in (
        (without_graphs, ANYWHERE, "'tiny-sd': it carries no ONNX graphs"),
        ("somebody/something", ANYWHERE, "comes from the model hub"),
        (EMBEDDED_MODEL, replace(ON_CPU, runtime="torch"), "--runtime torch"),
        (EMBEDDED_MODEL, replace(ON_CPU, compile=True), "--compile works with torch"),
    ):
        with pytest.raises(ModelUnavailable) as refusal:
            runtime_of(model, options)
        assert why in str(refusal.value)
        assert "pip install -r requirements-torch.txt" in str(refusal.value)
        assert "\n" not in str(refusal.value)
    backend = Path(__file__).parents[3]
    assert (backend / runtimes.TORCH_LOCK).is_file()


def test_a_model_that_does_not_exist_is_not_torchs_fault() -> None:
    with pytest.raises(ModelUnavailable, match="no such folder"):
        runtime_of("./nowhere", ANYWHERE)

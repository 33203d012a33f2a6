"""Options that change how a model runs; what it paints stays the same to the eye."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from easel.text2image.engines import LoadOptions, acceleration
from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.engines.load_options import Quantization
from tests.text2image.engines.tiny_models import save_flux, save_stable_diffusion
from tests.text2image.engines.tiny_pipelines import loaded, predicted

OPTIONS = LoadOptions(device="cpu", dtype="auto")

needs_torchao = pytest.mark.skipif(
    importlib.util.find_spec("torchao") is None,
    reason="torchao is not installed (the extra `quantize`)",
)


@pytest.fixture
def pipeline(tmp_path: Path) -> Any:
    return loaded(save_stable_diffusion(tmp_path / "tiny-sd"))


@pytest.mark.parametrize(
    ("changes", "device", "reason"),
    [
        ({"offload": "model"}, "cpu", "--offload needs a GPU"),
        ({"offload": "sequential"}, "mps", "--offload needs a GPU"),
        ({"offload": "model", "compile": True}, "cuda", "--compile"),
        ({"offload": "model", "quantize": "int8"}, "cuda", "--quantize"),
        ({"quantize": "fp8", "lora_dir": Path("loras")}, "cuda", "--lora-dir"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_loads(
    changes: Any, device: str, reason: str
) -> None:
    with pytest.raises(ModelUnavailable, match=reason):
        acceleration.refuse_what_cannot_be(replace(OPTIONS, **changes), device)


def test_quantizing_without_its_library_names_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "torchao.quantization", None)
    with pytest.raises(ModelUnavailable, match="pip install"):
        acceleration.refuse_what_cannot_be(replace(OPTIONS, quantize="int8"), "cpu")


@needs_torchao
@pytest.mark.parametrize("quantization", ["int8", "fp8"])
def test_eight_bits_predict_nearly_the_same(
    pipeline: Any, quantization: Quantization
) -> None:
    before = predicted(pipeline)
    acceleration.quantize(pipeline, quantization, "cpu")
    after = predicted(pipeline)
    assert (after != before).any()
    np.testing.assert_allclose(after, before, atol=0.1 * np.abs(before).max())


# The default backend takes a minute on two cores and adds nothing to what is ours.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_compiled_unet_predicts_the_same_and_leaves_hooks_outside(
    pipeline: Any,
) -> None:
    before = predicted(pipeline)
    acceleration.compile_denoiser(pipeline, backend="eager")
    seen: list[Any] = []
    pipeline.unet.register_forward_pre_hook(lambda *_: seen.append(torch.compiler))
    np.testing.assert_allclose(predicted(pipeline), before, atol=1e-5)
    assert len(seen) == 1
    torch.compiler.reset()


def test_of_a_transformer_each_repeated_block_is_compiled(tmp_path: Path) -> None:
    pipeline = loaded(save_flux(tmp_path / "tiny-flux"))
    acceleration.compile_denoiser(pipeline, backend="eager")
    compiled = {
        type(module).__name__
        for module in pipeline.transformer.modules()
        if module._compiled_call_impl is not None
    }
    assert compiled == {"FluxTransformerBlock", "FluxSingleTransformerBlock"}


def test_on_a_cpu_the_layout_stays_and_images_stay_bit_equal(pipeline: Any) -> None:
    before = predicted(pipeline)
    acceleration.use_channels_last(pipeline, "cpu")
    assert (predicted(pipeline) == before).all()

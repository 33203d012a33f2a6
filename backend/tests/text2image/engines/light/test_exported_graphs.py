"""A folder with graphs of `training/export_onnx.py` and a variational autoencoder.

Its weights are random; what they prove is that every part is exported and driven as the
stock pipeline drives it.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from diffusers import StableDiffusionPipeline as Pipeline

from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.engines.model_source import open_source
from easel.text2image.settings import EMBEDDED_MODEL
from tests.text2image.engines.driven_engine import SOURCES, assert_same, make_spec
from tests.text2image.engines.light.light_engines import (
    light_engine,
    paint,
    stock_pipeline,
)
from tests.text2image.engines.stock_equality import paint_stock

ROOT = Path(__file__).parents[5]

pytestmark = [
    # diffusers' schedulers hand torch tensors to NumPy 2 in a way that it deprecates.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    # Tracing four graphs takes a minute where two other processes are busy.
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    torch.manual_seed(0)
    embedded = stock_pipeline(open_source(EMBEDDED_MODEL).folder)
    made: Any = Pipeline(
        vae=AutoencoderKL(
            block_out_channels=(8, 8, 8),
            down_block_types=("DownEncoderBlock2D",) * 3,
            up_block_types=("UpDecoderBlock2D",) * 3,
            latent_channels=4,
            norm_num_groups=4,
            scaling_factor=0.7,
        ),
        text_encoder=embedded.text_encoder,
        tokenizer=embedded.tokenizer,
        unet=UNet2DConditionModel(
            sample_size=8,
            in_channels=4,
            out_channels=4,
            block_out_channels=(8, 16),
            layers_per_block=1,
            norm_num_groups=4,
            attention_head_dim=4,
            cross_attention_dim=384,
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        ),
        scheduler=DDIMScheduler(steps_offset=1, clip_sample=False),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    made.to(dtype=torch.float16).save_pretrained(folder)
    subprocess.run(
        [sys.executable, ROOT / "training/export_onnx.py", folder],
        check=True,
        cwd=ROOT / "training",
        capture_output=True,
    )
    return folder


def test_all_that_it_paints_is_the_stock_pipelines(exported: Path) -> None:
    engine, stock = light_engine(exported), stock_pipeline(exported)
    for source in SOURCES.values():
        spec = make_spec(source=source, num_inference_steps=4)
        assert_same(paint(engine, [spec])[spec.id], paint_stock(stock, spec))


def test_graphs_hold_no_weights(exported: Path) -> None:
    weights = sum(file.stat().st_size for file in exported.rglob("*.safetensors"))
    graphs = sum(file.stat().st_size for file in exported.rglob("*.onnx"))
    assert weights > 16_000_000
    assert graphs < 1_000_000
    for file in exported.rglob("*.onnx"):
        assert str(ROOT).encode() not in file.read_bytes()


def test_a_graph_is_not_used_with_other_weights(exported: Path, tmp_path: Path) -> None:
    """Its places would be others' numbers."""
    folder = tmp_path / "tiny"
    shutil.copytree(exported, folder)
    config = folder / "unet" / "config.json"
    changed = json.loads(config.read_text("utf-8")) | {"norm_eps": 0.1}
    config.write_text(json.dumps(changed), encoding="utf-8")
    with pytest.raises(ModelUnavailable, match="made for other weights"):
        light_engine(folder)


@pytest.mark.parametrize(
    "file", ["unet/model.onnx", "vae/config.json", "tokenizer/tokenizer.json"]
)
def test_damaged_files_are_one_line_not_a_traceback(
    exported: Path, tmp_path: Path, file: str
) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(exported, folder)
    content = (folder / file).read_bytes()
    (folder / file).write_bytes(content[:50])
    with pytest.raises(ModelUnavailable) as refusal:
        light_engine(folder)
    assert "\n" not in str(refusal.value)


def test_weights_that_are_no_numbers_do_not_paint(
    exported: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "tiny"
    shutil.copytree(exported, folder)
    file = folder / "vae" / "diffusion_pytorch_model.safetensors"
    weights = load_file(file)
    save_file(
        {name: torch.full_like(each, torch.nan) for name, each in weights.items()},
        file,
        metadata={"format": "pt"},
    )
    with pytest.raises(ModelUnavailable, match="does not paint"):
        light_engine(folder)

"""From the art to a folder that stock diffusers paints with, by the commands that the
README gives.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from stock import AutoPipelineForText2Image, UNet2DConditionModel

TRAINING = Path(__file__).parents[1]
ART = TRAINING / "node_modules"
TINY = Path(__file__).with_name("tiny.toml")
STAGE_FOLDERS = ("autoencoder", "autoencoder-polished", "core", "unet")


def run(program: str, *arguments: str | Path) -> str:
    command = [sys.executable, TRAINING / program, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout + ended.stderr


@pytest.mark.skipif(not ART.exists(), reason="needs the art: npm ci in training/")
def test_every_stage_runs_and_the_folder_paints(tmp_path: Path) -> None:
    work, out = tmp_path / "work", tmp_path / "model"
    run("train.py", "all", "--config", TINY, "--work", work, "--threads", "1")
    assert all((work / folder / "config.json").exists() for folder in STAGE_FOLDERS)

    again = run("train.py", "all", "--config", TINY, "--work", work)
    assert "step" not in again  # what is finished is not done twice

    run("package.py", "--work", work, "--out", out)
    pipeline = AutoPipelineForText2Image.from_pretrained(out, dtype=torch.float32)
    picture = pipeline("a cat", num_inference_steps=2).images[0]
    assert picture.size == (128, 128)
    assert any(darkest < brightest for darkest, brightest in picture.getextrema())

    (work / "unet").rename(work / "unet-before")
    start = ("--start", out / "unet")
    run("train.py", "unet", "--config", TINY, "--work", work, *start)
    before, after = (
        torch.nn.utils.parameters_to_vector(
            UNet2DConditionModel.from_pretrained(folder).parameters()
        )
        for folder in (work / "unet-before", work / "unet")
    )
    # Neither the same weights nor fresh ones.
    assert 0 < (after - before).norm() < 0.5 * before.norm()

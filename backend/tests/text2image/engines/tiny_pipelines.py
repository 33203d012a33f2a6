"""Stock pipelines of tiny models, without any engine of ours."""

from pathlib import Path
from typing import Any

import torch

from easel.text2image.engines.quiet_libraries import import_diffusers


def loaded(folder: Path) -> Any:
    auto = import_diffusers().AutoPipelineForText2Image
    pipeline = auto.from_pretrained(folder, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def predicted(pipeline: Any) -> Any:
    """One denoiser pass."""
    with torch.no_grad():
        return pipeline.unet(
            torch.ones(1, 4, 16, 16),
            torch.tensor([10.0]),
            encoder_hidden_states=torch.ones(1, 7, 32),
        ).sample.numpy()

"""Write the trained parts as a diffusers folder: `package.py --out models/easel-mini`.

Weights are stored in half precision; load them with an explicit dtype
(`dtype=torch.float32` on a CPU), because transformers and diffusers choose different
ones by themselves.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import torch
from export_onnx import export
from sample_grid import stock_pipeline
from stock import AutoencoderKL, UNet2DConditionModel
from text_encoder import MAX_TOKENS, TextEncoder

PARTS = ("scheduler", "text_encoder", "tokenizer", "unet", "vae")
LARGEST_WEIGHTS_BYTES = 40_000_000


def package(unet: Path, autoencoder: Path, text: Path, out: Path) -> int:
    """Write the five parts, `model_index.json` and the graphs to `out`; the rest stays.
    Returns the size of the weights in bytes.
    """
    encoder = TextEncoder(text, torch.device("cpu"))
    encoder.tokenizer.model_max_length = MAX_TOKENS
    # The pipeline never calls the pooler, and random weights cannot be reproduced.
    for parameter in encoder.model.pooler.parameters():
        torch.nn.init.zeros_(parameter)
    pipeline = stock_pipeline(
        UNet2DConditionModel.from_pretrained(unet),
        AutoencoderKL.from_pretrained(autoencoder),
        encoder,
    )
    for part in PARTS:
        shutil.rmtree(out / part, ignore_errors=True)
    pipeline.to(dtype=torch.float16).save_pretrained(out)
    _make_portable(out)
    # Last: graphs fit exactly the configs and weights that they were made for.
    export(out)
    size = sum(path.stat().st_size for path in out.rglob("*.safetensors"))
    if size > LARGEST_WEIGHTS_BYTES:
        raise RuntimeError(
            f"{out} has {size} bytes of weights, more than {LARGEST_WEIGHTS_BYTES}"
        )
    return size


def _make_portable(out: Path) -> None:
    """Forget the folders that the parts came from; let everyone read the weights."""
    for path in out.rglob("*"):
        if path.is_file():
            path.chmod(0o644)
        if path.name == "config.json":
            config = json.loads(path.read_text(encoding="utf-8"))
            config.pop("_name_or_path", None)
            path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Parse the command line and package."""
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=here / "work")
    parser.add_argument(
        "--text", type=Path, default=here.parent / "models" / "easel-mini"
    )
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    polished = options.work / "autoencoder-polished"
    autoencoder = polished if polished.exists() else options.work / "autoencoder"
    size = package(options.work / "unet", autoencoder, options.text, options.out)
    print(f"{options.out}: {size / 1e6:.1f} MB of weights")  # noqa: T201  # the command's answer


if __name__ == "__main__":
    main()

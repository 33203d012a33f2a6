"""The stock diffusers pipeline without any server: what `serving_tax` compares with.

A process of its own. Reads requests as JSON lines, answers each with the seconds of
the pipeline's call, those of Pillow's PNG encoder, and the image.
"""

# ruff: noqa: T201 - its standard output is its answer

import argparse
import base64
import io
import json
import os
import sys
import time
from typing import Any

from .arguments import parser

# As the server's own threads, and before torch is imported.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")


def main() -> None:
    """Say `{}` once it is warm; end with the input."""
    pipeline, device = _pipeline(parser(__doc__).parse_args())
    warm_up = {"prompt": "warm-up", "seed": 0, "num_inference_steps": 2}
    _painted(pipeline, device, warm_up)
    print("{}", flush=True)
    for line in sys.stdin:
        print(json.dumps(_painted(pipeline, device, json.loads(line))), flush=True)


def _pipeline(arguments: argparse.Namespace) -> tuple[Any, str]:
    from easel.text2image.engines.devices import choose_device, choose_dtype
    from easel.text2image.engines.model_source import open_source
    from easel.text2image.engines.quiet_libraries import import_diffusers

    device = choose_device(arguments.device)
    pipeline = import_diffusers().AutoPipelineForText2Image.from_pretrained(
        open_source(arguments.model).folder,
        dtype=choose_dtype(arguments.dtype, device),
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(device), device


def _painted(pipeline: Any, device: str, request: dict[str, Any]) -> dict[str, object]:
    import torch

    generator = torch.Generator("cpu").manual_seed(request.pop("seed"))
    began_at = time.perf_counter()
    image = pipeline(**request, generator=generator).images[0]
    painted_at = time.perf_counter()
    file = io.BytesIO()
    # The server's options, without its metadata.
    image.save(file, "PNG", compress_level=4)
    encoded_at = time.perf_counter()
    return {
        "pipeline_s": painted_at - began_at,
        "png_s": encoded_at - painted_at,
        "total_s": encoded_at - began_at,
        "png": base64.b64encode(file.getvalue()).decode(),
    }


if __name__ == "__main__":
    main()

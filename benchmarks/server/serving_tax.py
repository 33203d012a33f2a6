"""What the server adds to the bare diffusers pipeline, one generation at a time.

Bare: the pipeline's call, to a PIL image, to PNG bytes; in a process of its own.
Served: POST /generate over a socket with Accept: image/png, until the last byte;
queue, metadata, file on disk and HTTP included. Both processes have
torch's default threads and the server's OpenMP setting, both live all the time and one
works at a time, in short blocks that alternate: a drift of the machine meets both.
The same prompts and seeds in both, another prompt every time.
"""

import argparse
import asyncio
import base64
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from statistics import median
from typing import Any

from findings.figures import Pair, bootstrap_interval, described, ratio_of_medians

from .arguments import parser, server_flags
from .client import Body, Client, client
from .images import greatest_difference
from .prompts import prompt
from .results import Results
from .server_process import environment, server_process, stop

# A line holds an image of a megapixel and more in base64.
_LINE_BYTES = 64 * 2**20
# Of the bare pipeline, measured and thrown away in both: the first calls are slower.
_WARM_UP = 2


class BarePipeline:
    """The process of `bare_pipeline`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def paint(self, body: Body) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(body).encode() + b"\n")
        await self._process.stdin.drain()
        return await self.answer()

    async def answer(self) -> dict[str, Any]:
        """Raises RuntimeError if the process has ended."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the bare pipeline's process ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


@asynccontextmanager
async def bare_pipeline(arguments: argparse.Namespace) -> AsyncIterator[BarePipeline]:
    """While inside, it is warm."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.server.bare_pipeline"),
        *server_flags(arguments),
        env=environment(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE_BYTES,
    )
    try:
        pipeline = BarePipeline(process)
        await pipeline.answer()
        yield pipeline
    finally:
        await stop(process)


async def served(server: Client, body: Body) -> dict[str, Any]:
    """One generation; the server's own account of it is asked for afterwards."""
    reply = await server.png(body)
    document = await server.document(reply.headers["X-Easel-Generation-Id"])
    timings = document["timings"]
    on_engine_s = sum(timings[f"{part}_s"] for part in ("encode", "denoise", "decode"))
    return {
        "total_s": reply.seconds,
        "engine_s": on_engine_s,
        # The prompt is encoded before a generation is said to have started.
        "queued_s": timings["queued_s"] - timings["encode_s"],
        "store_s": timings["total_s"]
        - sum(timings[f"{part}_s"] for part in ("queued", "denoise", "decode")),
        "http_s": reply.seconds - timings["total_s"],
        "png": reply.content,
    }


async def measure(arguments: argparse.Namespace, results: Results) -> list[list[Pair]]:
    """(bare, served) seconds by blocks."""
    blocks: list[list[Pair]] = []
    async with (
        bare_pipeline(arguments) as bare,
        server_process(arguments) as process,
        client(process.url, connections=1) as server,
    ):
        size = await server.default_size()
        for number in range(_WARM_UP):
            await bare.paint(_body(arguments, size, number))
            await served(server, _body(arguments, size, number))
        for block in range(arguments.blocks):
            first = _WARM_UP + block * arguments.block_size
            numbers = range(first, first + arguments.block_size)
            bodies = [_body(arguments, size, number) for number in numbers]
            pairs = await _block(bare, server, bodies, served_first=block % 2 == 1)
            blocks.append([(one["total_s"], two["total_s"]) for one, two in pairs])
            for one, two in pairs:
                _keep(results, block, one, two)
    return blocks


async def _block(
    bare: BarePipeline,
    server: Client,
    bodies: Sequence[Body],
    *,
    served_first: bool,
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    if served_first:
        twos = [await served(server, body) for body in bodies]
        ones = [await bare.paint(body) for body in bodies]
    else:
        ones = [await bare.paint(body) for body in bodies]
        twos = [await served(server, body) for body in bodies]
    return list(zip(ones, twos, strict=True))


def _keep(
    results: Results, block: int, one: dict[str, Any], two: dict[str, Any]
) -> None:
    levels = greatest_difference(base64.b64decode(one.pop("png")), two.pop("png"))
    results.add("pairs", block=block, bare=one, served=two, greatest_difference=levels)


def _body(arguments: argparse.Namespace, size: Body, number: int) -> Body:
    return {
        **size,
        "prompt": prompt(number),
        "seed": arguments.seed * 1000 + number,
        "num_inference_steps": arguments.steps,
        "guidance_scale": arguments.guidance_scale,
    }


def summarise(results: Results, blocks: Sequence[Sequence[Pair]], *, seed: int) -> None:
    pairs = [pair for block in blocks for pair in block]
    measured: Any = results.measurements["pairs"]
    low, high = bootstrap_interval(blocks, ratio_of_medians, seed=seed)

    def typical_s(side: str, part: str) -> float:
        return float(median(one[side][part] for one in measured))

    engine_s = typical_s("served", "engine_s") - typical_s("bare", "pipeline_s")
    levels = [one["greatest_difference"] for one in measured]
    results.summary |= {
        "generations each": len(pairs),
        "bare, median s": median(pair[0] for pair in pairs),
        "served, median s": median(pair[1] for pair in pairs),
        "tax, ms": 1000 * median(pair[1] - pair[0] for pair in pairs),
        "tax, %": 100 * (ratio_of_medians(pairs) - 1),
        "tax, 95 % interval, %": (100 * (low - 1), 100 * (high - 1)),
        "of it on the engine, ms": 1000 * engine_s,
        "of it until the engine begins, ms": 1000 * typical_s("served", "queued_s"),
        "of it PNG and file beyond bare PNG, ms": 1000
        * (typical_s("served", "store_s") - typical_s("bare", "png_s")),
        "of it HTTP, ms": 1000 * typical_s("served", "http_s"),
        "bit-equal images": sum(level == 0 for level in levels),
        "greatest difference, levels of 255": max(levels),
        "bare, s": str(_brief(described([pair[0] for pair in pairs]))),
        "served, s": str(_brief(described([pair[1] for pair in pairs]))),
    }


def _brief(numbers: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in numbers.items())


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--blocks", type=int, default=40)
    options.add_argument("--block-size", type=int, default=3)
    options.add_argument("--steps", type=int, default=16)
    options.add_argument("--guidance-scale", type=float, default=4.0)
    arguments = options.parse_args()
    results = Results("serving_tax", arguments)
    blocks = asyncio.run(measure(arguments, results))
    summarise(results, blocks, seed=arguments.seed)
    results.write()


if __name__ == "__main__":
    main()

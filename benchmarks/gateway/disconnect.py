"""How soon the upstream is left when the client hangs up, and whether it is at all.

One request at a time: it reaches the upstream, which answers nothing; a moment later
the client's socket is closed. Counted until the upstream's handler is cancelled. A
contender that has not left it within the limit ten times in a row is given up.
"""

# ruff: noqa: T201 - it talks to a person at a terminal

import argparse
import asyncio
import json
import random
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from findings.figures import percentile
from findings.results import Results

from .arguments import parser, require, told
from .contender import Contender, Places
from .contenders import CONTENDERS
from .other_environment import choose_environment, versions
from .processes import ended_on_signals, on_core
from .stub_upstream import StubUpstream, stub_upstream

_COMPARED = ("easel", "easel_openai", "naive", "litellm")
_GIVEN_UP_AFTER = 10
# Between the request's arrival and the hanging up, at most.
_PAUSE_S = 0.05
_ARRIVAL_S = 30.0


async def one_try(
    contender: Contender, upstream: StubUpstream, pause_s: float, limit_s: float
) -> float | None:
    """Seconds until the upstream was left; None if it was not."""
    upstream.forget()
    _, writer = await asyncio.open_connection("127.0.0.1", contender.port)
    writer.write(_request(contender))
    held = await asyncio.wait_for(upstream.arrivals.get(), _ARRIVAL_S)
    await asyncio.sleep(pause_s)
    writer.close()
    hung_up_at_s = time.monotonic()
    try:
        await asyncio.wait_for(held.ended.wait(), limit_s)
    except TimeoutError:
        held.release.set()
        return None
    return None if held.left_at_s is None else held.left_at_s - hung_up_at_s


def _request(contender: Contender) -> bytes:
    body = json.dumps(contender.body).encode()
    fields = {
        "Host": f"127.0.0.1:{contender.port}",
        **contender.headers,
        "Content-Length": str(len(body)),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST {contender.path} HTTP/1.1\r\n{head}\r\n".encode() + body


async def try_contender(
    name: str,
    upstream: StubUpstream,
    places: Places,
    arguments: argparse.Namespace,
    results: Results,
) -> None:
    draw = random.Random(0)
    unnoticed = 0
    with ExitStack() as stack:
        # Its start polls, and this loop has to answer it meanwhile.
        contender = await asyncio.to_thread(
            stack.enter_context, CONTENDERS[name](places)
        )
        # The first is slower for everybody: connections, and code not yet run.
        await one_try(contender, upstream, 0, arguments.limit_s)
        for number in range(arguments.tries):
            pause_s = draw.uniform(0, _PAUSE_S)
            left_s = await one_try(contender, upstream, pause_s, arguments.limit_s)
            results.add("tries", contender=name, number=number, left_s=left_s)
            unnoticed = unnoticed + 1 if left_s is None else 0
            if unnoticed == _GIVEN_UP_AFTER:
                break


def summarise(name: str, results: Results) -> str:
    tries = [
        one["left_s"]
        for one in results.measurements.get("tries", ())
        if one["contender"] == name
    ]
    left_ms = [1000 * float(str(left_s)) for left_s in tries if left_s is not None]
    if not left_ms:
        return f"not left within the limit, {len(tries)} tries"
    return (
        f"p50 {percentile(left_ms, 50):.2f} ms, p99 {percentile(left_ms, 99):.2f} ms, "
        f"{len(tries) - len(left_ms)} of {len(tries)} not left"
    )


async def run(arguments: argparse.Namespace) -> None:
    results = Results(
        "gateway_disconnect",
        arguments.results,
        arguments.machine,
        told(arguments),
        versions(arguments.other_python),
    )
    with tempfile.TemporaryDirectory(prefix="easel-bench-") as folder:
        async with stub_upstream() as upstream:
            places = Places(
                Path(folder),
                arguments.gateway_core,
                upstream.port,
                arguments.other_python,
            )
            with on_core(arguments.load_core):
                for name in arguments.contenders:
                    await try_contender(name, upstream, places, arguments, results)
                    results.summary[name] = summarise(name, results)
                    print(f"{name}: {results.summary[name]}", flush=True)
    results.write()


def main() -> None:
    options = parser(__doc__)
    options.add_argument(
        "--contenders", nargs="+", choices=_COMPARED, default=list(_COMPARED)
    )
    options.add_argument("--tries", type=int, default=200)
    options.add_argument("--limit-s", type=float, default=2.0)
    arguments = options.parse_args()
    require(arguments, "taskset")
    if arguments.quick:
        arguments.tries = 10
    arguments.contenders = choose_environment(arguments)
    with ended_on_signals():
        asyncio.run(run(arguments))


if __name__ == "__main__":
    main()

"""How soon a generation is given up when its client hangs up, wherever it stands.

Under each worker class that the gateway is for, directly and through nginx: while the
generation waits in the server's queue, before its answer begins, and between its
events. The server, with the fake model, paints one image at a time. Counted from the
closing of the client's socket until the server's health no longer counts the
generation. The step under way ends by itself, a step later at most: `cancel_to_free`
says when the next one begins.
"""

# ruff: noqa: T201 - it talks to a person at a terminal

import argparse
import json
import random
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from itertools import product
from pathlib import Path

from findings.figures import percentile
from findings.results import Results

from . import ROOT
from .arguments import parser, require, told
from .other_environment import versions
from .processes import ended_on_signals, free_port, on_core, running
from .upstream import proxy_configuration

CLASSES = ("uvicorn.workers.UvicornWorker", "uvicorn_worker.UvicornWorker", "asgi")
WAYS = ("direct", "nginx")
MOMENTS = ("queued", "before the answer", "between events")

# Longer than any try.
_BODY = b'{"prompt": "a fox in the snow", "num_inference_steps": 200}'
_JSON, _EVENTS = "application/json", "text/event-stream"
_BACKEND = ROOT / "backend"
_GIVE_UP_S = 30.0
_POLL_S = 0.001
# What was promised beyond the step that is under way.
_PROMISED_S = 0.1


class Server:
    """The text-to-image server, asked how much it has to do."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=10)
        self.port = port

    def until(self, running: int, queued: int) -> float:
        """Seconds until it has exactly so much to do.

        Raises:
            TimeoutError: it never had.
        """
        began_at = time.monotonic()
        while (waited_s := time.monotonic() - began_at) < _GIVE_UP_S:
            self._connection.request("GET", "/health")
            health = json.load(self._connection.getresponse())
            if (health["running"], health["queued"]) == (running, queued):
                return time.monotonic() - began_at
            time.sleep(_POLL_S)
        raise TimeoutError(
            f"not {running} running, {queued} queued in {waited_s:.0f} s"
        )


@contextmanager
def asked(port: int, accept: str) -> Iterator[socket.socket]:
    """A generation is asked for; leaving the block hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=_GIVE_UP_S) as client:
        head = (
            "POST /generate HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: {_JSON}\r\nAccept: {accept}\r\n"
            f"Content-Length: {len(_BODY)}\r\n\r\n"
        )
        client.sendall(head.encode() + _BODY)
        yield client


def queued(server: Server, port: int, pause_s: float) -> float:
    with asked(server.port, _JSON):
        server.until(1, 0)
        with asked(port, _JSON):
            server.until(1, 1)
            time.sleep(pause_s)
        free_s = server.until(1, 0)
    server.until(0, 0)
    return free_s


def before_the_answer(server: Server, port: int, pause_s: float) -> float:
    with asked(port, _JSON):
        server.until(1, 0)
        time.sleep(pause_s)
    return server.until(0, 0)


def between_events(server: Server, port: int, pause_s: float) -> float:
    with asked(port, _EVENTS) as client:
        received = b""
        while b"event: progress" not in received:
            received += client.recv(65536)
        time.sleep(pause_s)
    return server.until(0, 0)


TRIES: Mapping[str, Callable[[Server, int, float], float]] = dict(
    zip(MOMENTS, (queued, before_the_answer, between_events), strict=True)
)


@contextmanager
def doors(
    worker_class: str, server: Server, folder: Path, core: int
) -> Iterator[Mapping[str, int]]:
    """Ports of a gateway with such a worker, by way."""
    port, proxy_port = free_port(), free_port()
    gateway = [
        *(sys.executable, "-m", "gunicorn", "main:app", "-w", "1"),
        *("-k", worker_class, "-b", f"127.0.0.1:{port}"),
    ]
    environment = {
        "TEXT2IMAGE_SERVER_URL": f"http://127.0.0.1:{server.port}",
        "GATEWAY_DATA_DIR": str(folder / f"data-{port}"),
        "REQUEST_TIMEOUT": "600",
    }
    nginx = ["nginx", "-c", str(proxy_configuration(folder, proxy_port, port))]
    with ExitStack() as stack:
        stack.enter_context(
            running(
                gateway,
                port,
                folder / f"gateway-{port}.log",
                core=core,
                cwd=_BACKEND,
                environment=environment,
            )
        )
        log = folder / f"nginx-{proxy_port}.log"
        stack.enter_context(running(nginx, proxy_port, log, core=core))
        yield {"direct": port, "nginx": proxy_port}


@contextmanager
def server_running(arguments: argparse.Namespace, folder: Path) -> Iterator[Server]:
    port = free_port()
    command = [
        *(sys.executable, "text2image_server.py", "--host", "127.0.0.1"),
        *("--port", str(port), "--data-dir", str(folder / "server")),
        *("--model", "fake", "--fake-step-seconds", str(arguments.step_s)),
        *("--max-batch-rows", "1", "--max-backlog-s", "1000"),
    ]
    log, core = folder / "server.log", arguments.load_core
    with running(command, port, log, core=core, health="/readyz", cwd=_BACKEND):
        yield Server(port)


def measure(
    arguments: argparse.Namespace, server: Server, folder: Path, results: Results
) -> None:
    draw = random.Random(0)
    for worker_class in arguments.classes:
        with doors(worker_class, server, folder, arguments.gateway_core) as ports:
            for way, moment in product(WAYS, MOMENTS):
                tries = [
                    TRIES[moment](server, ports[way], draw.uniform(0, arguments.step_s))
                    for _ in range(arguments.tries)
                ]
                place = f"{worker_class}, {way}, {moment}"
                results.add("hang_ups", place=place, free_s=tries)
                results.summary[place] = said(tries)
                print(f"{place}: {results.summary[place]}", flush=True)


def run(arguments: argparse.Namespace) -> None:
    results = Results(
        "gateway_hang_ups",
        arguments.results,
        arguments.machine,
        told(arguments),
        versions(None),
    )
    with tempfile.TemporaryDirectory(prefix="easel-bench-") as name:
        folder = Path(name)
        # nginx, started by root, works as nobody.
        folder.chmod(0o755)
        with (
            on_core(arguments.load_core),
            server_running(arguments, folder) as server,
        ):
            measure(arguments, server, folder, results)
    results.write()


def said(tries: list[float]) -> str:
    late = sum(free_s > _PROMISED_S for free_s in tries)
    return (
        f"p50 {1000 * percentile(tries, 50):.0f} ms, worst {1000 * max(tries):.0f} ms "
        f"of {len(tries)}, {late} beyond {1000 * _PROMISED_S:.0f} ms"
    )


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--classes", nargs="+", choices=CLASSES, default=list(CLASSES))
    options.add_argument("--tries", type=int, default=20)
    options.add_argument(
        "--step-s", type=float, default=0.1, help="seconds of the fake model's step"
    )
    arguments = options.parse_args()
    require(arguments, "nginx", "taskset")
    if arguments.quick:
        arguments.tries = 2
    with ended_on_signals():
        run(arguments)


if __name__ == "__main__":
    main()

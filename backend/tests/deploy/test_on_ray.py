"""deploy/docker/on_ray.py, with stand-ins for Ray and for the server."""

import os
import shlex
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.deploy_tools import DEPLOY
from tests.system.processes import Program, free_port, started

pytestmark = pytest.mark.component

SCRIPT = DEPLOY / "docker/on_ray.py"

# Says what it was asked for, and that the node is well; leaves as `ray start` does.
RAY = """
import http.server, os, signal, sys
print("asked:", *sys.argv[1:])

class Agent(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/api/local_raylet_healthz" else 404)
        self.end_headers()

    def log_message(self, *_):
        pass

def leave(*_):
    print("the node leaves")
    sys.exit(1)

signal.signal(signal.SIGTERM, leave)
port = next(int(a.partition("=")[2]) for a in sys.argv if "agent-listen-port" in a)
print("node pid", os.getpid())
http.server.HTTPServer(("127.0.0.1", port), Agent).serve_forever()
"""
BROKEN = "import sys; sys.exit(1)"

# Finishes what it does when it is told to stop, which shows in its exit code.
SERVER = """
import signal, sys
def drain(*_):
    print("the server drains")
    sys.exit(5)
signal.signal(signal.SIGTERM, drain)
print("the server runs")
signal.pause()
"""


@dataclass(frozen=True)
class Stage:
    """A folder with a `ray` of ours, and a head that takes connections."""

    folder: Path
    head: str

    @contextmanager
    def on_ray(self, code: str) -> Iterator[Program]:
        command = [
            *(sys.executable, str(SCRIPT), "--agent-port", str(free_port())),
            *(self.head, sys.executable, "-u", "-c", code),
        ]
        path = f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        with started(command, self.folder / "log", PATH=path) as it:
            yield it


def stage(folder: Path, head: str, ray: str = RAY) -> Stage:
    code = folder / "ray.py"
    code.write_text(ray)
    program = folder / "ray"
    words = shlex.join([sys.executable, "-u", str(code)])
    program.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    program.chmod(0o755)
    return Stage(folder, head)


@contextmanager
def listening() -> Iterator[str]:
    """A head as far as it is looked for."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_a_stop_signal_drains_the_server_before_the_node_leaves(tmp_path: Path) -> None:
    with listening() as head, stage(tmp_path, head).on_ray(SERVER) as it:
        it.wait_for_line("the server runs")
        it.terminate()
        assert it.wait() == 5
        said = it.log.splitlines()
        assert said.index("the server drains") < said.index("the node leaves")


def test_the_node_has_nothing_to_give(tmp_path: Path) -> None:
    with listening() as head, stage(tmp_path, head).on_ray("") as it:
        asked = it.wait_for_line("asked: (.*)")[1].split()
        assert asked[:2] == ["start", "--block"]
        assert {f"--address={head}", "--num-cpus=0", "--num-gpus=0"} <= set(asked)
        assert it.wait() == 0


def test_the_servers_own_end_is_told_on(tmp_path: Path) -> None:
    code = "import sys; sys.exit(3)"
    with listening() as head, stage(tmp_path, head).on_ray(code) as it:
        assert it.wait() == 3
        assert "the node leaves" in it.log


def test_without_its_node_the_server_ends_and_that_is_a_failure(tmp_path: Path) -> None:
    with listening() as head, stage(tmp_path, head).on_ray(SERVER) as it:
        node = int(it.wait_for_line(r"node pid (\d+)")[1])
        it.wait_for_line("the server runs")
        os.kill(node, 9)
        assert it.wait() == 1
        assert "the server drains" in it.log


def test_no_server_runs_where_the_node_cannot_join(tmp_path: Path) -> None:
    with listening() as head, stage(tmp_path, head, BROKEN).on_ray(SERVER) as it:
        assert it.wait() == 1
        assert "the server runs" not in it.log


def test_it_can_be_stopped_while_there_is_no_head(tmp_path: Path) -> None:
    head = f"127.0.0.1:{free_port()}"
    with stage(tmp_path, head).on_ray(SERVER) as it:
        it.wait_for_line("no Ray head at")
        it.terminate()
        assert it.wait() == 0
        assert "asked:" not in it.log

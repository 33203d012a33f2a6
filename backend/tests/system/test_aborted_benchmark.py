"""A benchmark of the gateway that is aborted leaves no contender behind."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.system.processes import ROOT, started, wait_until

pytestmark = pytest.mark.system

# A contender that will not go, with a child that its end does not end.
CONTENDER = """
import http.server, os, signal, sys
from pathlib import Path
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child == 0:
    while True:
        signal.pause()
Path(sys.argv[2]).write_text(f"{os.getpid()} {child}")
class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Healthy).serve_forever()
"""

BENCHMARK = """
import asyncio, sys, time
from contextlib import ExitStack
from pathlib import Path
from benchmarks.gateway import processes
how, contender, pids, log = sys.argv[1:]
processes._STOP_S = 0.2

def contending():
    port = processes.free_port()
    command = [sys.executable, contender, str(port), pids]
    return processes.running(command, port, Path(log), core=0)

def measure():
    with contending():
        print("measuring", flush=True)
        if how == "error":
            raise RuntimeError("it cannot be measured")
        time.sleep(600)

async def measure_in_a_loop():
    with ExitStack() as stack:
        await asyncio.to_thread(stack.enter_context, contending())
        print("measuring", flush=True)
        await asyncio.sleep(600)

with processes.ended_on_signals():
    asyncio.run(measure_in_a_loop()) if how == "loop" else measure()
"""


def lives(pid: int) -> bool:
    """Also of one that nobody reaps, which is as good as gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rsplit(") ", 1)[1][0] != "Z"


@pytest.mark.parametrize(
    ("how", "signals"),
    [
        ("error", []),
        ("plain", [signal.SIGTERM]),
        ("plain", [signal.SIGINT]),
        ("plain", [signal.SIGINT, signal.SIGINT, signal.SIGTERM]),
        ("plain", [signal.SIGHUP]),
        ("loop", [signal.SIGTERM]),
        ("loop", [signal.SIGINT]),
    ],
)
def test_whatever_ends_it(
    how: str, signals: list[signal.Signals], tmp_path: Path
) -> None:
    contender, pids = tmp_path / "contender.py", tmp_path / "pids"
    contender.write_text(CONTENDER)
    command: list[str | Path] = [sys.executable, "-c", BENCHMARK, how, contender, pids]
    with started(
        [*command, tmp_path / "contender.log"], tmp_path / "log", cwd=ROOT
    ) as program:
        program.wait_for_line("measuring")
        try:
            for number in signals:
                program.popen.send_signal(number)
            expected = 128 + signals[0] if signals else 1
            assert program.wait() == expected, program.log
            left = [int(pid) for pid in pids.read_text().split()]
            assert len(left) == 2
            wait_until(lambda: not any(map(lives, left)), "they are gone", within_s=5)
        finally:
            for pid in filter(lives, map(int, pids.read_text().split())):
                os.kill(pid, signal.SIGKILL)

"""The gateway as a user starts it: a process, found by its port, ended by a signal."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

BACKEND = Path(__file__).parents[2]
GUNICORN = [sys.executable, "-m", "gunicorn"]
GUIDE = "main:app -w {workers} -k uvicorn.workers.UvicornWorker -b 0.0.0.0:{port}"

_START_S = 30.0
_STOP_S = 15.0


@dataclass
class GatewayProcess:
    process: subprocess.Popen[str]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> int:
        """Ask it to stop; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_STOP_S)

    def output(self) -> str:
        return self.log.read_text()

    def worker_pids(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def started(
    command: list[str],
    port: int,
    log: Path,
    *,
    cwd: Path = BACKEND,
    **environment: str,
) -> Iterator[GatewayProcess]:
    """Yields when `GET /livez` answers; ends what the test has left running."""
    with (
        log.open("w") as output,
        subprocess.Popen(
            command,
            cwd=cwd,
            env=_clean_environment()
            | {"GATEWAY_DATA_DIR": str(log.parent / "data")}
            | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            # A group of its own, so that its workers can be killed with it.
            start_new_session=True,
        ) as process,
    ):
        gateway = GatewayProcess(process, port, log)
        try:
            _wait_until_alive(gateway)
            yield gateway
        finally:
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def _clean_environment() -> dict[str, str]:
    ours = ("GATEWAY_", "TEXT2IMAGE_", "PROMETHEUS_", "REQUEST_T", "MAX_CONCURRENT_")
    return {
        name: value for name, value in os.environ.items() if not name.startswith(ours)
    }


def _wait_until_alive(gateway: GatewayProcess) -> None:
    # Another process tells us nothing when it is ready, so here we must poll.
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and gateway.process.poll() is None:
        connection = HTTPConnection("127.0.0.1", gateway.port, timeout=5)
        try:
            connection.request("GET", "/livez")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise AssertionError(f"the gateway did not start:\n{gateway.output()}")

"""Real processes for tests: started, waited for, and ended by their own pid."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx2

ROOT = Path(__file__).parents[3]
BACKEND = ROOT / "backend"

# Patience, not speed: what takes longer than this hangs.
START_S = 60.0
STOP_S = 45.0
_POLL_S = 0.02

T = TypeVar("T")

_LISTENS = r"listens on http://\S+:(\d+)"
# What of the tester's own environment would change the programs under test.
_OURS = re.compile(
    r"GATEWAY_|TEXT2IMAGE_|PROMETHEUS_|REQUEST_TIMEOUT|MAX_CONCURRENT_REQUESTS"
    r"|SERVER_PORT|STUDIO_"
)


def wait_until(
    condition: Callable[[], T], what: str, *, within_s: float = START_S
) -> T:
    """The first true value of `condition`.

    Raises:
        AssertionError: there was none within `within_s`.
    """
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {what}"
        # Another process tells us nothing, so here we must ask again and again.
        time.sleep(_POLL_S)
    return value


@dataclass
class Program:
    """A started process and what it has written so far."""

    popen: subprocess.Popen[bytes]
    log_path: Path
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def wait_for_line(self, pattern: str) -> re.Match[str]:
        """The first match in its log."""

        def found() -> re.Match[str] | None:
            match = re.search(pattern, self.log)
            ended = match is None and self.popen.poll() is not None
            assert not ended, f"it ended with {self.popen.returncode}:\n{self.log}"
            return match

        match = wait_until(found, f"{pattern!r} in its log")
        assert match is not None
        return match

    def terminate(self) -> None:
        self.popen.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        return self.popen.wait(STOP_S)

    def stop(self) -> int:
        """Ask it to stop; its exit code."""
        self.terminate()
        return self.wait()

    def kill(self) -> None:
        """As the kernel does when memory is short: no last words."""
        self.popen.kill()
        self.popen.wait(STOP_S)

    def assert_clean_log(self) -> None:
        """Nothing in it that a person on duty would have to look at."""
        for bad in ("Traceback", " ERROR ", " CRITICAL ", "Exception"):
            assert bad not in self.log, self.log


def clean_environment(**variables: str) -> dict[str, str]:
    kept = {name: v for name, v in os.environ.items() if not _OURS.match(name)}
    return kept | variables


@contextmanager
def started(
    command: Sequence[str | Path],
    log_path: Path,
    *,
    cwd: Path = BACKEND,
    **variables: str,
) -> Iterator[Program]:
    """Start `command`; kill it, with its children, if the test leaves it running."""
    with (
        log_path.open("wb") as log,
        subprocess.Popen(
            command,
            cwd=cwd,
            env=clean_environment(**variables),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as popen,
    ):
        try:
            yield Program(popen, log_path)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(popen.pid, signal.SIGKILL)


def free_port() -> int:
    """A port for a program that cannot choose one itself."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def answers(url: str) -> bool:
    with suppress(httpx2.TransportError):
        return httpx2.get(url, timeout=5).is_success
    return False


def wait_until_answers(program: Program, path: str) -> None:
    """Return when `GET path` is a 2xx."""

    def answered() -> bool:
        assert program.popen.poll() is None, f"it ended:\n{program.log}"
        return answers(program.url + path)

    wait_until(answered, f"{program.url}{path} answers")


@contextmanager
def running_server(
    folder: Path, *flags: str, port: int = 0, python: str = sys.executable
) -> Iterator[Program]:
    """A text-to-image server that is ready to paint; its files go to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [python, "text2image_server.py", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--data-dir", str(folder / "data"), *flags]
    with started(command, folder / "server.log") as program:
        program.port = int(program.wait_for_line(_LISTENS)[1])
        wait_until_answers(program, "/readyz")
        yield program


FAKE = ("--model", "fake", "--fake-step-seconds", "0.02")


@contextmanager
def running_gateway(
    folder: Path,
    server_url: str,
    *,
    port: int = 0,
    cwd: Path = BACKEND,
    python: str | Path = sys.executable,
    **variables: str,
) -> Iterator[Program]:
    """A gateway in one process, listening; its server may be away."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [python, "main.py", "--host", "127.0.0.1", "--port", str(port)]
    variables = {
        "TEXT2IMAGE_SERVER_URL": server_url,
        "GATEWAY_DATA_DIR": str(folder / "gateway-data"),
        **variables,
    }
    with started(command, folder / "gateway.log", cwd=cwd, **variables) as program:
        program.port = int(program.wait_for_line(_LISTENS)[1])
        yield program


@contextmanager
def running_gunicorn(
    folder: Path,
    arguments: str,
    *,
    port: int,
    cwd: Path = BACKEND,
    executable: str | Path,
    **variables: str,
) -> Iterator[Program]:
    """A gateway under gunicorn, with the arguments as the guide writes them."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [executable, *arguments.split()]
    variables = {"GATEWAY_DATA_DIR": str(folder / "gateway-data"), **variables}
    with started(command, folder / "gunicorn.log", cwd=cwd, **variables) as program:
        program.port = port
        wait_until_answers(program, "/livez")
        yield program

"""Contenders as processes: pinned to a core, timed, weighed and ended.

A contender that outlives its run takes the core on which the next run is measured, and
nothing in its numbers tells. So each has a process group of its own, which is ended as
a whole, however the run ends: `ended_on_signals`.
"""

import atexit
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from findings.cpu_time import cpu_s

_START_S = 120.0
_STOP_S = 10.0
_POLL_S = 0.02
# Idle: less than so much of a core, over so long.
_IDLE_SHARE = 0.2
_IDLE_WINDOW_S = 0.2
_SETTLE_S = 10.0

_ABORTING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_is_aborted = threading.Event()
# Of those that run, by the number of their process group.
_started: dict[int, subprocess.Popen[bytes]] = {}


class Process:
    """A contender that answers; with all processes that it started.

    Attributes:
        started_in_s: From its start to its first good answer.
    """

    def __init__(self, root: subprocess.Popen[bytes], started_in_s: float) -> None:
        self._root = root
        self.started_in_s = started_in_s

    def cpu_s(self) -> float:
        """Of all of its processes that live."""
        return sum(cpu_s(pid) for pid in self._pids())

    def peak_mib(self) -> float:
        """Greatest resident size of the largest of its processes."""
        return max(_resident_mib(pid, "VmHWM") for pid in self._pids())

    def rss_mib(self) -> float:
        """Resident size of the largest of its processes."""
        return max(_resident_mib(pid, "VmRSS") for pid in self._pids())

    def settle(self) -> None:
        """Wait, ten seconds at most, until it is done with what nobody waits for.

        A load that ends leaves requests behind, and some gateways finish them: on the
        core that the next contender is measured on.
        """
        give_up_at = time.monotonic() + _SETTLE_S
        before = self.cpu_s()
        while time.monotonic() < give_up_at:
            time.sleep(_IDLE_WINDOW_S)
            now = self.cpu_s()
            if now - before < _IDLE_SHARE * _IDLE_WINDOW_S:
                return
            before = now

    def _pids(self) -> list[int]:
        found = [self._root.pid]
        for pid in found:
            children = Path(f"/proc/{pid}/task/{pid}/children")
            if children.exists():
                found += [int(child) for child in children.read_text().split()]
        return found


@contextmanager
def ended_on_signals() -> Iterator[None]:
    """Inside, a signal that ends this program ends all contenders first.

    Python by itself unwinds for SIGINT only, and not where a shell has started it in
    the background. A second signal does not cut the cleaning up short.
    """

    def abort(number: int, _: object) -> None:
        for one in _ABORTING_SIGNALS:
            signal.signal(one, signal.SIG_IGN)
        _is_aborted.set()
        raise SystemExit(128 + number)

    before = {one: signal.signal(one, abort) for one in _ABORTING_SIGNALS}
    try:
        yield
    finally:
        if not _is_aborted.is_set():
            for one, handler in before.items():
                signal.signal(one, handler)


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """This program itself: it mostly waits, but not on the gateways' core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@contextmanager
def running(
    command: Sequence[str],
    port: int,
    log: Path,
    *,
    core: int,
    health: str = "/health",
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Process]:
    """Yields when `GET health` answers 200.

    Raises:
        RuntimeError: it ended before, or took two minutes.
    """
    began_at = time.monotonic()
    with (
        log.open("wb") as output,
        subprocess.Popen(
            ["taskset", "--cpu-list", str(core), *command],
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        _started[process.pid] = process
        try:
            _wait(process, port, health, log, began_at)
            yield Process(process, time.monotonic() - began_at)
        finally:
            _end(process)


def _wait(
    process: subprocess.Popen[bytes],
    port: int,
    health: str,
    log: Path,
    began_at: float,
) -> None:
    while time.monotonic() - began_at < _START_S and process.poll() is None:
        if _is_aborted.is_set():
            raise RuntimeError("the run was aborted while this one started")
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", health)
            if connection.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            time.sleep(0.01)
        finally:
            connection.close()
    raise RuntimeError(f"{process.args!r} did not start: {log.read_text()[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """With all that it started: some outlive the process that started them."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        if not _lives(process):
            break
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        give_up_at = time.monotonic() + _STOP_S
        while _lives(process) and time.monotonic() < give_up_at:
            time.sleep(_POLL_S)
    _started.pop(process.pid, None)


def _lives(process: subprocess.Popen[bytes]) -> bool:
    """Whether any of its group does; those that only wait to be reaped do not."""
    process.poll()
    return any(
        group == process.pid and state != "Z" for state, group in _states_and_groups()
    )


def _states_and_groups() -> Iterator[tuple[str, int]]:
    """Of all processes: fields 3 and 5 of proc(5)'s `stat`."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rsplit(") ", 1)[1].split()
            yield fields[0], int(fields[2])


@atexit.register
def _end_the_rest() -> None:
    """Of a thread that was still starting one when the run was aborted."""
    for process in list(_started.values()):
        _end(process)


def _resident_mib(pid: int, name: str) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return 0.0
    line = next(line for line in status.splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024

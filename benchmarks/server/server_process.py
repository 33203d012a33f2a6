"""A real text-to-image server in a process of its own, on a free port."""

import argparse
import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from . import ROOT
from .arguments import server_flags

# Reading the weights of a large model from a cold disk takes minutes.
_READY_WITHIN_S = 900.0
_POLL_S = 0.02
_STOP_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What the process holds of the system."""

    rss_mib: float
    peak_rss_mib: float
    threads: int
    descriptors: int


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """One that is ready for generations."""

    url: str
    pid: int
    data_dir: Path

    def usage(self) -> Usage:
        """By the kernel's own account."""
        folder = Path(f"/proc/{self.pid}")
        fields = dict(
            line.split(":", 1) for line in (folder / "status").read_text().splitlines()
        )
        return Usage(
            rss_mib=int(fields["VmRSS"].split()[0]) / 1024,
            peak_rss_mib=int(fields["VmHWM"].split()[0]) / 1024,
            threads=int(fields["Threads"]),
            descriptors=len(os.listdir(folder / "fd")),
        )


@asynccontextmanager
async def server_process(
    arguments: argparse.Namespace, *flags: str, port: int | None = None
) -> AsyncIterator[ServerProcess]:
    """Start it, wait until it is ready, stop it; its images go with it.

    Args:
        flags: More of text2image_server.py's.
        port: A free one, or else one is found.

    Raises:
        RuntimeError: it ended by itself; the message is the end of its log.
        TimeoutError: it was not ready in time.
    """
    port = port or free_port()
    with tempfile.TemporaryDirectory(prefix="easel-benchmark-") as name:
        folder = Path(name)
        log = folder / "server.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "text2image_server.py"),
                *("--host", "127.0.0.1", "--port", str(port)),
                *("--data-dir", str(folder / "data")),
                *server_flags(arguments),
                *flags,
                cwd=ROOT / "backend",
                env=environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
            )
        url = f"http://127.0.0.1:{port}"
        try:
            await _until_ready(url, process, log)
            yield ServerProcess(url, process.pid, folder / "data")
        finally:
            await stop(process)


def environment() -> dict[str, str]:
    """Ours without what would change the server's settings."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("TEXT2IMAGE_")
    }


async def stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_STOP_WITHIN_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _until_ready(
    url: str, process: asyncio.subprocess.Process, log: Path
) -> None:
    async with asyncio.timeout(_READY_WITHIN_S), aiohttp.ClientSession() as http:
        while not await _is_ready(http, url):
            if process.returncode is not None:
                raise RuntimeError(f"the server ended:\n{_last_lines(log)}")
            await asyncio.sleep(_POLL_S)


def _last_lines(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:])


async def _is_ready(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(f"{url}/readyz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port

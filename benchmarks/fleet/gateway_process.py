"""A real gateway in a process of its own, on a free port."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from server.server_process import free_port, stop

from . import ROOT

_READY_WITHIN_S = 60.0
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class GatewayProcess:
    """One that is ready."""

    url: str
    pid: int


@asynccontextmanager
async def gateway_process(
    server_urls: Sequence[str], *, max_concurrent: int
) -> AsyncIterator[GatewayProcess]:
    """Start it, wait until it is ready; it stops, and forgets, when the block is left.

    Raises:
        RuntimeError: it ended by itself; the message is the end of its log.
        TimeoutError: it was not ready in time.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="easel-benchmark-") as name:
        log = Path(name) / "gateway.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "main.py", "--host", "127.0.0.1"),
                *("--port", str(port), "--data-dir", str(Path(name) / "data")),
                cwd=ROOT / "backend",
                env={
                    **_environment(),
                    "TEXT2IMAGE_SERVER_URL": ",".join(server_urls),
                    "MAX_CONCURRENT_REQUESTS": str(max_concurrent),
                },
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
            )
        url = f"http://127.0.0.1:{port}"
        try:
            async with asyncio.timeout(_READY_WITHIN_S):
                while not await _is_ready(url):
                    if process.returncode is not None:
                        end = log.read_text(errors="replace")[-2000:]
                        raise RuntimeError(f"the gateway ended:\n{end}")
                    await asyncio.sleep(_POLL_S)
            yield GatewayProcess(url, process.pid)
        finally:
            await stop(process)


def _environment() -> dict[str, str]:
    """Ours without what would change the gateway's settings."""
    ours = ("GATEWAY_", "TEXT2IMAGE_", "REDIS_URL", "MAX_CONCURRENT_REQUESTS")
    return {
        name: value for name, value in os.environ.items() if not name.startswith(ours)
    }


async def _is_ready(url: str) -> bool:
    try:
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"{url}/readyz") as answer,
        ):
            return answer.status == 200
    except aiohttp.ClientError:
        return False

"""Two gateways behind nginx, restarted one after the other: nobody notices."""

import asyncio
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.gateway.trickle import Trickle, trickle
from tests.system.processes import (
    BACKEND,
    Program,
    clean_environment,
    free_port,
    running_gunicorn,
    running_server,
    wait_until_answers,
)
from tests.system.test_nginx import running_nginx

pytestmark = pytest.mark.system

PER_SECOND = 50
DRAIN_DELAY_S = 0.5


class Gateway:
    """One that can be stopped and started again on its port."""

    def __init__(self, folder: Path, server_url: str, stack: ExitStack) -> None:
        self.port = free_port()
        self._folder = folder
        self._server_url = server_url
        self._stack = stack
        self._starts = 0
        self.program = self.start()

    def start(self) -> Program:
        self._starts += 1
        self.program = self._stack.enter_context(
            running_gunicorn(
                self._folder / str(self._starts),
                "-m gunicorn main:app -w 2 -k uvicorn.workers.UvicornWorker "
                f"-b 127.0.0.1:{self.port}",
                port=self.port,
                executable=sys.executable,
                TEXT2IMAGE_SERVER_URL=self._server_url,
                GATEWAY_DATA_DIR=str(self._folder),
                GATEWAY_DRAIN_DELAY_S=str(DRAIN_DELAY_S),
                # One of them has room for all, also on a machine that is full of work.
                GATEWAY_MAX_QUEUE="1000",
            )
        )
        wait_until_answers(self.program, "/readyz")
        return self.program

    def drain(self) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "easel", "drain", "--url", self.program.url],
            cwd=BACKEND,
            env=clean_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


async def test_a_rolling_restart_fails_no_request(tmp_path: Path) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(
            running_server(
                tmp_path / "server", "--model", "fake", "--fake-step-seconds", "0"
            )
        )
        gateways = [
            Gateway(tmp_path / name, server.url, stack) for name in ("one", "two")
        ]
        nginx = stack.enter_context(
            running_nginx(tmp_path / "nginx", [gateway.port for gateway in gateways])
        )
        async with trickle(nginx.url, per_second=PER_SECOND) as requests:
            await requests.more(PER_SECOND)
            first, second = gateways
            await restart(first, requests, is_drained=True)
            # nginx needs no drain.
            await restart(second, requests, is_drained=False)
        assert requests.outcomes.keys() == {200}, requests.outcomes
        for gateway in gateways:
            gateway.program.assert_clean_log()


async def restart(gateway: Gateway, requests: Trickle, *, is_drained: bool) -> None:
    if is_drained:
        said = await asyncio.to_thread(gateway.drain)
        assert "takes no new generations" in said
        await asyncio.sleep(DRAIN_DELAY_S)
    old = gateway.program
    assert await asyncio.to_thread(old.stop) == 0, old.log
    old.assert_clean_log()
    # Some are served by the other one alone.
    await requests.more(PER_SECOND // 2)
    await asyncio.to_thread(gateway.start)
    await requests.more(PER_SECOND // 2)

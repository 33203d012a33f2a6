"""SIGHUP for real: new settings hold, wrong ones do not, and no request notices."""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.gateway.processes import (
    BACKEND,
    GUIDE,
    GUNICORN,
    GatewayProcess,
    free_port,
    started,
)
from tests.gateway.stub_server import HEALTHY, StubServer
from tests.gateway.trickle import trickle

pytestmark = pytest.mark.system

PATIENCE_S = 20.0


@pytest.fixture
async def other_stub() -> AsyncIterator[StubServer]:
    async with StubServer() as stub:
        stub.health = {**HEALTHY, "replica": "r2"}
        yield stub


@pytest.fixture
def backend(tmp_path: Path) -> Path:
    """A folder with its own `.env`."""
    folder = tmp_path / "backend"
    folder.mkdir()
    for name in ("main.py", "gunicorn.conf.py"):
        shutil.copy(BACKEND / name, folder)
    shutil.copytree(
        BACKEND / "easel",
        folder / "easel",
        ignore=shutil.ignore_patterns("__pycache__", "text2image"),
    )
    return folder


@contextmanager
def running(backend: Path, command: list[str], port: int) -> Iterator[GatewayProcess]:
    with started(command, port, backend / "log", cwd=backend) as gateway:
        yield gateway


def write_env(backend: Path, **variables: object) -> None:
    lines = (f"{name}={value}\n" for name, value in variables.items())
    new = backend / ".env.new"
    new.write_text("".join(lines))
    new.replace(backend / ".env")


async def until(condition: Callable[[], bool], gateway: GatewayProcess) -> None:
    # Another process tells us nothing, so we ask again and again.
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(gateway.output()) from None


async def health(gateway: GatewayProcess) -> dict[str, Any]:
    async with (
        aiohttp.ClientSession(gateway.url) as client,
        client.get("/health") as answer,
    ):
        document: dict[str, Any] = await answer.json()
        return document


async def test_gunicorns_workers_take_over_new_settings_and_no_wrong_ones(
    stub: StubServer, other_stub: StubServer, backend: Path
) -> None:
    port = free_port()
    env = {"TEXT2IMAGE_SERVER_URL": stub.url, "MAX_CONCURRENT_REQUESTS": 3}
    write_env(backend, **env)
    command = [*GUNICORN, *GUIDE.format(workers=2, port=port).split()]
    with running(backend, command, port) as gateway:
        await until(lambda: len(gateway.worker_pids()) == 2, gateway)
        async with trickle(gateway.url, per_second=40) as requests:
            await requests.more(20)
            old = set(gateway.worker_pids())
            write_env(
                backend,
                TEXT2IMAGE_SERVER_URL=f"{stub.url},{other_stub.url}",
                MAX_CONCURRENT_REQUESTS=7,
                GATEWAY_MAX_QUEUE=11,
            )
            gateway.process.send_signal(signal.SIGHUP)
            await until(lambda: not old & set(gateway.worker_pids()), gateway)
            await until(lambda: len(other_stub.requests) > 0, gateway)
            for _ in range(4):  # whichever worker answers
                document = await health(gateway)
                assert document["queue"]["max_in_flight"] == 7
                assert document["queue"]["max_waiting"] == 11
                assert len(document["replicas"]) == 2

            old = set(gateway.worker_pids())
            write_env(backend, **env | {"MAX_CONCURRENT_REQUESTS": "many"})
            gateway.process.send_signal(signal.SIGHUP)
            await until(lambda: not old & set(gateway.worker_pids()), gateway)
            await requests.more(20)
            assert (await health(gateway))["queue"]["max_in_flight"] == 7

            # Right as such, but no worker can start with it: there is no key.
            old = set(gateway.worker_pids())
            write_env(backend, **env, REQUIRE_API_KEYS=1)
            gateway.process.send_signal(signal.SIGHUP)
            await until(lambda: "the old ones go on" in gateway.output(), gateway)
            await until(lambda: set(gateway.worker_pids()) == old, gateway)
            await requests.more(20)
            for _ in range(4):
                assert (await health(gateway))["queue"]["max_in_flight"] == 7
            # A worker that replaces a dead one has the settings of before, too.
            os.kill(min(old), signal.SIGTERM)
            await until(lambda: not set(gateway.worker_pids()) <= old, gateway)
            await requests.more(20)
        assert requests.outcomes.keys() == {200}, requests.outcomes
        assert gateway.process.poll() is None
        log = gateway.output()
        of_reload = [line for line in log.splitlines() if " ERROR   easel." in line]
        assert len(of_reload) == 2, log
        assert "MAX_CONCURRENT_REQUESTS: " in of_reload[0]
        assert "the old ones go on" in of_reload[1]
        assert "REQUIRE_API_KEYS is set and there is no API key" in log
        assert await asyncio.to_thread(gateway.stop) == 0


async def test_a_single_process_takes_over_new_settings_and_no_wrong_ones(
    stub: StubServer, other_stub: StubServer, backend: Path
) -> None:
    port = free_port()
    env = {"TEXT2IMAGE_SERVER_URL": stub.url, "GATEWAY_LOG_FORMAT": "json"}
    write_env(backend, **env)
    command = [sys.executable, "main.py", "--port", str(port), "--max-queue", "5"]
    with running(backend, command, port) as gateway:

        def said(part: str) -> Callable[[], bool]:
            return lambda: part in gateway.output()

        async with trickle(gateway.url, per_second=40) as requests:
            await requests.more(10)
            write_env(
                backend,
                **{**env, "TEXT2IMAGE_SERVER_URL": other_stub.url},
                MAX_CONCURRENT_REQUESTS=4,
                GATEWAY_MAX_QUEUE=9,
                GATEWAY_LOG_LEVEL="debug",
            )
            gateway.process.send_signal(signal.SIGHUP)
            await until(said("hold from the next start on"), gateway)
            document = await health(gateway)
            assert document["queue"]["max_in_flight"] == 4
            assert document["queue"]["max_waiting"] == 5, "a flag is the strongest"
            await until(lambda: len(other_stub.requests) > 0, gateway)
            painted = len(stub.requests)
            await requests.more(10)
            assert len(stub.requests) <= painted + 1

            write_env(backend, TEXT2IMAGE_SERVER_URL="nonsense")
            gateway.process.send_signal(signal.SIGHUP)
            await until(said("stay as they are"), gateway)
            await requests.more(10)
        assert requests.outcomes.keys() == {200}, requests.outcomes
        assert await asyncio.to_thread(gateway.stop) == 0
        lines = [json.loads(line) for line in gateway.output().splitlines()]
        (later,) = [line["settings"] for line in lines if "settings" in line]
        assert later == "log_level"
        (error,) = [line["message"] for line in lines if line["level"] == "error"]
        assert "TEXT2IMAGE_SERVER_URL: " in error

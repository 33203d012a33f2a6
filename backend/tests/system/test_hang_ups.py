"""A client that hangs up frees the server: whatever it waits for, and however it came.

Under each worker class that gunicorn.conf.py is for. How soon: `gateway_hang_ups` in
benchmarks/.
"""

import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.system.processes import (
    Program,
    free_port,
    running_gunicorn,
    running_server,
    wait_until,
)
from tests.system.test_nginx import running_nginx

pytestmark = pytest.mark.system

WORKER_CLASSES = (
    "uvicorn.workers.UvicornWorker",
    "uvicorn_worker.UvicornWorker",
    "asgi",
)
WAYS = ("direct", "nginx")
# Longer than any of these tests waits.
ENDLESS = b'{"prompt": "a fox", "num_inference_steps": 200}'
EVENTS = "text/event-stream"


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Program]:
    """Paints one image at a time, 200 steps in 100 seconds."""
    slow = ("--model", "fake", "--fake-step-seconds", "0.5", "--max-batch-rows", "1")
    # Two of them are more than it would take in.
    patient = ("--max-backlog-s", "1000")
    with running_server(folder / "slow", *slow, *patient) as server:
        yield server


@pytest.fixture(scope="module", params=WORKER_CLASSES)
def doors(
    request: pytest.FixtureRequest, folder: Path, server: Program
) -> Iterator[dict[str, Program]]:
    """The gateway, directly and through nginx."""
    port = free_port()
    folder = folder / request.param
    folder.mkdir()
    arguments = f"-m gunicorn main:app -w 1 -k {request.param} -b 127.0.0.1:{port}"
    with (
        running_gunicorn(
            folder,
            arguments,
            port=port,
            executable=sys.executable,
            TEXT2IMAGE_SERVER_URL=server.url,
            REQUEST_TIMEOUT="600",
        ) as gateway,
        running_nginx(folder / "nginx", [port]) as nginx,
    ):
        yield {"direct": gateway, "nginx": nginx}


@contextmanager
def asked(door: Program, accept: str) -> Iterator[socket.socket]:
    """An endless generation is asked for; whoever asked hangs up at the end."""
    with socket.create_connection(("127.0.0.1", door.port), timeout=60) as client:
        head = (
            "POST /generate HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "Content-Type: application/json\r\n"
            f"Accept: {accept}\r\nContent-Length: {len(ENDLESS)}\r\n\r\n"
        )
        client.sendall(head.encode() + ENDLESS)
        yield client


def until_work_is(server: Program, running: int, queued: int) -> None:
    def is_so() -> bool:
        health = httpx2.get(server.url + "/health").json()
        return (health["running"], health["queued"]) == (running, queued)

    wait_until(is_so, f"{running} running, {queued} queued")


def cancelled(server: Program) -> float:
    text = httpx2.get(server.url + "/metrics").text
    pattern = r'^easel_server_generations_total{.*status="cancelled".*} (\S+)$'
    return sum(float(found) for found in re.findall(pattern, text, re.M))


@pytest.mark.parametrize("way", WAYS)
def test_before_the_answer_begins(
    doors: dict[str, Program], server: Program, way: str
) -> None:
    before = cancelled(server)
    with asked(doors[way], "application/json"):
        until_work_is(server, 1, 0)
    until_work_is(server, 0, 0)
    assert cancelled(server) == before + 1


@pytest.mark.parametrize("way", WAYS)
def test_in_the_middle_of_the_events(
    doors: dict[str, Program], server: Program, way: str
) -> None:
    before = cancelled(server)
    with asked(doors[way], EVENTS) as client:
        received = b""
        while b"event: progress" not in received:
            received += client.recv(65536)
    until_work_is(server, 0, 0)
    assert cancelled(server) == before + 1


@pytest.mark.parametrize("way", WAYS)
def test_while_it_waits_in_the_queue(
    doors: dict[str, Program], server: Program, way: str
) -> None:
    before = cancelled(server)
    with asked(doors[way], EVENTS):
        until_work_is(server, 1, 0)
        with asked(doors[way], "application/json"):
            until_work_is(server, 1, 1)
        until_work_is(server, 1, 0)
        assert cancelled(server) == before + 1
    until_work_is(server, 0, 0)
    assert cancelled(server) == before + 2

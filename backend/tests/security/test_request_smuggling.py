"""Row 37 of the fault list: no request hides in another one, whatever serves it.

On each way that the gateway can be started, directly and behind nginx. `_SILENCE_S` is
how long a connection on which nothing is answered is listened to: all at once.
"""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.gateway.stub_server import StubServer
from tests.security.poisoned_requests import ALL, SECOND
from tests.system.processes import free_port, running_gateway, running_gunicorn
from tests.system.test_nginx import running_nginx

pytestmark = pytest.mark.system

_SILENCE_S = 3.0
_STATUS = re.compile(rb"^HTTP/1\.[01] (\d{3}) ", re.MULTILINE)
_ALIVE = b'{"status":"alive"}'

# nginx leaves out lines that are no headers, and passes on the rest.
DROPPED_BY = {"nginx": ("no colon",)}
WORKERS = ("uvicorn.workers.UvicornWorker", "uvicorn_worker.UvicornWorker", "asgi")


@dataclass(frozen=True)
class Way:
    """To the gateway, and the server behind it."""

    name: str
    url: str
    stub: StubServer


@pytest.fixture(params=["main.py", *WORKERS, "nginx"])
async def served(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Way]:
    way: str = request.param
    async with StubServer() as stub:
        with ExitStack() as stack:

            def started() -> str:
                if way in WORKERS:
                    port = free_port()
                    arguments = f"main:app -w 1 -k {way} -b 127.0.0.1:{port}"
                    gunicorn = Path(sys.executable).with_name("gunicorn")
                    return stack.enter_context(
                        running_gunicorn(
                            tmp_path,
                            arguments,
                            port=port,
                            executable=gunicorn,
                            TEXT2IMAGE_SERVER_URL=stub.url,
                        )
                    ).url
                gateway = stack.enter_context(running_gateway(tmp_path, stub.url))
                if way == "main.py":
                    return gateway.url
                nginx = running_nginx(tmp_path / "nginx", [gateway.port])
                return stack.enter_context(nginx).url

            # In a thread: the server behind has to answer meanwhile.
            yield Way(way, await asyncio.to_thread(started), stub)


async def exchanged(port: int, sent: bytes) -> bytes:
    """What comes back until the other side closes, or is silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    try:
        with suppress(ConnectionError, TimeoutError):
            writer.write(sent)
            async with asyncio.timeout(_SILENCE_S):
                while piece := await reader.read(2**16):
                    received += piece
    finally:
        writer.transport.abort()
    return received


async def test_nothing_hides_in_a_poisoned_request(served: Way) -> None:
    url, stub, way = served.url, served.stub, served.name
    port = urlsplit(url).port
    assert port is not None
    async with aiohttp.ClientSession(url) as client:
        twice = SECOND.replace(b"Connection: close\r\n", b"") + SECOND
        assert (await exchanged(port, twice)).count(_ALIVE) == 2
        answers = await asyncio.gather(
            *(exchanged(port, poison + SECOND) for poison in ALL.values())
        )
        wrong = {
            name: answer[:300]
            for name, answer in zip(ALL, answers, strict=True)
            if not is_right(answer, is_dropped=name in DROPPED_BY.get(way, ()))
        }
        assert wrong == {}
        assert [seen.path for seen in stub.requests if "hidden" in seen.path] == []
        # What comes after them on the way's own connections is answered as asked.
        for number in range(20):
            path = f"/generations/gen_r1_{number}"
            async with client.get(path) as answer:
                assert json.loads(await answer.text()) == {"path": path}


def is_right(answer: bytes, *, is_dropped: bool) -> bool:
    """Refused, or hung up on; if the connection goes on, with the second's answer.

    Args:
        answer: All that came.
        is_dropped: What is wrong is left out on the way, and the rest is one request.
    """
    if is_dropped:
        return answer.count(_ALIVE) == 2
    statuses = [int(status) for status in _STATUS.findall(answer)]
    if not statuses:
        return True
    if statuses[0] < 400 or b"hidden" in answer:
        return False
    return statuses[1:] == [] or (statuses[1:] == [200] and answer.count(_ALIVE) == 1)

"""What gunicorn.conf.py promises, under each worker class that people use."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.gateway.processes import GUNICORN, GatewayProcess, free_port, started
from tests.gateway.stub_server import StubServer, never

pytestmark = pytest.mark.system

PATIENCE_S = 15.0
WORKER_CLASSES = (
    *("uvicorn.workers.UvicornWorker", "uvicorn_worker.UvicornWorker", "asgi"),
)
BODY = {"prompt": "a fox"}
ANEW = {"Connection": "close"}
# The first worker that loads it is told to stop; the next one serves.
TOLD_EARLY = """
import os, signal
from contextlib import suppress
from pathlib import Path

with suppress(FileExistsError):
    with Path(__file__).with_name("told").open("x") as told:
        told.write(str(os.getpid()))
    os.kill(os.getpid(), signal.SIGTERM)

async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})
"""


@pytest.fixture(params=WORKER_CLASSES)
async def gateway(
    request: pytest.FixtureRequest, stub: StubServer, tmp_path: Path
) -> AsyncIterator[GatewayProcess]:
    port = free_port()
    arguments = f"main:app -w 2 -k {request.param} -b 127.0.0.1:{port} --timeout 300"
    with started(
        [*GUNICORN, *arguments.split()],
        port,
        tmp_path / "log",
        TEXT2IMAGE_SERVER_URL=stub.url,
        MAX_CONCURRENT_REQUESTS="3",
        GATEWAY_MAX_QUEUE="2",
    ) as gateway:
        yield gateway


async def queue(client: aiohttp.ClientSession) -> tuple[int, int]:
    async with client.get("/health", headers=ANEW) as answer:
        document = json.loads(await answer.text())["queue"]
    return document["in_flight"], document["waiting"]


async def until_queue_is(
    client: aiohttp.ClientSession, in_flight: int, waiting: int
) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await queue(client) != (in_flight, waiting):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)


async def test_one_door_one_account_and_a_clean_end(
    gateway: GatewayProcess, stub: StubServer
) -> None:
    may_finish = asyncio.Event()

    async def when_told(request: web.Request) -> web.StreamResponse:
        await may_finish.wait()
        return web.json_response({"images": []})

    async with aiohttp.ClientSession(gateway.url) as client:
        for _ in range(20):
            async with client.get("/models", headers=ANEW) as answer:
                assert answer.status == 200
        async with client.get("/metrics", headers=ANEW) as answer:
            counted = re.search(
                r'route="/models",status="200"} (\S+)', await answer.text()
            )
        assert counted is not None
        assert float(counted[1]) == 20

        # Over both workers: three inside, two wait, the rest is refused.
        stub.handler = when_told

        async def generate() -> int:
            async with client.post("/generate", json=BODY, headers=ANEW) as answer:
                return answer.status

        asked = {asyncio.create_task(generate()) for _ in range(9)}
        refused: set[asyncio.Task[int]] = set()
        while len(refused) < 4:
            done, asked = await asyncio.wait(
                asked, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED
            )
            assert done, gateway.output()
            refused |= done
        assert {task.result() for task in refused} == {503}
        await until_queue_is(client, 3, 2)
        async with asyncio.timeout(PATIENCE_S):
            while len(stub.requests) < 3:
                await stub.arrival()
        assert len(stub.requests) == 3

        # It ends when these five have been served.
        stopping = asyncio.create_task(asyncio.to_thread(gateway.stop))
        await until_refused(gateway.port)
        may_finish.set()
        assert [await task for task in asked] == [200] * 5
        assert await stopping == 0
    assert "Traceback" not in gateway.output()
    assert " ERROR " not in gateway.output()


async def test_who_leaves_frees_the_server_and_a_drain_reaches_every_worker(
    gateway: GatewayProcess, stub: StubServer
) -> None:
    stub.handler = never
    async with aiohttp.ClientSession(gateway.url) as client:
        asked = [
            asyncio.create_task(client.post("/generate", json=BODY, headers=ANEW))
            for _ in range(4)
        ]
        await until_queue_is(client, 3, 1)
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        await asyncio.wait_for(stub.abandoned.wait(), PATIENCE_S)
        await until_queue_is(client, 0, 0)

        painted = len(stub.requests)
        async with client.post("/admin/drain", headers=ANEW) as answer:
            assert (await answer.json())["state"] == "draining"
        for _ in range(12):
            async with client.post("/generate", json=BODY, headers=ANEW) as answer:
                assert answer.status == 503
                assert (await answer.json())["code"] == "server_stopping"
                assert "Retry-After" in answer.headers
            async with client.get("/readyz", headers=ANEW) as answer:
                assert answer.status == 503
            async with client.get("/livez", headers=ANEW) as answer:
                assert answer.status == 200
        assert len(stub.requests) == painted


@pytest.mark.parametrize("worker_class", ["uvicorn.workers.UvicornWorker", "asgi"])
async def test_a_trusted_proxy_says_who_asks(
    worker_class: str, stub: StubServer, tmp_path: Path
) -> None:
    port = free_port()
    arguments = f"main:app -w 1 -k {worker_class} -b 127.0.0.1:{port}"
    statuses = []
    with started(
        [*GUNICORN, *arguments.split()],
        port,
        tmp_path / "log",
        TEXT2IMAGE_SERVER_URL=stub.url,
        GATEWAY_ANONYMOUS_RATE="1/hour",
    ) as gateway:
        async with aiohttp.ClientSession(gateway.url) as client:
            for address in ("192.0.2.1", "192.0.2.1", "198.51.100.1"):
                headers = {"X-Forwarded-For": address}
                async with client.post(
                    "/generate", json=BODY, headers=headers
                ) as answer:
                    statuses.append(answer.status)
    assert statuses == [200, 429, 200]


@pytest.mark.parametrize("worker_class", WORKER_CLASSES)
async def test_a_worker_told_to_stop_while_it_loads_the_application_stops(
    worker_class: str, tmp_path: Path
) -> None:
    (tmp_path / "told_early.py").write_text(TOLD_EARLY)
    port = free_port()
    arguments = f"told_early:app -w 1 -k {worker_class} -b 127.0.0.1:{port}"
    command = [*GUNICORN, "--pythonpath", str(tmp_path), *arguments.split()]
    with started(command, port, tmp_path / "log") as gateway:
        told = int((tmp_path / "told").read_text())
        async with asyncio.timeout(PATIENCE_S):
            while gateway.worker_pids() in ([], [told]):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.02)
        assert told not in gateway.worker_pids()
        assert gateway.stop() == 0


async def until_refused(port: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                return
            writer.close()
            await asyncio.sleep(0.02)

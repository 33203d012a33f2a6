import asyncio
import socket

import aiohttp
import pytest
from aiohttp import web

from easel.clock import ManualClock
from easel.gateway.app import create_app
from tests.gateway.running_gateway import (
    gateway_for,
    gateway_settings,
    serving,
)
from tests.gateway.stub_server import HEALTHY, StubServer

pytestmark = pytest.mark.component


async def test_health_has_the_shape_of_the_guide_and_what_the_server_adds(
    client: aiohttp.ClientSession,
) -> None:
    async with client.get("/health") as answer:
        assert answer.status == 200
        document = await answer.json()
    assert list(document)[:3] == ["status", "gateway", "text2image_server"]
    assert document["status"] == "healthy"
    assert document["gateway"] == "running"
    server = document["text2image_server"]
    assert list(server)[:3] == ["status", "model_loaded", "cuda_available"]
    assert server == HEALTHY


@pytest.mark.parametrize("status", ["loading", "stopping", "unhealthy"])
async def test_a_server_that_is_not_well_degrades_the_whole(
    client: aiohttp.ClientSession, stub: StubServer, status: str
) -> None:
    stub.health |= {"status": status, "model_loaded": False}
    async with client.get("/health") as answer:
        assert answer.status == 200
        document = await answer.json()
    assert document["status"] == "degraded"
    assert document["gateway"] == "running"
    assert document["text2image_server"]["status"] == status
    async with client.get("/readyz") as answer:
        assert answer.status == 503
        assert status in (await answer.json())["detail"]


RECENT = {
    "completed": 3,
    "failed": 1,
    "images": 4,
    "window_s": 600.0,
    "generation_seconds": {"p50": 3.5, "p95": 7.0},
    "last_minute": {"completed": 1, "failed": 0, "images": 1},
}
OURS = HEALTHY | {
    "replica": "gpu-a",
    "model": "fake",
    "device": "cuda",
    "queued": 2,
    "running": 1,
    "backlog_s": 4.0,
    "version": "0.1.0",
}


async def test_what_a_server_did_lately_is_passed_on(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    stub.health = OURS | {"recent": RECENT}
    async with client.get("/health") as answer:
        document = await answer.json()
    (replica,) = document["replicas"]
    assert replica["recent"] == RECENT
    assert (replica["device"], replica["version"]) == ("cuda", "0.1.0")
    assert (replica["queued"], replica["running"]) == (2, 1)
    assert document["recent"] == RECENT


async def test_an_older_server_does_not_tell_and_is_as_well_as_any(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    stub.health = OURS
    async with client.get("/health") as answer:
        document = await answer.json()
    (replica,) = document["replicas"]
    assert (replica["id"], replica["recent"]) == ("gpu-a", None)
    assert document["recent"] is None
    assert document["status"] == "healthy"


async def test_no_server_degrades_the_whole_and_is_still_a_200() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    async with gateway_for(f"http://127.0.0.1:{port}") as client:
        async with client.get("/health") as answer:
            assert answer.status == 200
            document = await answer.json()
        assert document["status"] == "degraded"
        assert document["text2image_server"] == {
            "status": "unreachable",
            "model_loaded": False,
            "cuda_available": False,
            "detail": "Cannot connect to text-to-image server",
        }
        async with client.get("/readyz") as answer:
            assert answer.status == 503
            detail = (await answer.json())["detail"]
            assert "Cannot connect to text-to-image server" in detail
        async with client.get("/livez") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "alive"})


async def test_something_that_is_no_text_to_image_server_is_unhealthy(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    stub.health = {"status": "UP"}
    async with client.get("/health") as answer:
        document = await answer.json()
    assert document["text2image_server"]["status"] == "unhealthy"
    assert "TEXT2IMAGE_SERVER_URL" in document["text2image_server"]["detail"]


async def test_many_probes_cost_the_server_one_call_a_second(stub: StubServer) -> None:
    clock = ManualClock()
    async with gateway_for(stub.url, clock=clock) as client:
        for _ in range(2):
            answers = await asyncio.gather(
                *(client.get(path) for path in ("/health", "/readyz") * 10)
            )
            assert {answer.status for answer in answers} == {200}
            for answer in answers:
                answer.release()
            clock.advance(1.0)
    assert stub.health_calls == 2


async def test_the_gateway_is_ready_when_its_server_is(
    client: aiohttp.ClientSession,
) -> None:
    async with client.get("/readyz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ready"})


async def test_a_stopping_gateway_is_alive_but_not_ready(stub: StubServer) -> None:
    app = create_app(gateway_settings(text2image_server_url=stub.url))
    async with serving(app) as url, aiohttp.ClientSession(url) as client:
        app.state.drain.begin()
        async with client.get("/readyz") as answer:
            assert answer.status == 503
            assert (await answer.json())["code"] == "server_stopping"
        async with client.get("/health") as answer:
            assert (await answer.json())["gateway"] == "stopping"
        async with client.get("/livez") as answer:
            assert answer.status == 200


async def test_a_server_that_does_not_answer_probes_is_unreachable(
    stub: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("easel.gateway.replicas.health_probe.PROBE_TIMEOUT_S", 0.05)

    async def silent(request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        return web.Response()

    monkeypatch.setattr(stub, "answer_health", silent)
    async with gateway_for(stub.url) as client, client.get("/health") as answer:
        server = (await answer.json())["text2image_server"]
    assert server["status"] == "unreachable"
    assert server["detail"] == "Request to text-to-image server timed out"

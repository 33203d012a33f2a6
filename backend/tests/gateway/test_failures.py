import asyncio
import json
import socket
from contextlib import ExitStack

import aiohttp
import pytest
from aiohttp import web

from tests.gateway.running_gateway import gateway_for
from tests.gateway.stub_server import Handler, StubServer, cut, never, problem

pytestmark = pytest.mark.component

EVENT = b"id: 1\nevent: queued\ndata: {}\n\n"


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def stream(
    *pieces: bytes, media_type: str = "text/event-stream", then_cut: bool = True
) -> Handler:
    """A server that sends `pieces` and then dies, or says no more."""

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": media_type})
        await response.prepare(request)
        for piece in pieces:
            await response.write(piece)
        if then_cut:
            cut(request)
        return await never(request)

    return handler


def last_event(body: bytes) -> tuple[str, dict[str, object]]:
    lines = body.decode().rstrip("\n").rpartition("\n\n")[2].splitlines()
    fields = dict(line.split(": ", 1) for line in lines)
    return fields["event"], json.loads(fields["data"])


async def test_no_server_is_a_502_in_the_words_of_the_guide() -> None:
    async with (
        gateway_for(f"http://127.0.0.1:{closed_port()}") as client,
        client.post("/generate", json={"prompt": "a fox"}) as answer,
    ):
        assert answer.status == 502
        assert answer.content_type == "application/problem+json"
        document = await answer.json()
    assert document["detail"] == "Cannot connect to text-to-image server"
    assert document["code"] == "upstream_unreachable"
    assert document["request_id"] == answer.headers["X-Request-Id"]


async def test_a_server_that_cannot_be_reached_is_a_502_after_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("easel.gateway.upstream._CONNECT_S", 0.2)
    with ExitStack() as sockets:
        # A full backlog: the kernel drops what comes next, as a firewall would.
        listener = sockets.enter_context(socket.create_server(("127.0.0.1", 0)))
        listener.listen(0)
        port = listener.getsockname()[1]
        for _ in range(2):
            caller = sockets.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(("127.0.0.1", port))
        async with (
            gateway_for(f"http://127.0.0.1:{port}") as client,
            client.post("/generate", json={"prompt": "a fox"}) as answer,
        ):
            assert answer.status == 502
            document = await answer.json()
    assert document["detail"] == "Cannot connect to text-to-image server"


async def test_a_server_that_hangs_up_without_an_answer_is_a_502(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        cut(request)
        return web.Response()

    stub.handler = handler
    async with client.post("/generate", json={"prompt": "a fox"}) as answer:
        assert answer.status == 502


async def test_a_server_that_does_not_speak_http_is_a_502() -> None:
    async def babble(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with (
        server,
        gateway_for(f"http://127.0.0.1:{port}") as client,
        client.get("/models") as answer,
    ):
        assert answer.status == 502


async def test_a_server_that_never_answers_is_a_504_in_the_words_of_the_guide(
    stub: StubServer,
) -> None:
    stub.handler = never
    async with (
        gateway_for(stub.url, request_timeout=0.2) as client,
        client.post("/generate", json={"prompt": "a fox"}) as answer,
    ):
        assert answer.status == 504
        document = await answer.json()
    assert document["detail"] == "Request to text-to-image server timed out"
    assert document["code"] == "upstream_timeout"
    await stub.abandoned.wait()


@pytest.mark.parametrize("code", ["queue_full", "model_loading", "server_stopping"])
async def test_a_server_that_is_not_able_now_is_a_503_in_the_words_of_the_guide(
    client: aiohttp.ClientSession, stub: StubServer, code: str
) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return problem(503, code, "32 generations wait.", retry_after_s=7.5)

    stub.handler = handler
    async with client.post("/generate", json={"prompt": "a fox"}) as answer:
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "8"
        document = await answer.json()
    assert document["detail"] == (
        "Text-to-image server unavailable: 32 generations wait."
    )
    assert document["code"] == "upstream_unavailable"
    assert document["retry_after_s"] == 7.5


@pytest.mark.parametrize(
    ("status", "detail"),
    [
        (502, "Cannot connect to text-to-image server"),
        (503, "Text-to-image server unavailable"),
        (504, "Request to text-to-image server timed out"),
    ],
)
async def test_an_error_page_of_a_proxy_before_the_server_becomes_a_problem(
    client: aiohttp.ClientSession, stub: StubServer, status: int, detail: str
) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text="<html>", content_type="text/html")

    stub.handler = handler
    async with client.get("/generations/gen_r1_01") as answer:
        assert answer.status == status
        assert (await answer.json())["detail"] == detail


@pytest.mark.parametrize(
    ("status", "code"),
    [
        *((404, "generation_not_found"), (406, "not_acceptable")),
        *((409, "generation_cancelled"), (422, "invalid_request")),
        *((500, "engine_failed"), (503, "out_of_memory"), (507, "storage_full")),
    ],
)
async def test_what_the_server_has_to_say_to_the_caller_passes_unchanged(
    client: aiohttp.ClientSession, stub: StubServer, status: int, code: str
) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return problem(status, code, "As the server says.", param="width")

    stub.handler = handler
    async with client.post("/generate", json={"prompt": "a fox"}) as answer:
        assert answer.status == status
        assert answer.content_type == "application/problem+json"
        document = await answer.json()
    assert document["detail"] == "As the server says."
    assert document["code"] == code
    assert document["param"] == "width"


async def test_a_stream_that_breaks_between_events_ends_with_a_failed_event(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    stub.handler = stream(EVENT)
    async with client.post("/generate", json={"prompt": "a fox"}) as answer:
        body = await answer.read()
    assert body.startswith(EVENT)
    name, document = last_event(body)
    assert name == "failed"
    assert document["code"] == "upstream_unreachable"
    assert document["request_id"] == answer.headers["X-Request-Id"]


async def test_a_stream_that_meets_its_deadline_ends_with_a_failed_event(
    stub: StubServer,
) -> None:
    stub.handler = stream(EVENT, then_cut=False)
    async with (
        gateway_for(stub.url, request_timeout=0.6) as client,
        client.post("/generate", json={"prompt": "a fox"}) as answer,
    ):
        name, document = last_event(await answer.read())
    assert name == "failed"
    assert document["detail"] == "Request to text-to-image server timed out"
    await stub.abandoned.wait()


async def test_a_stream_that_breaks_amid_an_event_is_cut(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    stub.handler = stream(EVENT + b'id: 2\nevent: image\ndata: {"ind')
    async with client.post("/generate", json={"prompt": "a fox"}) as answer:
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_a_follower_is_cut_so_that_it_comes_back(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    stub.handler = stream(EVENT)
    async with client.get("/generations/gen_r1_01/events") as answer:
        assert await answer.content.readexactly(len(EVENT)) == EVENT
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_a_follower_whose_server_falls_silent_is_cut(
    stub: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("easel.gateway.routes.generations._FOLLOWER_SILENCE_S", 0.5)
    stub.handler = stream(EVENT, then_cut=False)
    async with (
        gateway_for(stub.url) as client,
        client.get("/generations/gen_r1_01/events") as answer,
    ):
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_a_follower_has_no_deadline(stub: StubServer) -> None:
    may_go_on = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await may_go_on.wait()
        await response.write(EVENT)
        return response

    async with gateway_for(stub.url, request_timeout=0.1) as client:
        stub.handler = handler
        async with client.get("/generations/gen_r1_01/events") as following:
            stub.handler = never
            # Its own deadline passes while the follower waits.
            async with client.post("/generate", json={"prompt": "x"}) as answer:
                assert answer.status == 504
            may_go_on.set()
            assert await following.read() == EVENT


@pytest.mark.parametrize("media_type", ["application/json", "image/png"])
async def test_a_body_that_breaks_never_looks_whole(
    client: aiohttp.ClientSession, stub: StubServer, media_type: str
) -> None:
    stub.handler = stream(b'{"id": 1}', media_type=media_type)
    async with client.post("/generate", json={"prompt": "a fox"}) as answer:
        assert answer.status == 200
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_a_body_shorter_than_its_content_length_is_cut(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = 1000
        await response.prepare(request)
        await response.write(b"x" * 500)
        cut(request)
        return response

    stub.handler = handler
    async with client.get("/generations/gen_r1_01/images/0") as answer:
        assert answer.headers["Content-Length"] == "1000"
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_the_gateway_recovers_when_its_server_does() -> None:
    stub = StubServer()
    async with stub:
        port = stub.port
    async with gateway_for(f"http://127.0.0.1:{port}") as client:
        async with client.get("/generations/gen_r1_01") as answer:
            assert answer.status == 502
        async with stub, client.get("/generations/gen_r1_01") as answer:
            assert answer.status == 200

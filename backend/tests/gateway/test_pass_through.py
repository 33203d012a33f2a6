import asyncio
import json

import aiohttp
import pytest
from aiohttp import web

from tests.gateway.stub_server import StubServer

pytestmark = pytest.mark.component

PNG = bytes(range(256)) * 64


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/generations/gen_r1_01"),
        ("DELETE", "/generations/gen_r1_01"),
        ("GET", "/generations/gen_r1_01/events"),
        ("GET", "/generations/gen_r1_01/images/0"),
        ("GET", "/generations/gen_r1_01/images/0?width=64"),
    ],
)
async def test_a_native_route_reaches_the_server_as_it_came(
    client: aiohttp.ClientSession, stub: StubServer, method: str, target: str
) -> None:
    from yarl import URL

    url = URL(str(client._base_url).rstrip("/") + target, encoded=True)
    async with client.request(method, url) as answer:
        assert answer.status == 200
    assert stub.requests[0].method == method
    assert stub.requests[0].raw_path == target


async def test_bytes_status_and_headers_come_back_unchanged(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    headers = {
        "Content-Type": "image/png",
        "ETag": '"abc"',
        "Cache-Control": "private, immutable",
        "Content-Disposition": 'inline; filename="a fox.png"',
        "X-Easel-Seed": "7",
        "X-Easel-Replica": "r1",
        "Content-Encoding": "gzip",
    }

    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(body=PNG, status=200, headers=headers)

    stub.handler = handler
    async with client.get("/generations/gen_r1_01/images/0") as answer:
        assert await answer.read() == PNG
        assert answer.status == 200
        assert {name: answer.headers[name] for name in headers} == headers
        assert answer.headers["Content-Length"] == str(len(PNG))


async def test_an_accepted_generation_keeps_its_location(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        assert request.headers["Prefer"] == "respond-async"
        location = {"Location": "/generations/gen_r1_01"}
        return web.json_response({"id": "gen_r1_01"}, status=202, headers=location)

    stub.handler = handler
    async with client.post(
        "/generate", json={"prompt": "a fox"}, headers={"Prefer": "respond-async"}
    ) as answer:
        assert answer.status == 202
        assert answer.headers["Location"] == "/generations/gen_r1_01"


async def test_not_modified_passes_without_a_body(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        assert request.headers["If-None-Match"] == '"abc"'
        return web.Response(status=304, headers={"ETag": '"abc"'})

    stub.handler = handler
    path = "/generations/gen_r1_01/images/0"
    async with client.get(path, headers={"If-None-Match": '"abc"'}) as answer:
        assert answer.status == 304
        assert answer.headers["ETag"] == '"abc"'
        assert await answer.read() == b""


async def test_headers_of_one_connection_end_with_it(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        headers = {
            "Connection": "keep-alive, X-Hop",
            "X-Hop": "for this hop only",
            "Keep-Alive": "timeout=5",
            "Server": "secret/1.0",
        }
        return web.json_response({}, headers=headers)

    stub.handler = handler
    async with client.get("/models") as answer:
        assert {"X-Hop", "Keep-Alive", "Server"}.isdisjoint(answer.headers)


async def test_credentials_and_cookies_of_a_caller_stay_at_the_gateway(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    headers = {"Authorization": "Bearer x", "Cookie": "a=b", "User-Agent": "me"}
    async with client.get("/generations/gen_r1_01", headers=headers) as answer:
        assert answer.status == 200
    assert set(headers).isdisjoint(stub.requests[0].headers)


async def test_a_request_id_goes_all_the_way_and_comes_back(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    headers = {"X-Request-Id": "mine-1"}
    async with client.get("/generations/gen_r1_01", headers=headers) as answer:
        assert answer.headers.getall("X-Request-Id") == ["mine-1"]
    assert stub.requests[0].headers["X-Request-Id"] == "mine-1"


async def test_a_generation_is_forwarded_with_a_seed_that_was_missing(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    for _ in range(2):
        async with client.post("/generate", json={"prompt": "a fox"}) as answer:
            assert answer.status == 200
    first, second = (json.loads(body) for body in stub.bodies)
    assert first["seed"] != second["seed"]
    assert first == {"prompt": "a fox", "seed": first["seed"]}


async def test_what_a_caller_asks_is_forwarded_and_nothing_else(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    asked = {"prompt": "a fox", "seed": 7, "width": 64, "guidance_scale": 1.5}
    headers = {"Accept": "text/event-stream"}
    async with client.post("/generate", json=asked, headers=headers) as answer:
        assert answer.status == 200
    assert json.loads(stub.bodies[0]) == asked
    assert stub.requests[0].headers["Accept"] == "text/event-stream"


async def test_an_image_of_8_mb_arrives_while_it_is_being_sent(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    piece, pieces = bytes(2**20), 8
    may_go_on = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = pieces * len(piece)
        await response.prepare(request)
        await response.write(piece)
        await may_go_on.wait()
        for _ in range(pieces - 1):
            await response.write(piece)
        return response

    stub.handler = handler
    async with client.get("/generations/gen_r1_01/images/0") as answer:
        assert await answer.content.readexactly(len(piece)) == piece
        may_go_on.set()
        assert len(await answer.content.read()) == (pieces - 1) * len(piece)


async def test_events_arrive_one_by_one(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    may_go_on = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"id: 1\nevent: queued\ndata: {}\n\n")
        await may_go_on.wait()
        await response.write(b"id: 2\nevent: completed\ndata: {}\n\n")
        return response

    stub.handler = handler
    headers = {"Accept": "text/event-stream"}
    async with client.post(
        "/generate", json={"prompt": "a fox"}, headers=headers
    ) as answer:
        assert await answer.content.readuntil(b"\n\n") == (
            b"id: 1\nevent: queued\ndata: {}\n\n"
        )
        may_go_on.set()
        assert await answer.content.read() == b"id: 2\nevent: completed\ndata: {}\n\n"


async def test_a_client_that_does_not_read_stops_the_server_from_sending(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    sent_mb = 0
    is_stuck = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal sent_mb
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(256):
            writing = asyncio.ensure_future(response.write(bytes(2**20)))
            done, _ = await asyncio.wait({writing}, timeout=0.3)
            if not done:
                is_stuck.set()
            await writing
            sent_mb += 1
        return response

    stub.handler = handler
    async with client.get("/generations/gen_r1_01/images/0"):
        await is_stuck.wait()
        # What fits into the socket buffers of two connections; far from 256 MB.
        assert sent_mb < 64


@pytest.mark.parametrize("path", ["/models/../metrics", "/models/%2e%2e/metrics"])
async def test_a_path_that_climbs_is_not_passed_on(
    client: aiohttp.ClientSession, stub: StubServer, path: str
) -> None:
    from yarl import URL

    url = URL(str(client._base_url).rstrip("/") + path, encoded=True)
    async with client.get(url) as answer:
        assert answer.status == 404
    assert stub.requests == []

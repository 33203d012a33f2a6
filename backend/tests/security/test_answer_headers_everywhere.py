"""OWASP API8: every answer has the security headers, and no origin a permission."""

from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.gateway.running_gateway import gateway_for
from tests.gateway.stub_server import StubServer
from tests.security.security_rig import PROMPT, ClosedGateway, Told, told

PAGE = "https://studio.example"
ALLOWED = (PAGE, "http://localhost:3000")


async def image_or_events(request: web.Request) -> web.StreamResponse:
    if "images" in request.path:
        return web.Response(body=b"PNG", content_type="image/png")
    if request.path.endswith("/events") or "event-stream" in request.headers["Accept"]:
        text = b"event: snapshot\ndata: {}\n\n"
        return web.Response(body=text, content_type="text/event-stream")
    return web.json_response({})


ASKED: list[tuple[str, str, int, dict[str, Any]]] = [
    ("POST", "/generate", 200, {"json": PROMPT}),
    ("POST", "/generate", 422, {"json": {}}),
    (
        "POST",
        "/generate",
        400,
        {"data": b"{", "headers": {"Content-Type": "application/json"}},
    ),
    ("POST", "/generate", 415, {"data": b"x"}),
    (
        "POST",
        "/generate",
        413,
        {"data": b"x" * 2**16, "headers": {"Content-Type": "application/json"}},
    ),
    (
        "POST",
        "/generate",
        200,
        {"json": PROMPT, "headers": {"Accept": "text/event-stream"}},
    ),
    ("GET", "/generate", 405, {}),
    ("HEAD", "/generations/gen_r1_01", 200, {}),
    ("OPTIONS", "/generate", 405, {}),
    ("TRACE", "/generate", 405, {}),
    ("GET", "/generations/gen_r1_01/images/0", 200, {}),
    ("GET", "/generations/gen_r1_01/images/0?signature=x", 403, {}),
    ("GET", "/generations/gen_r1_01/events", 200, {}),
    ("GET", "/metrics", 200, {}),
    ("GET", "/health", 200, {}),
    ("GET", "/livez", 200, {}),
    ("GET", "/readyz", 200, {}),
    ("GET", "/openapi.json", 200, {}),
    ("GET", "/nowhere", 404, {}),
    ("GET", "/docs", 404, {}),
    ("GET", "/redoc", 404, {}),
    ("GET", "/generate/", 404, {}),
    ("GET", "/v1/models", 200, {}),
    ("GET", "/v1/models/none", 404, {}),
    ("POST", "/v1/images/generations", 400, {"json": {}}),
    ("POST", "/v1/images/edits", 415, {"data": b"x"}),
    ("GET", "/v1/usage", 200, {}),
    ("POST", "/sdapi/v1/txt2img", 415, {"data": b"x"}),
    ("GET", "/sdapi/v1/progress", 200, {}),
    ("POST", "/sdapi/v1/interrogate", 501, {"json": {}}),
    ("POST", "/admin/drain", 403, {"headers": {"Via": "x"}}),
]


def assert_secure(answer: Told) -> None:
    headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; frame-ancestors 'none'"
    assert len(headers["X-Request-Id"]) == 32
    assert "Server" not in headers
    assert not [name for name in headers if name.lower().startswith("access-control-")]


async def test_every_kind_of_answer_has_the_security_headers(
    stub: StubServer,
) -> None:
    stub.handler = image_or_events
    async with gateway_for(stub.url, max_body_bytes=2**15) as client:
        for method, path, status, options in ASKED:
            headers = {"Origin": PAGE, **options.get("headers", {})}
            answer = await told(client, method, path, **{**options, "headers": headers})
            assert answer.status == status, (method, path, answer)
            assert_secure(answer)


async def test_also_those_of_who_is_not_let_in(closed: ClosedGateway) -> None:
    for path in ("/models", "/generations/gen_r1_01", "/nowhere", "/v1/models"):
        answer = await told(closed.http, "GET", path, headers={"Origin": PAGE})
        assert answer.status == 401
        assert_secure(answer)
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_also_those_about_a_server_that_is_away() -> None:
    async with gateway_for("http://127.0.0.1:9") as client:
        for method, path in [("POST", "/generate"), ("GET", "/generations/gen_r1_01")]:
            answer = await told(client, method, path, json=PROMPT)
            assert answer.status == 502
            assert_secure(answer)


async def preflight(client: aiohttp.ClientSession, origin: str) -> Told:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    return await told(client, "OPTIONS", "/generate", headers=headers)


async def test_without_a_setting_no_page_may_ask(client: aiohttp.ClientSession) -> None:
    answer = await preflight(client, PAGE)
    assert answer.status == 405
    assert_secure(answer)


@pytest.mark.parametrize("origin", ALLOWED)
async def test_a_named_origin_may_ask_and_is_named_back(
    stub: StubServer, origin: str
) -> None:
    async with gateway_for(stub.url, cors_origins=",".join(ALLOWED)) as client:
        for answer in [
            await preflight(client, origin),
            await told(client, "GET", "/models", headers={"Origin": origin}),
        ]:
            assert answer.status == 200
            assert answer.headers["Access-Control-Allow-Origin"] == origin
            assert "Origin" in answer.headers["Vary"]
            # A browser's cookies and stored passwords are no keys to this API.
            assert "Access-Control-Allow-Credentials" not in answer.headers


NEARLY_RIGHT = [
    "https://elsewhere.example",
    "https://studio.example.elsewhere.example",
    "https://studio.example:444",
    "http://studio.example",
    "https://STUDIO.example.",
    "https://xstudio.example",
    "null",
    "*",
    "",
]


async def test_an_origin_that_is_nearly_right_is_wrong(stub: StubServer) -> None:
    async with gateway_for(stub.url, cors_origins=",".join(ALLOWED)) as client:
        for origin in NEARLY_RIGHT:
            for answer in [
                await preflight(client, origin),
                await told(client, "GET", "/models", headers={"Origin": origin}),
            ]:
                assert "Access-Control-Allow-Origin" not in answer.headers, origin


async def test_an_allowed_page_still_needs_a_key(
    stub: StubServer, closed: ClosedGateway
) -> None:
    answer = await told(closed.http, "GET", "/models", headers={"Origin": PAGE})
    assert answer.status == 401

"""OWASP API8: an error says what the caller can do, and nothing of the inside."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from easel.gateway.store.sqlite import SqliteStore
from tests.faults.rig import raw
from tests.gateway.running_gateway import gateway_for
from tests.gateway.stub_server import Handler, StubServer, cut, never
from tests.security.security_rig import (
    PROMPT,
    ClosedGateway,
    Told,
    closed_gateway,
    told,
)

# Of this machine, of Python, of the libraries, of the servers behind.
INSIDE = re.compile(
    r"""Traceback|File\ "|\.py\b|site-packages|/(?:tmp|home|srv|root|usr|opt)/
    |127\.0\.0\.1|localhost|:\d{4,5}\b|0x[0-9a-f]{6,}|sqlite|aiohttp|pydantic|asyncio
    |starlette|fastapi|uvicorn|\bErrno\b|Exception|object\ at""",
    re.VERBOSE | re.IGNORECASE,
)


def assert_tells_nothing(answer: Told) -> None:
    text = answer.body.decode()
    document = json.loads(text)
    # Ids of requests are random; the field that is wrong comes from the caller.
    text = text.replace(str(document.get("request_id")), "")
    assert INSIDE.search(text) is None, text
    headers = {**answer.headers, "X-Request-Id": "", "Date": ""}
    assert INSIDE.search(" ".join(headers.values())) is None, headers


def closing() -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        cut(request)
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    return handler


def page(status: int) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        text = 'Traceback: File "/srv/x.py" at 127.0.0.1:8001'
        return web.Response(text=text, status=status)

    return handler


ROUTES = [
    ("POST", "/generate"),
    ("POST", "/v1/images/generations"),
    ("POST", "/sdapi/v1/txt2img"),
]


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param(closing(), id="hangs up"),
        pytest.param(raw(b"SSH-2.0-OpenSSH_9.2\r\n"), id="is no HTTP"),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 10**5), id="long header"),
        pytest.param(page(502), id="502"),
        pytest.param(page(503), id="503"),
        pytest.param(page(504), id="504"),
        pytest.param(never, id="is silent"),
    ],
)
async def test_what_is_wrong_with_a_server_is_for_the_log(
    stub: StubServer, handler: Handler
) -> None:
    stub.handler = handler
    async with gateway_for(stub.url, request_timeout=0.3) as client:
        for method, path in ROUTES:
            answer = await told(client, method, path, json=PROMPT)
            assert answer.status in (502, 503, 504), path
            assert_tells_nothing(answer)


@pytest.mark.parametrize(("method", "path"), [*ROUTES, ("GET", "/generations/a_b")])
async def test_where_a_server_would_be_is_for_the_log(method: str, path: str) -> None:
    async with gateway_for("http://127.0.0.1:9") as client:
        answer = await told(client, method, path, json=PROMPT)
    assert answer.status in (502, 503)
    assert_tells_nothing(answer)


WRONG: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/generate", {"json": {}}),
    ("POST", "/generate", {"data": b"x"}),
    ("POST", "/generate", {"json": {"prompt": "x", "width": 1}}),
    ("POST", "/generate", {"json": {"prompt": "x", "loras": [{}]}}),
    ("POST", "/v1/images/generations", {"json": {"prompt": 1}}),
    ("POST", "/v1/images/generations", {"json": []}),
    ("POST", "/v1/images/edits", {"json": {"image": 1}}),
    ("POST", "/v1/images/variations", {"data": b"x"}),
    ("POST", "/sdapi/v1/txt2img", {"json": {"prompt": 1}}),
    ("POST", "/sdapi/v1/img2img", {"json": {"init_images": 1}}),
    ("POST", "/sdapi/v1/png-info", {"json": {"image": "eA=="}}),
    ("POST", "/sdapi/v1/interrogate", {}),
    ("GET", "/nowhere", {}),
    ("PUT", "/generate", {}),
    ("GET", "/models/none", {}),
    ("GET", "/v1/models/none", {}),
    ("GET", "/generations/a/images/x", {}),
    ("GET", "/generations/a/images/0?signature=x", {}),
    ("POST", "/admin/drain", {"headers": {"Via": "x"}}),
]


async def test_what_is_wrong_with_a_request_is_said_in_its_own_words(
    client: aiohttp.ClientSession,
) -> None:
    for method, path, options in WRONG:
        answer = await told(client, method, path, **options)
        assert 400 <= answer.status < 502, path
        assert_tells_nothing(answer)


async def test_who_is_not_let_in_learns_nothing(closed: ClosedGateway) -> None:
    for headers in ({}, {"x-api-key": "x"}, {"Authorization": "Basic eDp5"}):
        answer = await told(closed.http, "GET", "/models", headers=headers)
        assert answer.status == 401
        assert_tells_nothing(answer)


async def test_a_bug_is_told_without_its_traceback(
    stub: StubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("in /srv/operator/store.py at 0x7fffdeadbeef")

    async with closed_gateway(stub.url, tmp_path / "gateway") as gateway:
        holder = await gateway.holder()
        monkeypatch.setattr(SqliteStore, "get", fail)
        for path in ("/models", "/v1/models", "/sdapi/v1/sd-models"):
            answer = await told(gateway.http, "GET", path, headers=holder.headers)
            assert answer.status == 500
            assert_tells_nothing(answer)
        monkeypatch.undo()

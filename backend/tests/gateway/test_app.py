import json
import re
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from easel.gateway.app import create_app
from tests.gateway.running_gateway import gateway_settings
from tests.gateway.stub_server import StubServer

pytestmark = pytest.mark.component


@pytest.fixture
def openapi() -> dict[str, Any]:
    return create_app(gateway_settings()).openapi()


def test_the_api_document_has_every_route(openapi: dict[str, Any]) -> None:
    assert {
        (method, path)
        for path, operations in openapi["paths"].items()
        for method in operations
    } == {
        ("post", "/generate"),
        ("get", "/generations/{generation_id}"),
        ("delete", "/generations/{generation_id}"),
        ("get", "/generations/{generation_id}/events"),
        ("get", "/generations/{generation_id}/images/{index}"),
        ("get", "/models"),
        ("get", "/models/{model_id}"),
        ("get", "/health"),
        ("get", "/livez"),
        ("get", "/readyz"),
        ("get", "/metrics"),
        ("get", "/v1/usage"),
        ("post", "/admin/drain"),
        ("post", "/models/{model_id}/load"),
        ("post", "/models/{model_id}/unload"),
        ("post", "/models/{model_id}/tokens"),
        ("post", "/v1/images/generations"),
        ("post", "/v1/images/edits"),
        ("post", "/v1/images/variations"),
        ("get", "/v1/models"),
        ("get", "/v1/models/{model}"),
    }


def test_the_api_document_refers_to_nothing_that_is_missing(
    openapi: dict[str, Any],
) -> None:
    schemas = openapi["components"]["schemas"]
    names = re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(openapi))
    assert {"Problem", "GenerationRequest", "GatewayHealth"} <= set(names)
    assert set(names) <= set(schemas)


def test_no_answer_is_documented_that_the_gateway_never_gives(
    openapi: dict[str, Any],
) -> None:
    assert "HTTPValidationError" not in json.dumps(openapi)


async def test_the_api_document_is_served(client: aiohttp.ClientSession) -> None:
    async with client.get("/openapi.json") as answer:
        assert answer.status == 200
        assert (await answer.json())["info"]["title"] == "Easel gateway"


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_no_page_is_served_that_loads_scripts_from_others(
    client: aiohttp.ClientSession, path: str
) -> None:
    async with client.get(path) as answer:
        assert answer.status == 404


@pytest.mark.parametrize("path", ["/health", "/generate", "/nowhere", "/models"])
async def test_every_answer_has_security_headers(
    client: aiohttp.ClientSession, path: str
) -> None:
    async with client.get(path) as answer:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_other_origins_get_no_permission(client: aiohttp.ClientSession) -> None:
    headers = {"Origin": "https://elsewhere.example"}
    async with client.get("/models", headers=headers) as answer:
        assert not [name for name in answer.headers if name.startswith("Access-C")]
    async with client.options("/generate", headers=headers) as answer:
        assert answer.status == 405


@pytest.mark.parametrize(
    "path", ["/health", "/livez", "/readyz", "/metrics", "/models"]
)
async def test_head_is_get_without_the_body(
    client: aiohttp.ClientSession, path: str
) -> None:
    async with client.get(path) as got, client.head(path) as answer:
        assert answer.status == got.status == 200
        assert answer.content_type == got.content_type
        assert await answer.read() == b""


async def test_head_of_an_image_has_its_headers(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(body=bytes(300_000), headers={"ETag": '"abc"'})

    stub.handler = handler
    async with client.head("/generations/gen_r1_01/images/0") as answer:
        assert answer.headers["Content-Length"] == "300000"
        assert answer.headers["ETag"] == '"abc"'
    async with client.get("/metrics") as answer:
        assert "client_disconnects_total 0.0" in await answer.text()


async def test_a_server_below_a_path_is_reached_there(stub: StubServer) -> None:
    from tests.gateway.running_gateway import gateway_for

    async with (
        gateway_for(stub.url + "/painter/") as client,
        client.get("/generations/gen_r1_01?x=1") as answer,
    ):
        assert answer.status == 200
    assert stub.requests[-1].path_qs == "/painter/generations/gen_r1_01?x=1"

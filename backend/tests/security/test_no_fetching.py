"""OWASP API7: nobody makes the gateway open an address that he chooses."""

import base64
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.gateway.running_gateway import gateway_for
from tests.gateway.stub_server import StubServer
from tests.security.security_rig import PROMPT, told
from tests.text2image.gated_engine import GatedEngine
from tests.text2image.running_server import make_app, serve

SECRET = "whsec_" + base64.b64encode(b"a secret that only the tests know").decode()
ASYNCHRONOUS = {"Prefer": "respond-async"}
NOT_FOR_WEBHOOKS = [
    "http://example.com/hook",
    "https://127.0.0.1/hook",
    "https://127.0.0.1:8001/hook",
    "https://[::1]/hook",
    "https://[::ffff:127.0.0.1]/hook",
    "https://[::ffff:7f00:1]/hook",
    "https://[64:ff9b::7f00:1]/hook",
    "https://[64:ff9b:1::7f00:1]/hook",
    "https://[::7f00:1]/hook",
    "https://[::ffff:0:7f00:1]/hook",
    "https://[fec0::1]/hook",
    "https://[fe80::1]/hook",
    "https://[fd00::1]/hook",
    "https://[2002:7f00:1::]/hook",
    "https://10.0.0.1/hook",
    "https://172.16.0.1/hook",
    "https://192.168.1.1/hook",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/hook",
    "https://0.0.0.0/hook",
    "https://255.255.255.255/hook",
    "https://224.0.0.1/hook",
    "https://user:password@example.com/hook",
    "https://example.com@127.0.0.1/hook",
    "https:///hook",
    "https://",
    "//example.com/hook",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "ftp://example.com/hook",
    "javascript:alert(1)",
    "https://example.com:99999/hook",
    "https://example.com/hook#fragment",
    "https://[::1",
    "https://example.com/" + "a" * 2000,
]


async def test_a_webhook_does_not_go_where_the_caller_could_not_go_himself(
    stub: StubServer,
) -> None:
    async with gateway_for(stub.url, webhook_secret=SECRET) as client:
        for url in NOT_FOR_WEBHOOKS:
            headers = {**ASYNCHRONOUS, "X-Easel-Webhook": url}
            answer = await told(
                client, "POST", "/generate", json=PROMPT, headers=headers
            )
            assert answer.status == 422, url
            assert json.loads(answer.body)["param"] == "X-Easel-Webhook"
    assert stub.requests == []


async def test_without_webhooks_none_is_taken(client: aiohttp.ClientSession) -> None:
    headers = {**ASYNCHRONOUS, "X-Easel-Webhook": "https://example.com/hook"}
    answer = await told(client, "POST", "/generate", json=PROMPT, headers=headers)
    assert answer.status == 422


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/v1/images/edits", {"image": "URL"}),
        ("/v1/images/edits", {"images": ["URL"]}),
        ("/v1/images/edits", {"images": [{"image_url": "URL"}]}),
        ("/v1/images/edits", {"image": {"image_url": "URL"}}),
        ("/v1/images/edits", {"image": "data:image/png;base64,eA==", "mask": "URL"}),
        ("/v1/images/variations", {"image": "URL"}),
        ("/v1/images/variations", {"image": {"image_url": "URL"}}),
    ],
)
async def test_the_facade_of_openai_opens_no_image_urls(
    client: aiohttp.ClientSession, stub: StubServer, path: str, fields: dict[str, Any]
) -> None:
    async with StubServer() as inner:
        body = json.loads(json.dumps(fields).replace("URL", inner.url + "/secret"))
        answer = await told(client, "POST", path, json={**PROMPT, **body})
        assert answer.status == 400
        assert inner.requests == []
        assert str(inner.port).encode() not in answer.body
    assert stub.requests == []


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/generate", {"image": "URL", "strength": 0.5}),
        ("/generate", {"image": "data:image/png;base64,eA==", "mask": "URL"}),
        ("/sdapi/v1/img2img", {"init_images": ["URL"]}),
        (
            "/sdapi/v1/img2img",
            {"init_images": ["data:image/png;base64,eA=="], "mask": "URL"},
        ),
        ("/sdapi/v1/png-info", {"image": "URL"}),
    ],
)
@pytest.mark.parametrize("scheme", ["http://127.0.0.1:{port}/x", "file:///etc/passwd"])
async def test_no_other_route_opens_one_either(
    stub: StubServer,
    client: aiohttp.ClientSession,
    path: str,
    fields: dict[str, Any],
    scheme: str,
) -> None:
    async with StubServer() as inner:
        url = scheme.format(port=inner.port)
        body = json.loads(json.dumps(fields).replace("URL", url))
        answer = await told(client, "POST", path, json={**PROMPT, **body})
        assert inner.requests == []
        assert b"root:" not in answer.body
    # What goes on to a server is the text as it came: that opens none, see below.
    for sent in stub.bodies:
        assert url in sent.decode()


async def test_a_text_to_image_server_opens_no_image_urls(tmp_path: Path) -> None:
    async with StubServer() as inner:
        app = make_app(tmp_path, GatedEngine, shutdown_grace_s=0)
        async with serve(app) as server:
            await server.until_loaded()
            for url in (f"{inner.url}/x.png", "file:///etc/passwd", "/etc/passwd"):
                body = {**PROMPT, "image": url, "strength": 0.5}
                answer = await told(
                    server.http, "POST", f"{server.url}/generate", json=body
                )
                assert answer.status == 422
                assert json.loads(answer.body)["param"] == "image"
        assert inner.requests == []

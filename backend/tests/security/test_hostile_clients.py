"""What clients say about themselves, their paths and their bodies is not believed."""

import gzip
import io
import json
import zlib
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from yarl import URL

from tests.gateway.running_gateway import gateway_for
from tests.gateway.stub_server import StubServer
from tests.security.security_rig import PROMPT, ClosedGateway, told

JSON = {"Content-Type": "application/json"}

CLAIMS = {
    "X-Easel-User": "admin",
    "X-Easel-Generation-Id": "gen_r1_00000000000000000000000000",
    "X-Easel-Keep": "1",
    "X-Easel-Timeout-S": "99999",
    "X-Easel-Seed-Drawn": "claimed",
    "X-Easel-Anything": "1",
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Host": "elsewhere.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Prefix": "/elsewhere",
    "X-Real-IP": "203.0.113.9",
    "Forwarded": "for=203.0.113.9",
    "X-Priority": "9",
    "X-Job-Id": "1",
    "X-Original-URL": "/admin/drain",
    "X-Rewrite-URL": "/admin/drain",
    "X-HTTP-Method-Override": "DELETE",
    "Cookie": "a=b",
    "Proxy-Authorization": "Basic eDp5",
    "Via": "1.1 elsewhere",
    "TE": "trailers",
    "Upgrade": "h2c",
    "Expect": "200-maybe",
}
# What the gateway itself has to say to a server.
TOLD_TO_SERVERS = {
    *("host", "accept", "content-type", "content-length", "x-request-id", "prefer"),
    *("x-easel-user", "x-easel-generation-id", "x-easel-timeout-s"),
    "x-easel-seed-drawn",
    *("traceparent", "tracestate"),
}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/generate"),
        ("GET", "/generations/gen_r1_01"),
        ("DELETE", "/generations/gen_r1_01"),
        ("GET", "/generations/gen_r1_01/events"),
        ("GET", "/generations/gen_r1_01/images/0"),
        ("POST", "/v1/images/generations"),
        ("POST", "/sdapi/v1/txt2img"),
        ("POST", "/models/fake/load"),
    ],
)
async def test_what_a_client_claims_never_reaches_a_server(
    stub: StubServer, method: str, path: str
) -> None:
    async with gateway_for(stub.url) as client:
        # Loading a model can be asked from this machine only, without claims.
        claims = dict(CLAIMS)
        if path.endswith("/load"):
            for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"):
                del claims[name]
        body = PROMPT if method == "POST" else None
        await told(client, method, path, json=body, headers=claims)
    [request] = stub.requests
    assert {name.lower() for name in request.headers} <= TOLD_TO_SERVERS
    assert request.headers.get("X-Easel-Seed-Drawn") in (None, "1")
    # The test's own address is one that may speak for others.
    told_user = request.headers.get("X-Easel-User", "address:203.0.113.9")
    assert told_user == "address:203.0.113.9"
    chosen = CLAIMS["X-Easel-Generation-Id"]
    assert request.headers.get("X-Easel-Generation-Id") != chosen
    assert float(request.headers.get("X-Easel-Timeout-S", "0")) <= 300
    assert request.method == method


async def test_a_header_that_connection_lists_ends_here(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    headers = {"Connection": "close, Accept, Prefer", "Prefer": "respond-async"}
    await told(client, "POST", "/generate", json=PROMPT, headers=headers)
    assert "Connection" not in stub.requests[0].headers


@pytest.mark.parametrize(
    "claim", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via", "Origin"]
)
async def test_who_speaks_for_others_is_not_the_machines_own_operator(
    client: aiohttp.ClientSession, claim: str
) -> None:
    """An open gateway lets its own machine drain it: not a page in its browser."""
    for path in ("/admin/drain", "/models/fake/load", "/models/fake/unload"):
        answer = await told(client, "POST", path, headers={claim: "127.0.0.1"})
        assert answer.status == 403
    assert json.loads((await told(client, "GET", "/health")).body)["gateway"] == (
        "running"
    )


async def test_a_false_address_opens_no_second_account(stub: StubServer) -> None:
    """Only 127.0.0.1 may speak for others, unless the operator says otherwise."""
    async with gateway_for(stub.url, anonymous_rate="2/hour") as client:
        connector = aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))
        async with aiohttp.ClientSession(
            client._base_url, connector=connector
        ) as elsewhere:
            statuses = []
            for number in range(4):
                claim = f"203.0.113.{number}"
                headers = {
                    "X-Forwarded-For": claim,
                    "X-Real-IP": claim,
                    "Forwarded": f"for={claim}",
                }
                answer = await told(
                    elsewhere, "POST", "/generate", json=PROMPT, headers=headers
                )
                statuses.append(answer.status)
    assert statuses == [200, 200, 429, 429]
    users = {request.headers["X-Easel-User"] for request in stub.requests}
    assert users == {"address:127.0.0.2"}


PATHS = [
    "/generations/..%2f..%2fadmin%2fdrain",
    "/generations/%2e%2e/health",
    "/generations/gen_r1_01/images/..%2f..%2f..%2fmetrics",
    "/generations/gen_r1_01/images/0/../../../x",
    "/generations/..;/admin/drain",
    "/generations/%252e%252e/health",
    "/models/..%2f..%2fetc%2fpasswd",
    "/models/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/generations//events",
    "/generations/\\..\\..\\x",
    "/generations/gen_r1_01%00.png",
    "/generations/gen_r1_01%0d%0aX-Evil:%201",
    "/generations/gen_r1_01?x=%0d%0aX-Evil:%201",
    "/generations/%ff%fe",
    "/generations/%c0%ae%c0%ae/health",
    "/generations/\uff47\uff45\uff4e_r1_01",
    "/generations/gen_r1_01\u202e",
    "/generations/" + "a" * 8000,
    "/GENERATIONS/gen_r1_01",
    "/v1/models/..%2f..%2fx",
]


async def test_a_path_leads_to_a_route_or_nowhere(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    for path in PATHS:
        quoted = quote(path, safe="/%\\;:?=.")
        async with client.get(URL(quoted, encoded=True)) as answer:
            assert answer.status in (200, 404, 422), path
            assert b"root:" not in await answer.read()
            assert "X-Evil" not in answer.headers
    for request in stub.requests:
        # A server that undoes the quoting once, or a proxy before it, stays there.
        assert request.raw_path.startswith("/generations/")
        assert ".." not in request.path.split("/")
        assert "X-Evil" not in request.headers


ODD_HEADERS = [
    ("Idempotency-Key", "\u202eorder"),
    ("Idempotency-Key", "a" * 4000),
    ("Idempotency-Key", "../../key/abc"),
    ("Idempotency-Key", "%00"),
    ("X-Request-Id", "\uff41\uff42\uff43"),
    ("X-Request-Id", "a" * 65),
    ("Prefer", "respond-async, " * 400),
    ("Accept", "*/*;q=" + "9" * 4000),
    ("Last-Event-ID", "١٢"),
    ("Range", "bytes=0-0," + "1-1," * 1000),
    ("Content-Type", "application/json; charset=utf-7"),
    ("Accept-Encoding", "x" * 4000),
    ("traceparent", "00-" + "f" * 5000),
]


async def test_odd_headers_are_no_reason_to_fail(
    client: aiohttp.ClientSession,
) -> None:
    body = json.dumps(PROMPT).encode()
    for name, value in ODD_HEADERS:
        headers = {**JSON, name: value}
        for method, path in [("POST", "/generate"), ("GET", "/generations/gen_r1_01")]:
            answer = await told(client, method, path, data=body, headers=headers)
            assert answer.status < 500, name
            request_id = answer.headers["X-Request-Id"]
            assert len(request_id) <= 64
            assert request_id.isascii()


async def test_compressed_bodies_are_not_opened(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    """A few kilobytes could become gigabytes."""
    for encoding, body in [
        ("gzip", gzip.compress(b" " * 10_000_000)),
        ("deflate", zlib.compress(b" " * 10_000_000)),
        ("br", b"\x8b\x02\x80{}\x03"),
    ]:
        headers = {**JSON, "Content-Encoding": encoding}
        for path in ("/generate", "/v1/images/generations", "/sdapi/v1/txt2img"):
            sent = io.BytesIO(body)
            answer = await told(client, "POST", path, data=sent, headers=headers)
            assert answer.status in (400, 415, 422), path
    assert stub.requests == []


def bombs() -> dict[str, bytes]:
    return {
        "depth": b'{"prompt": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "depth of objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        "huge integer": b'{"prompt": "x", "seed": ' + b"9" * 1_000_000 + b"}",
        "huge float": b'{"prompt": "x", "guidance_scale": 1' + b"0" * 100_000 + b".0}",
        "exponent": b'{"prompt": "x", "strength": 1e99999999}',
        "many keys": json.dumps(
            {"prompt": "x", **{f"k{n}": n for n in range(20_000)}}
        ).encode(),
        "many loras": json.dumps(
            {"prompt": "x", "loras": [{"id": "a"}] * 20_000}
        ).encode(),
        "long strings": json.dumps({"prompt": "x" * 1_000_000}).encode(),
        "surrogates": b'{"prompt": "\\ud800\\udc00\\ud800"}',
        "NaN": b'{"prompt": "x", "guidance_scale": NaN}',
    }


@pytest.mark.parametrize(
    "path",
    ["/generate", "/v1/images/generations", "/v1/images/edits", "/sdapi/v1/txt2img"],
)
async def test_a_json_bomb_is_refused(
    client: aiohttp.ClientSession, stub: StubServer, path: str
) -> None:
    for name, bomb in bombs().items():
        sent = io.BytesIO(bomb)
        answer = await told(client, "POST", path, data=sent, headers=JSON)
        assert len(answer.body) < 4096, name
        if path == "/generate" or not stub.requests:
            assert answer.status in (400, 413, 422), name
            assert stub.requests == []
        else:
            # Façades leave out fields that they do not know, as their originals do.
            assert len(stub.bodies[0]) < 1024
        stub.requests.clear()
        stub.bodies.clear()


@pytest.mark.parametrize("twice", ["prompt", "num_images", "width"])
async def test_of_a_field_that_is_there_twice_all_tiers_see_the_same(
    client: aiohttp.ClientSession, stub: StubServer, twice: str
) -> None:
    """What was checked is what is sent: the server gets a body made anew."""
    pairs: dict[str, tuple[Any, Any]] = {
        "prompt": ("a", "b"),
        "num_images": (99, 2),
        "width": (99999, 512),
    }
    first, second = map(json.dumps, pairs[twice])
    body = f'{{"prompt": "x", "{twice}": {first}, "{twice}": {second}}}'.encode()
    answer = await told(client, "POST", "/generate", data=body, headers=JSON)
    assert answer.status == 200
    assert stub.bodies[0].count(f'"{twice}"'.encode()) == 1
    assert json.loads(stub.bodies[0])[twice] == pairs[twice][1]


BOUNDARY = "limit"
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def part(name: str, value: bytes, *, filename: str | None = None) -> bytes:
    disposition = f'form-data; name="{name}"'
    if filename is not None:
        disposition += f'; filename="{filename}"'
    head = f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n".encode()
    return head + value + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()
FORMS = {
    "many fields": b"".join(part(f"f{n}", b"x") for n in range(20_000)) + END,
    "many files": b"".join(part("image", b"x", filename="a") for _ in range(500)) + END,
    "huge field": part("prompt", b"x" * 9_000_000) + END,
    "huge name": part("n" * 1_000_000, b"x") + END,
    "huge part header": (
        f"--{BOUNDARY}\r\nX: ".encode() + b"x" * 1_000_000 + b"\r\n\r\n\r\n" + END
    ),
    "many part headers": (
        f"--{BOUNDARY}\r\n".encode() + b"X: y\r\n" * 50_000 + b"\r\n\r\n" + END
    ),
    "only boundaries": f"--{BOUNDARY}\r\n".encode() * 100_000 + END,
    "no end": part("prompt", b"x"),
    "file name of a path": part("image", b"x", filename="../../../tmp/evil"),
    "form within a form": (
        f"--{BOUNDARY}\r\nContent-Type: multipart/form-data; boundary=x\r\n".encode()
        + b"\r\n--x\r\n\r\n--x--\r\n"
        + END
    ),
}


@pytest.mark.parametrize("path", ["/generate", "/v1/images/edits"])
async def test_a_multipart_bomb_is_refused(
    client: aiohttp.ClientSession, stub: StubServer, path: str
) -> None:
    for name, form in FORMS.items():
        sent = io.BytesIO(form)
        answer = await told(client, "POST", path, data=sent, headers=FORM)
        assert answer.status in (400, 413, 422), name
        assert len(answer.body) < 4096
        assert stub.requests == []


async def test_keys_in_the_query_are_not_read(closed: ClosedGateway) -> None:
    """Queries end up in the logs of proxies and in histories."""
    holder = await closed.holder()
    for name in ("key", "api_key", "api-key", "x-api-key", "access_token", "token"):
        target = f"/generations/gen_r1_01?{name}={holder.key}"
        assert (await told(closed.http, "GET", target)).status == 401

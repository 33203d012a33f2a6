"""OWASP API10: a text-to-image server is not believed more than it has to be."""

import json

import aiohttp
import pytest
from aiohttp import web

from easel.gateway.answer_headers import passed_on
from tests.faults.rig import raw
from tests.gateway.stub_server import Handler, StubServer
from tests.security.security_rig import PROMPT, told

DOCUMENT = "/generations/gen_r1_01"
HARMFUL = {
    "Set-Cookie": "session=1",
    "Location": "https://elsewhere.example/generations/x",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Credentials": "true",
    "Strict-Transport-Security": "max-age=31536000",
    "Clear-Site-Data": '"*"',
    "Refresh": "0; url=https://elsewhere.example",
    "Link": "<https://elsewhere.example/x.css>; rel=preload",
    "WWW-Authenticate": "Basic",
    "Alt-Svc": 'h3="elsewhere.example:443"',
    "X-Frame-Options": "ALLOWALL",
    "X-Powered-By": "something",
    "Upgrade": "h2c",
}


def answering(**headers: str) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.json_response({"id": 1}, headers=headers)

    return handler


@pytest.mark.parametrize(("method", "path"), [("GET", DOCUMENT), ("POST", "/generate")])
async def test_a_servers_headers_are_held_against_a_list(
    client: aiohttp.ClientSession, stub: StubServer, method: str, path: str
) -> None:
    stub.handler = answering(**HARMFUL, ETag='"a"', **{"X-Easel-Replica": "r1"})
    answer = await told(client, method, path, json=PROMPT)
    assert answer.status == 200
    assert not HARMFUL.keys() & set(answer.headers)
    assert answer.headers["ETag"] == '"a"'


async def test_a_server_cannot_take_the_gateways_own_headers_place(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    stub.handler = answering(
        **{
            "Content-Security-Policy": "default-src *",
            "X-Content-Type-Options": "sniff",
            "Referrer-Policy": "unsafe-url",
            "X-Request-Id": "theirs",
        }
    )
    async with client.get(DOCUMENT, headers={"X-Request-Id": "mine"}) as answer:
        assert answer.headers.getall("Content-Security-Policy") == [
            "default-src 'none'; frame-ancestors 'none'"
        ]
        assert answer.headers.getall("X-Content-Type-Options") == ["nosniff"]
        assert answer.headers.getall("Referrer-Policy") == ["no-referrer"]
        assert answer.headers.getall("X-Request-Id") == ["mine"]


@pytest.mark.parametrize(
    "pair",
    [
        (b"ETag", b"a\r\nSet-Cookie: x=1"),
        (b"ETag", b"a\nSet-Cookie: x=1"),
        (b"ETag", b"a\x00b"),
        (b"ETag", b"a" * 1025),
        (b"X-Easel-Replica", b"\x7f"),
        (b"Location", b"//elsewhere.example/generations/"),
        (b"LOCATION", b"https://elsewhere.example/generations/"),
        (b"set-cookie", b"x=1"),
    ],
)
def test_a_header_that_could_do_harm_does_not_pass(pair: tuple[bytes, bytes]) -> None:
    assert passed_on([(b"Content-Type", b"image/png"), pair]) == [
        (b"content-type", b"image/png")
    ]


def test_a_header_that_connection_lists_does_not_pass() -> None:
    raw_headers = [
        (b"Connection", b"close, X-Easel-Hop"),
        (b"X-Easel-Hop", b"1"),
        (b"Location", b"/generations/gen_r1_01"),
        (b"Connection", b"etag"),
        (b"ETag", b"a"),
    ]
    assert passed_on(raw_headers) == [(b"location", b"/generations/gen_r1_01")]


BEGIN = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            BEGIN + b"ETag: a\r\n b\r\nContent-Length: 2\r\n\r\n{}", id="fold"
        ),
        pytest.param(BEGIN + b"ETag: a\x00b\r\nContent-Length: 2\r\n\r\n{}", id="null"),
        pytest.param(BEGIN + b"ETag: a\rX: y\r\nContent-Length: 2\r\n\r\n{}", id="CR"),
        pytest.param(BEGIN + b"ETag: " + b"a" * 2**20 + b"\r\n\r\n", id="1 MB header"),
        pytest.param(BEGIN + b"X: y\r\n" * 10_000 + b"\r\n{}", id="10k headers"),
        pytest.param(
            BEGIN + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", id="two CL"
        ),
        pytest.param(
            BEGIN
            + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"2\r\n{}\r\n0\r\n\r\n",
            id="CL and TE",
        ),
        pytest.param(BEGIN + b"Content-Length: -1\r\n\r\n{}", id="negative CL"),
        pytest.param(
            BEGIN + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", id="bad chunk"
        ),
        pytest.param(b"HTTP/9.9 200 OK\r\n\r\n", id="version"),
        pytest.param(b"not HTTP at all\r\n\r\n", id="no HTTP"),
    ],
)
async def test_an_answer_that_could_be_read_in_two_ways_splits_nothing(
    client: aiohttp.ClientSession, stub: StubServer, answer: bytes
) -> None:
    """It is refused, or passed on as one answer; the next one is right in any case."""
    stub.handler = raw(answer)
    try:
        got = await told(client, "GET", DOCUMENT)
    except aiohttp.ClientPayloadError:
        pass
    else:
        assert got.status == 502 or got.body == b"{}"
        assert "Set-Cookie" not in got.headers
        assert "\n" not in "".join(got.headers.values())
    stub.handler = answering()
    for _ in range(3):
        assert json.loads((await told(client, "GET", DOCUMENT)).body) == {"id": 1}


async def test_a_servers_error_page_is_not_shown(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        page = "<script>Traceback /srv/operator 10.0.0.7</script>"
        return web.Response(text=page, status=503, content_type="text/html")

    stub.handler = broken
    for method, path in [("POST", "/generate"), ("POST", "/v1/images/generations")]:
        answer = await told(client, method, path, json=PROMPT)
        assert answer.status == 503
        assert answer.headers["Content-Type"].startswith("application/")
        assert b"10.0.0.7" not in answer.body


async def test_a_redirect_is_not_followed(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    async with StubServer() as inner:

        async def redirect(request: web.Request) -> web.StreamResponse:
            raise web.HTTPTemporaryRedirect(inner.url + "/secret")

        stub.handler = redirect
        answer = await told(client, "GET", DOCUMENT, allow_redirects=False)
        await told(
            client, "POST", "/v1/images/generations", json=PROMPT, allow_redirects=False
        )
        assert "Location" not in answer.headers
        assert inner.requests == []


NONSENSE = [b"{}", b"[1]", b"\xff", b'{"b64_json": "', b'{"images": "my secret"}']


def saying(body: bytes) -> Handler:
    """As a document, or as the events of a stream, as it is asked."""
    events = b"event: snapshot\ndata: " + body + b"\n\nevent: image\ndata: {}\n\n"

    async def handler(request: web.Request) -> web.StreamResponse:
        if request.headers["Accept"] == "text/event-stream":
            return web.Response(body=events, content_type="text/event-stream")
        return web.Response(body=body, content_type="application/json")

    return handler


FACADES = [
    ("/v1/images/generations", {}),
    ("/v1/images/generations", {"response_format": "url"}),
    ("/v1/images/generations", {"stream": True}),
    ("/sdapi/v1/txt2img", {}),
]


@pytest.mark.parametrize(("path", "more"), FACADES)
async def test_nonsense_is_no_reason_for_a_facade_to_fail(
    client: aiohttp.ClientSession,
    stub: StubServer,
    caplog: pytest.LogCaptureFixture,
    path: str,
    more: dict[str, object],
) -> None:
    for body in NONSENSE:
        stub.handler = saying(body)
        answer = await told(client, "POST", path, json={**PROMPT, **more})
        assert answer.status == 503, body
        assert b"unavailable" in answer.body
        assert b"my secret" not in answer.body
    assert "my secret" not in caplog.text
    assert "a bug" not in caplog.text


def completed(image_url: str) -> bytes:
    document = {
        "id": "gen_r1_01",
        "status": "completed",
        "model": "fake",
        "created_at": "2026-11-22T12:00:00Z",
        "parameters": {
            "prompt": "x",
            "negative_prompt": None,
            "width": 64,
            "height": 64,
            "num_inference_steps": 1,
            "guidance_scale": 1,
            "seed": 1,
            "num_images": 1,
            "sampler": "euler",
        },
        "images": [
            {
                "index": 0,
                "seed": 1,
                "width": 64,
                "height": 64,
                "sha256": "x",
                "media_type": "image/png",
                "url": image_url,
                "b64_json": "eA==",
            }
        ],
        "timings": dict.fromkeys(
            ("queued_s", "encode_s", "denoise_s", "decode_s", "total_s"), 0.0
        ),
        "determinism": {"level": "seed", "largest_batch": 1},
    }
    return json.dumps(document).encode()


ELSEWHERE = [
    "@{host}/generations/x/images/0",
    "http://{host}/generations/x/images/0",
    "//{host}/generations/x/images/0",
    ".{host}/generations/x/images/0",
    "/generations/../admin/images/0",
    "/generations/x/images/0#\r\n",
    "/metrics",
]


@pytest.mark.parametrize("more", [{"response_format": "url"}, {"stream": True}])
async def test_a_server_cannot_make_the_gateway_fetch_or_name_another_place(
    client: aiohttp.ClientSession, stub: StubServer, more: dict[str, object]
) -> None:
    async with StubServer() as inner:
        for place in ELSEWHERE:
            document = completed(place.format(host=f"127.0.0.1:{inner.port}"))
            stub.handler = painting(document)
            answer = await told(
                client, "POST", "/v1/images/generations", json={**PROMPT, **more}
            )
            assert b"unavailable" in answer.body, place
            assert str(inner.port).encode() not in answer.body
        assert inner.requests == []
        assert len(stub.requests) == len(ELSEWHERE)


def painting(document: bytes) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        if request.headers["Accept"] != "text/event-stream":
            return web.Response(body=document, content_type="application/json")
        snapshot = b"event: snapshot\ndata: " + document
        done = b"\n\nevent: completed\ndata: " + document + b"\n\n"
        return web.Response(body=snapshot + done, content_type="text/event-stream")

    return handler

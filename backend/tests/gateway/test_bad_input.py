import io
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.gateway.running_gateway import gateway_for
from tests.gateway.stub_server import StubServer

pytestmark = pytest.mark.component

JSON = {"Content-Type": "application/json"}


@pytest.fixture(autouse=True)
def nothing_at_error_level(caplog: pytest.LogCaptureFixture) -> Any:
    """Bad input is the caller's business, not the operator's."""
    yield
    errors = [
        record.getMessage()
        for record in caplog.get_records("call")
        if record.levelno >= logging.ERROR
    ]
    assert errors == []


async def refusal(
    client: aiohttp.ClientSession, body: bytes, headers: dict[str, str] = JSON
) -> dict[str, Any]:
    sent = io.BytesIO(body)
    async with client.post("/generate", data=sent, headers=headers) as answer:
        assert answer.content_type == "application/problem+json"
        document: dict[str, Any] = await answer.json()
        assert document["status"] == answer.status
        assert document["request_id"] == answer.headers["X-Request-Id"]
        return document


def with_field(name: str, value: str) -> bytes:
    """A request in which `value` is JSON text, valid or not."""
    return f'{{"prompt": "a fox", "{name}": {value}}}'.encode()


@pytest.mark.parametrize(
    ("body", "param"),
    [
        pytest.param(b"{}", "prompt", id="no prompt"),
        pytest.param(b'{"prompt": ""}', "prompt", id="empty prompt"),
        pytest.param(b'{"prompt": " \\n "}', "prompt", id="blank prompt"),
        pytest.param(b'{"prompt": null}', "prompt", id="null prompt"),
        pytest.param(b'{"prompt": ["a"]}', "prompt", id="list as prompt"),
        pytest.param(b'{"prompt": "\\ud800"}', "prompt", id="half a surrogate pair"),
        pytest.param(
            json.dumps({"prompt": "x" * 10_000_000}).encode(),
            "prompt",
            id="prompt of 10 MB",
        ),
        pytest.param(with_field("height", "0"), "height", id="height 0"),
        pytest.param(with_field("height", "-64"), "height", id="negative height"),
        pytest.param(with_field("height", "1000000000"), "height", id="height 1e9"),
        pytest.param(with_field("height", "1e9"), "height", id="height 1e9, float"),
        pytest.param(with_field("height", "64.5"), "height", id="height 64.5"),
        pytest.param(with_field("height", '"64"'), "height", id="height as text"),
        pytest.param(with_field("height", "true"), "height", id="height true"),
        pytest.param(with_field("height", "NaN"), "height", id="height NaN"),
        pytest.param(with_field("width", "9" * 4000), "width", id="4000 digits"),
        pytest.param(
            with_field("guidance_scale", "NaN"), "guidance_scale", id="guidance NaN"
        ),
        pytest.param(
            with_field("guidance_scale", "Infinity"), "guidance_scale", id="infinite"
        ),
        pytest.param(
            with_field("guidance_scale", "1e999"), "guidance_scale", id="overflow"
        ),
        pytest.param(
            with_field("num_inference_steps", "0"), "num_inference_steps", id="0 steps"
        ),
        pytest.param(with_field("num_images", "1000"), "num_images", id="1000 images"),
        pytest.param(with_field("seed", "-1"), "seed", id="negative seed"),
        pytest.param(with_field("seed", "4294967296"), "seed", id="seed of 33 bits"),
        pytest.param(with_field("output_format", '"gif"'), "output_format", id="gif"),
        pytest.param(with_field("model", '""'), "model", id="empty model"),
        pytest.param(with_field("steps", "20"), "steps", id="unknown field"),
        pytest.param(with_field("__proto__", "{}"), "__proto__", id="odd field"),
        pytest.param(b"[]", "body", id="a list"),
        pytest.param(b'"a fox"', "body", id="a string"),
        pytest.param(b"null", "body", id="null"),
        pytest.param(b"", "body", id="nothing"),
    ],
)
async def test_a_request_that_cannot_be_honoured_is_a_422_that_names_the_field(
    client: aiohttp.ClientSession, stub: StubServer, body: bytes, param: str
) -> None:
    document = await refusal(client, body)
    assert document["status"] == 422
    assert document["code"] == "invalid_request"
    assert document["param"] == param
    assert param in document["detail"]
    assert len(document["detail"]) < 300
    assert stub.requests == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"prompt": "a fox"', id="cut short"),
        pytest.param(b"prompt=a+fox", id="a form"),
        pytest.param(b'{"prompt": "\xff\xfe"}', id="not UTF-8"),
        pytest.param(b"\x89PNG\r\n\x1a\n", id="an image"),
        pytest.param(b"[" * 1_000_000, id="a million brackets"),
        pytest.param(with_field("seed", "9" * 5000), id="5000 digits"),
    ],
)
async def test_a_body_that_is_not_json_is_a_400(
    client: aiohttp.ClientSession, stub: StubServer, body: bytes
) -> None:
    document = await refusal(client, body)
    assert (document["status"], document["code"]) == (400, "invalid_json")
    assert document["param"] == "body"
    assert stub.requests == []


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/mixed", "x"],
)
async def test_another_content_type_is_a_415(
    client: aiohttp.ClientSession, stub: StubServer, content_type: str
) -> None:
    headers = {"Content-Type": content_type}
    document = await refusal(client, b'{"prompt": "a fox"}', headers)
    assert (document["status"], document["code"]) == (415, "unsupported_media_type")
    assert document["param"] == "Content-Type"
    assert stub.requests == []


async def test_a_charset_after_the_content_type_is_fine(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    body = '{"prompt": "ein Füchslein 🦊"}'.encode()
    async with client.post("/generate", data=body, headers=headers) as answer:
        assert answer.status == 200
    assert json.loads(stub.bodies[0])["prompt"] == "ein Füchslein 🦊"


@pytest.fixture
async def small_client(stub: StubServer) -> AsyncIterator[aiohttp.ClientSession]:
    async with gateway_for(stub.url, max_body_bytes=1024) as client:
        yield client


async def test_a_body_over_the_limit_is_a_413(
    small_client: aiohttp.ClientSession, stub: StubServer
) -> None:
    document = await refusal(small_client, b"x" * 1025)
    assert (document["status"], document["code"]) == (413, "body_too_large")
    assert "1024" in document["detail"]
    assert stub.requests == []


async def test_a_chunked_body_over_the_limit_is_a_413(
    small_client: aiohttp.ClientSession, stub: StubServer
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(16):
            yield b"x" * 100

    async with small_client.post("/generate", data=pieces(), headers=JSON) as answer:
        assert answer.status == 413
        assert (await answer.json())["code"] == "body_too_large"
    assert stub.requests == []


async def test_an_unknown_route_is_a_404_problem(client: aiohttp.ClientSession) -> None:
    async with client.get("/generations/a/b/c/d") as answer:
        assert answer.status == 404
        assert (await answer.json())["code"] == "not_found"


async def test_another_method_is_a_405_problem(client: aiohttp.ClientSession) -> None:
    async with client.get("/generate") as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "POST"
        assert (await answer.json())["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    ("path", "param"),
    [
        ("/generations/gen_r1_01/images/first", "index"),
        ("/generations/gen_r1_01/images/0?width=wide", "width"),
    ],
)
async def test_a_wrong_part_of_a_path_or_query_is_named(
    client: aiohttp.ClientSession, stub: StubServer, path: str, param: str
) -> None:
    async with client.get(path) as answer:
        assert answer.status == 422
        assert (await answer.json())["param"] == param
    assert stub.requests == []


async def test_a_harmful_request_id_is_replaced(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    async with client.get(
        "/generations/gen_r1_01", headers={"X-Request-Id": "a b\tc<script>"}
    ) as got:
        assert got.headers["X-Request-Id"].isalnum()
    assert stub.requests[0].headers["X-Request-Id"] == got.headers["X-Request-Id"]


async def test_a_prompt_never_appears_in_an_error_or_a_log_line(
    client: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body = b'{"prompt": "my secret fox", "height": "my secret height"}'
    document = await refusal(client, body)
    assert "secret" not in json.dumps(document)
    assert "secret" not in "".join(
        record.getMessage() + str(getattr(record, "fields", ""))
        for record in caplog.records
        if record.name.startswith("easel")
    )

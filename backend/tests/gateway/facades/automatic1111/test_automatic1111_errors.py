"""Whoever refuses, and for whatever reason: AUTOMATIC1111's clients can read it."""

import json
from typing import Any

import aiohttp
import pytest

from easel.contract.errors import ErrorCode, Problem
from easel.errors import (
    EngineFailed,
    InvalidRequest,
    RateLimited,
    ServiceError,
    error_of,
)
from easel.gateway.facades.automatic1111.errors import (
    automatic1111_error_response,
    speaks_automatic1111,
)
from tests.gateway.facades.automatic1111.automatic1111_app import LIMIT_BYTES
from tests.gateway.facades.automatic1111.served_server import ServedServer

pytestmark = pytest.mark.component

TEXT_TO_IMAGE = "/sdapi/v1/txt2img"
PROMPT = {"prompt": "a fox"}
FOUR = {"error", "detail", "body", "errors", "request_id"}


async def refused(
    http: aiohttp.ClientSession,
    method: str = "POST",
    path: str = TEXT_TO_IMAGE,
    **more: Any,
) -> tuple[int, dict[str, Any]]:
    async with http.request(method, path, **more) as answer:
        assert answer.content_type == "application/json"
        document = await answer.json()
    assert document.keys() == FOUR
    return answer.status, document


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/sdapi/v1/nothing", 404, "NotFound"),
        ("GET", "/sdapi", 404, "NotFound"),
        ("GET", TEXT_TO_IMAGE, 405, "MethodNotAllowed"),
    ],
)
async def test_routes_that_there_are_not(
    http: aiohttp.ClientSession, method: str, path: str, status: int, error: str
) -> None:
    answered, document = await refused(http, method, path)
    assert (answered, document["error"]) == (status, error)


async def test_a_body_that_is_no_json(http: aiohttp.ClientSession) -> None:
    headers = {"Content-Type": "application/json"}
    status, document = await refused(http, data=b"{", headers=headers)
    assert (status, document["error"]) == (400, "InvalidJson")


@pytest.mark.parametrize("body", [b"[]", b"3", b"null", b'"a fox"'])
async def test_a_body_that_is_no_object(
    http: aiohttp.ClientSession, body: bytes
) -> None:
    headers = {"Content-Type": "application/json"}
    status, document = await refused(http, data=body, headers=headers)
    assert (status, document["errors"]) == (422, "body: has to be an object")


@pytest.mark.parametrize("body", [b"", b"[" * 100_000, b"\xff"])
async def test_a_body_that_is_nothing_at_all(
    http: aiohttp.ClientSession, body: bytes
) -> None:
    headers = {"Content-Type": "application/json"}
    status, _ = await refused(http, data=body, headers=headers)
    assert status == 400


async def test_a_body_that_a_browser_sends_for_any_page(
    http: aiohttp.ClientSession,
) -> None:
    headers = {"Content-Type": "text/plain"}
    status, document = await refused(http, data=b"{}", headers=headers)
    assert (status, document["error"]) == (415, "UnsupportedMediaType")


async def test_a_body_that_is_too_large(http: aiohttp.ClientSession) -> None:
    status, document = await refused(http, json={"prompt": "a" * LIMIT_BYTES})
    assert (status, document["error"]) == (413, "BodyTooLarge")


@pytest.mark.parametrize(
    ("sent", "location"),
    [
        ({"steps": "many"}, ["body", "steps"]),
        ({"prompt": ["a fox"]}, ["body", "prompt"]),
        ({"batch_size": 0}, ["body", "batch_size"]),
        ({"n_iter": 9}, ["body", "n_iter"]),
        ({"tiling": True}, ["body", "tiling"]),
        ({"sampler_name": "DPM fast"}, ["body", "sampler_name"]),
        ({"override_settings": []}, ["body", "override_settings"]),
        (
            {"override_settings": {"sd_vae": "x"}},
            ["body", "override_settings", "sd_vae"],
        ),
        ({"prompt": ""}, ["body", "prompt"]),
    ],
)
async def test_a_field_is_named_as_fastapi_names_it(
    http: aiohttp.ClientSession, sent: dict[str, Any], location: list[str]
) -> None:
    status, document = await refused(http, json=PROMPT | sent)
    assert status == 422
    [fault] = document["detail"]
    assert fault["loc"] == location
    assert fault["msg"] == document["errors"]
    assert location[-1] in fault["msg"]


async def test_what_the_server_refuses_is_told_in_the_callers_words(
    http: aiohttp.ClientSession, server: ServedServer
) -> None:
    server.server_refusal = InvalidRequest(
        "num_inference_steps: 120 is outside of the model's 1 to 100",
        param="num_inference_steps",
    )
    status, document = await refused(http, json=PROMPT)
    assert status == 422
    assert document["errors"] == "steps: 120 is outside of the model's 1 to 100"
    assert document["detail"][0]["loc"] == ["body", "steps"]


@pytest.mark.parametrize(
    "error",
    [
        EngineFailed("The model broke."),
        RateLimited("Sixty a minute.", retry_after_s=2.1),
    ],
)
@pytest.mark.parametrize("is_of_the_server", [True, False])
async def test_errors_keep_their_status(
    http: aiohttp.ClientSession,
    server: ServedServer,
    error: ServiceError,
    is_of_the_server: bool,
) -> None:
    if is_of_the_server:
        server.server_refusal = error
    else:
        server.refusals = [error]
    async with http.post(TEXT_TO_IMAGE, json=PROMPT) as answer:
        document = await answer.json()
    assert answer.status == error.http_status
    assert document["error"] == type(error).__name__
    assert document["detail"] == document["errors"] == error.detail
    after = None if error.retry_after_s is None else "3"
    assert answer.headers.get("Retry-After") == after


async def test_a_model_that_there_is_not(http: aiohttp.ClientSession) -> None:
    settings = {"override_settings": {"sd_model_checkpoint": "owl"}}
    status, document = await refused(http, json=PROMPT | settings)
    assert status == 404
    assert document["errors"] == "sd_model_checkpoint: there are fox, flow"


async def test_a_stranger_is_asked_for_a_password(base_url: str) -> None:
    async with (
        aiohttp.ClientSession(base_url) as stranger,
        stranger.get("/sdapi/v1/options") as answer,
    ):
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
        assert (await answer.json())["error"] == "Unauthorized"


@pytest.mark.parametrize(
    "path",
    [
        *("extra-single-image", "extra-batch-images", "interrogate"),
        *("unload-checkpoint", "reload-checkpoint"),
    ],
)
async def test_what_this_service_does_not_do(
    http: aiohttp.ClientSession, path: str
) -> None:
    async with http.post(f"/sdapi/v1/{path}", json={}) as answer:
        document = await answer.json()
    assert answer.status == 501
    assert document["error"] == "NotImplementedError"
    assert path in document["errors"]


@pytest.mark.parametrize("code", ErrorCode)
def test_an_error_is_called_as_its_class(code: ErrorCode) -> None:
    problem = Problem(
        type="", title="", status=500, detail="", code=code, request_id="", param="x"
    )
    error = error_of(problem)
    document = json.loads(bytes(automatic1111_error_response(error).body))
    assert document["error"] == type(error).__name__


@pytest.mark.parametrize(
    ("path", "speaks"),
    [
        ("/sdapi", True),
        ("/sdapi/v1/txt2img", True),
        ("/sdapix", False),
        ("/generate", False),
        ("/", False),
    ],
)
def test_which_paths_are_of_this_facade(path: str, speaks: bool) -> None:
    assert speaks_automatic1111(path) is speaks

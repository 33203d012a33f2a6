"""What OpenAI's client would not send, or would not show."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from easel.errors import QueueFull, TooManyConcurrent
from easel.gateway.access.callers import Caller
from easel.web.sse import HEARTBEAT
from tests.gateway.facades.openai.fake_dispatch import FakeDispatch, in_base64
from tests.gateway.facades.openai.fake_pool import model, pool_of
from tests.gateway.facades.openai.openai_app import (
    KEY,
    LIMIT_BYTES,
    openai_app,
    sdk_for,
)
from tests.gateway.running_gateway import serving

pytestmark = pytest.mark.component

PATIENCE_S = 5.0
GENERATIONS = "/v1/images/generations"
EDITS = "/v1/images/edits"
DATA_URL = "data:image/png;base64,Zm94"


async def error_of(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    """What is wrong, after checking that it is said in OpenAI's way."""
    document = await answer.json()
    assert answer.content_type == "application/json"
    assert set(document) == {"error", "request_id"}
    assert document["request_id"] == answer.headers["X-Request-Id"]
    assert answer.headers["X-Should-Retry"] in ("true", "false")
    error: dict[str, Any] = document["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", GENERATIONS, b"{", 400, "invalid_json"),
        ("POST", GENERATIONS, b"[]", 400, "invalid_request"),
        ("POST", GENERATIONS, b"", 400, "invalid_request"),
        ("POST", GENERATIONS, b"{}", 400, "invalid_request"),
        ("POST", EDITS, b"{", 400, "invalid_json"),
        ("POST", EDITS, b"[]", 400, "invalid_request"),
        ("POST", EDITS, b"{}", 400, "invalid_request"),
        ("POST", EDITS, b" " * (LIMIT_BYTES + 1), 413, "body_too_large"),
        ("GET", GENERATIONS, None, 405, "method_not_allowed"),
        ("GET", "/v1/images", None, 404, "unknown_url"),
        ("POST", "/v1/images/upscales", b"{}", 404, "unknown_url"),
        ("GET", "/v1/models/none", None, 404, "model_not_found"),
    ],
)
async def test_every_refusal_is_in_openai_s_words(
    http: aiohttp.ClientSession,
    method: str,
    path: str,
    body: bytes | None,
    status: int,
    code: str,
) -> None:
    headers = {"Content-Type": "application/json"}
    async with http.request(method, path, data=body, headers=headers) as answer:
        error = await error_of(answer)
    assert (answer.status, error["code"]) == (status, code)


async def test_other_paths_keep_their_problem_documents(
    http: aiohttp.ClientSession,
) -> None:
    async with http.get("/v1/imagesque") as answer:
        assert answer.content_type == "application/problem+json"


async def test_a_bug_is_told_in_openai_s_words(
    http: aiohttp.ClientSession, dispatch: FakeDispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(call: object) -> bytes:
        raise RuntimeError("a bug")

    monkeypatch.setattr(dispatch, "document", broken)
    async with http.post(GENERATIONS, json={"prompt": "a fox"}) as answer:
        error = await error_of(answer)
    assert (answer.status, error["code"]) == (500, "internal_error")


async def test_retry_after_stays(
    http: aiohttp.ClientSession, dispatch: FakeDispatch
) -> None:
    dispatch.refusals = [QueueFull("full", retry_after_s=12.2)]
    async with http.post(GENERATIONS, json={"prompt": "a fox"}) as answer:
        error = await error_of(answer)
    assert answer.headers["Retry-After"] == "13"
    assert answer.headers["X-Should-Retry"] == "true"
    assert error["type"] == "server_error"


async def test_a_client_that_leaves_ends_all_its_generations(
    http: aiohttp.ClientSession, dispatch: FakeDispatch
) -> None:
    dispatch.hold()
    body = {"prompt": "a fox", "n": 8}
    waiting = asyncio.create_task(http.post(GENERATIONS, json=body))
    async with asyncio.timeout(PATIENCE_S):
        await dispatch.arrived.wait()
        waiting.cancel()
        while dispatch.in_flight:
            dispatch.abandoned.clear()
            await dispatch.abandoned.wait()
    assert len(dispatch.calls) == 2
    await asyncio.gather(waiting, return_exceptions=True)


async def test_a_client_that_leaves_its_stream_ends_the_generation(
    http: aiohttp.ClientSession, dispatch: FakeDispatch
) -> None:
    dispatch.hold()
    answer = await http.post(GENERATIONS, json={"prompt": "a fox", "stream": True})
    assert await answer.content.readuntil(b"\n\n") == HEARTBEAT
    answer.close()
    await asyncio.wait_for(dispatch.abandoned.wait(), PATIENCE_S)


async def test_a_refusal_after_a_heartbeat_is_an_error_event(
    http: aiohttp.ClientSession, dispatch: FakeDispatch
) -> None:
    dispatch.hold()
    error = QueueFull("The queue is full.").problem("r1")
    dispatch.server_problem = error
    body = {"prompt": "a fox", "stream": True}
    async with http.post(GENERATIONS, json=body) as answer:
        assert answer.status == 200
        assert answer.headers["X-Accel-Buffering"] == "no"
        await answer.content.readuntil(HEARTBEAT)
        dispatch.gate.set()
        events = (await answer.read()).replace(HEARTBEAT, b"")
    name, _, data = events.partition(b"\n")
    assert name == b"event: error"
    told = json.loads(data.removeprefix(b"data: "))
    assert told["type"] == "error"
    assert told["error"]["code"] == "queue_full"
    assert told["request_id"] == answer.headers["X-Request-Id"]


async def test_an_edit_may_be_json_with_data_urls(
    http: aiohttp.ClientSession, dispatch: FakeDispatch
) -> None:
    body = {
        "images": [{"image_url": DATA_URL}],
        "mask": {"image_url": DATA_URL},
        "prompt": "a red fox",
        "n": None,
    }
    async with http.post(EDITS, json=body) as answer:
        assert answer.status == 200
    request = dispatch.calls[0].request
    assert request.image == DATA_URL
    assert request.mask == "data:image/png;repaint=transparent;base64,Zm94"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"image": "https://example.org/fox.png"}, "image"),
        ({"images": [{"file_id": "file-1"}]}, "image"),
        ({"image": 7}, "image"),
        ({"image": DATA_URL, "mask": "http://example.org/fox.png"}, "mask"),
        ({"image": DATA_URL, "mask": [DATA_URL, DATA_URL]}, "mask"),
        ({"image": DATA_URL, "markup": DATA_URL}, "markup"),
        ({"image": DATA_URL, "prompt": None}, "prompt"),
        ({"image": []}, "image"),
    ],
)
async def test_what_is_no_image_in_json_is_refused(
    http: aiohttp.ClientSession, body: dict[str, Any], param: str
) -> None:
    async with http.post(EDITS, json={"prompt": "a fox", **body}) as answer:
        error = await error_of(answer)
    assert (answer.status, error["param"]) == (400, param)


async def test_a_field_that_is_there_twice_is_refused(
    http: aiohttp.ClientSession,
) -> None:
    form = aiohttp.FormData([("prompt", "a fox"), ("prompt", "a wolf")])
    form.add_field("image", b"fox", filename="fox.png")
    async with http.post(EDITS, data=form) as answer:
        error = await error_of(answer)
    assert error["param"] == "prompt"


async def test_a_prompt_in_a_file_is_refused(http: aiohttp.ClientSession) -> None:
    form = aiohttp.FormData()
    form.add_field("prompt", b"a fox", filename="prompt.txt")
    form.add_field("image", b"fox", filename="fox.png")
    async with http.post(EDITS, data=form) as answer:
        error = await error_of(answer)
    assert error["param"] == "prompt"


async def test_half_a_form_is_refused(http: aiohttp.ClientSession) -> None:
    body = (
        b"--x\r\nContent-Disposition: form-data; name=prompt\r\n\r\na fox\r\n"
        b"--x\r\nContent-Disposition: form-data; name=image; filename=a\r\n\r\nfo"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    async with http.post(EDITS, data=body, headers=headers) as answer:
        error = await error_of(answer)
    assert error["message"] == "body: the form has no end"


async def test_a_body_of_another_type_is_refused(http: aiohttp.ClientSession) -> None:
    async with http.post(EDITS, data=b"fox", headers={"Content-Type": "x/y"}) as answer:
        error = await error_of(answer)
    assert (answer.status, error["code"]) == (415, "unsupported_media_type")


async def test_the_parts_of_one_request_have_idempotency_keys_of_their_own(
    http: aiohttp.ClientSession, dispatch: FakeDispatch
) -> None:
    body = {"prompt": "a fox", "n": 6}
    headers = {"Idempotency-Key": "k1"}
    for _ in range(2):
        async with http.post(GENERATIONS, json=body, headers=headers) as answer:
            assert answer.status == 200
    first, second = dispatch.calls[:2], dispatch.calls[2:]
    keys = [call.idempotency_key for call in first]
    assert keys[0] == "k1"
    assert keys[1] not in ("k1", None)
    assert keys == [call.idempotency_key for call in second]
    # Without a seed of its own it would be another request under the same key.
    assert [call.request for call in first] == [call.request for call in second]


async def test_how_long_to_wait_and_whether_to_reuse_are_the_caller_s_to_say(
    http: aiohttp.ClientSession, dispatch: FakeDispatch
) -> None:
    body = {"prompt": "a fox"}
    headers = {"Prefer": "respond-async, wait=10", "Cache-Control": "no-cache"}
    for chosen in (headers, {}):
        async with http.post(GENERATIONS, json=body, headers=chosen) as answer:
            assert answer.status == 200
    told, silent = dispatch.calls
    assert (told.prefer, told.may_reuse) == ("wait=10", False)
    assert (silent.prefer, silent.may_reuse) == (None, True)


async def test_a_caller_with_little_room_gets_all_images_one_after_the_other(
    http: aiohttp.ClientSession, dispatch: FakeDispatch
) -> None:
    dispatch.refusals = [None, TooManyConcurrent("one"), TooManyConcurrent("one")]
    body = {"prompt": "a fox", "n": 10, "seed": 0}
    async with http.post(GENERATIONS, json=body) as answer:
        data = (await answer.json())["data"]
    assert [image["b64_json"] for image in data] == [in_base64(s) for s in range(10)]
    assert [image["seed"] for image in data] == list(range(10))
    assert len(dispatch.calls) == 5


async def test_the_generations_of_one_request_run_side_by_side(
    http: aiohttp.ClientSession, dispatch: FakeDispatch
) -> None:
    dispatch.hold()
    body = {"prompt": "a fox", "n": 10}
    waiting = asyncio.create_task(http.post(GENERATIONS, json=body))
    async with asyncio.timeout(PATIENCE_S):
        while len(dispatch.calls) < 3:
            dispatch.arrived.clear()
            await dispatch.arrived.wait()
    dispatch.gate.set()
    async with await waiting as answer:
        assert answer.status == 200


async def test_an_answer_that_does_not_become_whole_costs_nothing(
    http: aiohttp.ClientSession, dispatch: FakeDispatch
) -> None:
    body = {"prompt": "a fox", "n": 6}
    dispatch.refusals = [None, QueueFull("full", retry_after_s=1.0)]
    async with http.post(GENERATIONS, json=body) as answer:
        assert answer.status == 503
    assert dispatch.paid == [False]
    async with http.post(GENERATIONS, json=body) as answer:
        assert answer.status == 200
    assert dispatch.paid == [False, True, True]


async def test_a_model_s_own_limit_splits_a_request(
    http: aiohttp.ClientSession, dispatch: FakeDispatch
) -> None:
    body = {"prompt": "a fox", "n": 5, "model": "lab/fox-2"}
    async with http.post(GENERATIONS, json=body) as answer:
        assert answer.status == 200
    assert [call.request.num_images for call in dispatch.calls] == [2, 2, 1]


async def test_the_images_of_a_stream_are_asked_for_by_their_own_caller(
    http: aiohttp.ClientSession, dispatch: FakeDispatch
) -> None:
    body = {"prompt": "a fox", "stream": True, "seed": 4}
    async with http.post(GENERATIONS, json=body) as answer:
        await answer.read()
    [(caller, method, path)] = dispatch.asked
    assert (caller.id, method) == ("key_fox", "GET")
    assert path == "/generations/gen_r1_01/images/0?seed=4"
    assert dispatch.calls[0].accept == "text/event-stream"


async def test_a_key_for_some_models_sees_those_only() -> None:
    pool = pool_of([model("fox-1"), model("fox-2")], [model("fox-2"), model("fox-3")])
    caller = Caller("key_fox", models=frozenset({"fox-2"}))
    app = openai_app(FakeDispatch(), pool, caller=caller, aliases={"dall-e-2": "fox-2"})
    async with serving(app) as base_url, sdk_for(base_url) as sdk:
        assert [one.id async for one in sdk.models.list()] == ["fox-2", "dall-e-2"]


async def test_while_no_server_has_told_its_models_any_name_is_passed_on() -> None:
    dispatch = FakeDispatch()
    async with (
        serving(openai_app(dispatch, pool_of([]))) as base_url,
        aiohttp.ClientSession(
            base_url, headers={"Authorization": f"Bearer {KEY}"}
        ) as http,
        http.post(GENERATIONS, json={"prompt": "a fox", "model": "any"}) as answer,
    ):
        assert answer.status == 200
    assert dispatch.calls[0].request.model == "any"

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from easel.gateway.facades.openai.image_requests import (
    OpenAiEditBody,
    OpenAiGenerationBody,
)
from tests.gateway.facades.openai.fake_dispatch import FakeDispatch
from tests.gateway.facades.openai.fake_pool import model, pool_of
from tests.gateway.facades.openai.openai_app import KEY, openai_app

JSON_HEADERS = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
FORM_HEADERS = {**JSON_HEADERS, "Content-Type": "multipart/form-data; boundary=x"}
NAMES = sorted(
    {*OpenAiGenerationBody.model_fields, *OpenAiEditBody.model_fields}
    | {"image", "images", "mask", "markup", "image_url", "__class__"}
)

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["a fox", "512x512", "99999x1", "data:image/png;base64,Zm94"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    app = openai_app(FakeDispatch(), pool_of([model("fox-1")]))
    with TestClient(app) as client:
        yield client


def is_images_or_refusal(status: int, content: bytes) -> bool:
    document = json.loads(content)
    if status == 200:
        return len(document["data"]) >= 1
    return status in (400, 404) and bool(document["error"]["message"])


@settings(max_examples=80, deadline=None)
@given(
    path=st.sampled_from(["generations", "edits", "variations"]),
    document=st.dictionaries(st.sampled_from(NAMES), anything),
    prompt=st.just("a fox") | anything,
)
def test_any_json_is_painted_or_refused(
    client: TestClient, path: str, document: dict[str, Any], prompt: Any
) -> None:
    body = {"prompt": prompt, **document, "stream": None}
    answer = client.post(
        f"/v1/images/{path}", content=json.dumps(body), headers=JSON_HEADERS
    )
    assert is_images_or_refusal(answer.status_code, answer.content)


@settings(max_examples=60, deadline=None)
@given(
    path=st.sampled_from(["generations", "edits", "variations"]),
    body=st.binary(max_size=100),
    is_form=st.booleans(),
)
def test_any_bytes_are_refused(
    client: TestClient, path: str, body: bytes, is_form: bool
) -> None:
    headers = FORM_HEADERS if is_form else JSON_HEADERS
    answer = client.post(f"/v1/images/{path}", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


@settings(max_examples=60, deadline=None)
@given(
    fields=st.dictionaries(
        st.sampled_from(NAMES), st.text(st.characters(codec="utf-8"), max_size=20)
    )
)
def test_any_form_is_painted_or_refused(
    client: TestClient, fields: dict[str, str]
) -> None:
    answer = client.post(
        "/v1/images/edits",
        data={**fields, "stream": "false"},
        files={"image": ("fox.png", b"a fox")},
        headers={"Authorization": f"Bearer {KEY}"},
    )
    assert is_images_or_refusal(answer.status_code, answer.content)

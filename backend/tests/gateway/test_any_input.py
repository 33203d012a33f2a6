import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from easel.contract.errors import Problem
from easel.contract.generations import GenerationRequest
from easel.gateway.app import create_app
from tests.gateway.running_gateway import gateway_settings

JSON_HEADERS = {"Content-Type": "application/json"}

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
nearly_requests = st.dictionaries(
    st.sampled_from([*GenerationRequest.model_fields, "steps", "", "__class__"]),
    anything,
)


@pytest.fixture(scope="module")
def client() -> Any:
    """Of a gateway whose server cannot be there: port 0 takes no connection."""
    app = create_app(gateway_settings(text2image_server_url="http://127.0.0.1:0"))
    with TestClient(app) as client:
        yield client


def status_and_problem(client: TestClient, body: bytes) -> tuple[int, Problem]:
    answer = client.post("/generate", content=body, headers=JSON_HEADERS)
    return answer.status_code, Problem.model_validate_json(answer.content)


@settings(max_examples=60, deadline=None)
@given(document=nearly_requests)
def test_any_json_is_understood_or_refused_by_name(
    client: TestClient, document: dict[str, Any]
) -> None:
    body = json.dumps(document).encode()
    status, problem = status_and_problem(client, body)
    try:
        GenerationRequest.model_validate_json(body)
    except ValueError:
        assert status in (400, 422)
        assert problem.param
    else:
        assert status == 502


@settings(max_examples=50, deadline=None)
@given(body=st.binary(max_size=100))
def test_any_bytes_are_refused(client: TestClient, body: bytes) -> None:
    status, problem = status_and_problem(client, body)
    assert status in (400, 422)
    assert problem.param == "body"

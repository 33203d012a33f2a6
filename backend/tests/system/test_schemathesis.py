"""Generated requests for the whole API document, before a real server.

What the document allows and what it does not is sent to every operation. No answer may
be a 5xx, and each must be one that the document names: status, content type, schema.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
)

from easel.gateway.app import create_app
from tests.gateway.running_gateway import gateway_settings
from tests.system.processes import Program, running_gateway, running_server

pytestmark = pytest.mark.system

# The same requests each time: what fails here fails for everybody.
SEARCH = settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
DOCUMENT: dict[str, Any] = create_app(gateway_settings()).openapi()
Operation = tuple[str, str]
# After it the gateway takes nothing new.
DRAIN: Operation = ("POST", "/admin/drain")
ALL_BUT_DRAIN: list[Operation] = [
    operation
    for path, operations in DOCUMENT["paths"].items()
    for method in operations
    if (operation := (method.upper(), path)) != DRAIN
]


def can_be_asked_wrongly(operation: Operation) -> bool:
    """Any text is right for the id in a path, so there is nothing to get wrong."""
    method, path = operation
    described = DOCUMENT["paths"][path][method.lower()]
    schemas = [each["schema"] for each in described.get("parameters", [])]
    return "requestBody" in described or any(
        schema.keys() - {"type", "title"} for schema in schemas
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    flags = ("--model", "fake", "--fake-step-seconds", "0.0001")
    with running_server(tmp_path_factory.mktemp("server"), *flags) as server:
        yield server


@pytest.fixture(scope="module")
def api(
    server: Program, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BaseSchema]:
    folder: Path = tmp_path_factory.mktemp("gateway")
    with running_gateway(folder, server.url) as gateway:
        yield described(gateway)
        gateway.assert_clean_log()
    server.assert_clean_log()


def described(gateway: Program) -> BaseSchema:
    schema = schemathesis.openapi.from_url(gateway.url + "/openapi.json")
    schema.config.update(base_url=gateway.url)
    return schema


@pytest.fixture(scope="module")
def known(api: BaseSchema) -> dict[str, str]:
    """What there is to ask for: a guessed id is always a 404."""
    answer = httpx2.post(
        f"{api.config.base_url}/generate", json={"prompt": "a fox", "seed": 1}
    )
    return {
        "generation_id": answer.json()["id"],
        "model_id": "fake",
        "model": "fake",
        "index": "0",
    }


def search(
    schema: BaseSchema,
    operation: Operation,
    mode: GenerationMode,
    known: dict[str, str],
) -> int:
    """How many requests were sent; an answer that is not documented is an error.

    Two things are not asked for. What a schema allows may be refused all the same, with
    a 4xx that is documented: it cannot say that a mask needs an image. And forms, which
    have no types, and OpenAI's API take what can be read as the type that is wanted.
    """
    method, path = operation
    asked = 0

    @SEARCH
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def ask(case: Case[Any]) -> None:
        nonlocal asked
        asked += 1
        if asked % 2:
            for name in case.path_parameters.keys() & known.keys():
                case.path_parameters[name] = known[name]
        excluded: list[Callable[..., bool | None]] = [positive_data_acceptance]
        if case.media_type == "multipart/form-data" or path.startswith("/v1/"):
            excluded.append(negative_data_rejection)
        case.call_and_validate(timeout=30, excluded_checks=excluded)

    ask()
    return asked


@pytest.mark.parametrize("operation", ALL_BUT_DRAIN, ids=" ".join)
def test_what_the_document_allows_is_answered_as_documented(
    api: BaseSchema, operation: Operation, known: dict[str, str]
) -> None:
    assert search(api, operation, GenerationMode.POSITIVE, known) > 0


@pytest.mark.parametrize(
    "operation",
    [each for each in ALL_BUT_DRAIN if can_be_asked_wrongly(each)],
    ids=" ".join,
)
def test_what_the_document_does_not_allow_is_refused_as_documented(
    api: BaseSchema, operation: Operation
) -> None:
    assert search(api, operation, GenerationMode.NEGATIVE, {}) > 0


def test_a_drain_answers_as_documented(server: Program, tmp_path: Path) -> None:
    with running_gateway(tmp_path, server.url) as gateway:
        assert search(described(gateway), DRAIN, GenerationMode.POSITIVE, {}) > 0

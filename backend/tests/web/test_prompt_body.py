"""`POST /models/{id}/tokens`, at the server and through the gateway."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from easel.text2image.engines.fake import FakeEngine
from tests.gateway.running_gateway import gateway_for
from tests.text2image.running_server import GivenModels, make_app, serve

pytestmark = pytest.mark.component

JSON = {"Content-Type": "application/json"}


def never_loaded() -> FakeEngine:
    raise AssertionError("counting has loaded a model")


@pytest.fixture(params=["server", "gateway"])
async def client(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[aiohttp.ClientSession]:
    models = GivenModels(
        {"fake": lambda: FakeEngine(step_s=0), "org/other": never_loaded}
    )
    app = make_app(tmp_path, never_loaded, models=models)
    async with serve(app) as server:
        await server.until_loaded()
        if request.param == "gateway":
            async with gateway_for(server.url) as client:
                yield client
        else:
            async with aiohttp.ClientSession(server.url) as client:
                yield client


async def count(
    client: aiohttp.ClientSession, model: str = "fake", **given: Any
) -> tuple[int, dict[str, Any]]:
    async with client.post(f"/models/{model}/tokens", **given) as answer:
        return answer.status, await answer.json()


async def test_a_prompt_is_counted(client: aiohttp.ClientSession) -> None:
    assert await count(client, json={"prompt": "a fox, at night"}) == (
        200,
        {
            "tokens": 7,
            "max_prompt_tokens": 77,
            "is_cut": False,
            "used_characters": None,
        },
    )


async def test_of_a_prompt_that_is_cut_the_used_part_is_told(
    client: aiohttp.ClientSession,
) -> None:
    _, counted = await count(client, json={"prompt": "\u72d0 " * 80})
    assert (counted["tokens"], counted["is_cut"]) == (82, True)
    assert counted["used_characters"] == 2 * 75 - 1


async def test_a_model_that_is_not_loaded_counts_and_stays_unloaded(
    client: aiohttp.ClientSession,
) -> None:
    status, counted = await count(client, "org/other", json={"prompt": "a fox"})
    assert (status, counted["tokens"]) == (200, 4)
    async with client.get("/models/org/other") as answer:
        assert (await answer.json())["state"] == "unloaded"


async def test_nothing_typed_yet_can_be_counted(client: aiohttp.ClientSession) -> None:
    assert (await count(client, json={"prompt": ""}))[1]["tokens"] == 2


async def test_the_longest_prompt_passes_however_it_is_written(
    client: aiohttp.ClientSession,
) -> None:
    written = b'{"prompt": "' + b"\\ud83e\\udd8a" * 4000 + b'"}'
    assert (await count(client, data=written, headers=JSON))[0] == 200


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"", JSON, 422, "invalid_request"),
        (b"{", JSON, 400, "invalid_json"),
        (b"[]", JSON, 422, "invalid_request"),
        (b"{}", JSON, 422, "invalid_request"),
        (b'{"prompt": 7}', JSON, 422, "invalid_request"),
        (b'{"prompt": "a", "seed": 7}', JSON, 422, "invalid_request"),
        (b'{"prompt": "%s"}' % (b"a" * 4001), JSON, 422, "invalid_request"),
        (b'{"prompt": "\\ud800"}', JSON, 422, "invalid_request"),
        (b" " * 70_000, JSON, 413, "body_too_large"),
        (b"prompt=a", {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
    ],
)
async def test_what_is_no_prompt_is_refused(
    client: aiohttp.ClientSession,
    body: bytes,
    headers: dict[str, str],
    status: int,
    code: str,
) -> None:
    told, problem = await count(client, data=body, headers=headers)
    assert (told, problem["code"]) == (status, code)


async def test_a_model_that_is_not_here_counts_nothing(
    client: aiohttp.ClientSession,
) -> None:
    status, problem = await count(client, "none", json={"prompt": "a"})
    assert (status, problem["code"]) == (404, "model_not_found")

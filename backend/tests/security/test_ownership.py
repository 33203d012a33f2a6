"""OWASP API1: nobody sees, follows, fetches or stops what another key painted."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.security.security_rig import (
    PROMPT,
    ClosedGateway,
    Holder,
    Told,
    closed_gateway,
    told,
)
from tests.text2image.gated_engine import GatedEngine
from tests.text2image.running_server import RunningServer, make_app, serve

SEEDED = {**PROMPT, "seed": 7}
ABOUT_ONE = [
    ("GET", ""),
    ("HEAD", ""),
    ("DELETE", ""),
    ("GET", "/events"),
    ("GET", "/images/0"),
    ("GET", "/images/0?width=64"),
]


@pytest.fixture
def gated() -> GatedEngine:
    engine = GatedEngine()
    engine.allow(1000)
    return engine


@pytest.fixture
async def server(tmp_path: Path, gated: GatedEngine) -> AsyncIterator[RunningServer]:
    app = make_app(tmp_path / "server", lambda: gated, shutdown_grace_s=0)
    async with serve(app) as running:
        await running.until_loaded()
        yield running
        gated.allow(1000)


@pytest.fixture
async def gateway(
    server: RunningServer, tmp_path: Path
) -> AsyncIterator[ClosedGateway]:
    async with closed_gateway(server.url, tmp_path / "gateway") as gateway:
        yield gateway


@pytest.fixture
async def owner(gateway: ClosedGateway) -> Holder:
    return await gateway.holder("owner")


@pytest.fixture
async def other(gateway: ClosedGateway) -> Holder:
    return await gateway.holder("other")


async def asked(
    gateway: ClosedGateway, holder: Holder, method: str, target: str, **options: Any
) -> Told:
    headers = holder.headers | options.pop("headers", {})
    return await told(gateway.http, method, target, headers=headers, **options)


async def painted(
    gateway: ClosedGateway,
    holder: Holder,
    body: dict[str, Any] = PROMPT,
    **headers: str,
) -> dict[str, Any]:
    answer = await asked(
        gateway, holder, "POST", "/generate", json=body, headers=headers
    )
    assert answer.status == 200, answer.body
    document: dict[str, Any] = json.loads(answer.body)
    return document


def without_names(answer: Told, generation_id: str) -> dict[str, Any]:
    text = answer.body.decode().replace(generation_id, "ID")
    return {k: v for k, v in json.loads(text).items() if k != "request_id"}


@pytest.mark.parametrize(("method", "part"), ABOUT_ONE)
async def test_anothers_generation_is_one_that_does_not_exist(
    gateway: ClosedGateway, owner: Holder, other: Holder, method: str, part: str
) -> None:
    generation_id = (await painted(gateway, owner))["id"]
    guessed_id = generation_id[:-6] + "000000"
    path = f"/generations/{generation_id}{part}"
    theirs = await asked(gateway, other, method, path)
    guessed = await asked(
        gateway, other, method, path.replace(generation_id, guessed_id)
    )
    assert theirs.status == guessed.status == 404
    if method != "HEAD":
        assert without_names(theirs, generation_id) == without_names(
            guessed, guessed_id
        )
    assert (await asked(gateway, owner, method, path)).status == 200


async def test_a_running_generation_is_not_stopped_by_another_key(
    gateway: ClosedGateway, owner: Holder, other: Holder
) -> None:
    accepted = await asked(
        gateway,
        owner,
        "POST",
        "/generate",
        json={**PROMPT, "num_inference_steps": 100},
        headers={"Prefer": "respond-async"},
    )
    path = f"/generations/{json.loads(accepted.body)['id']}"
    assert (await asked(gateway, other, "DELETE", path)).status == 404
    assert (await asked(gateway, other, "GET", path + "/events")).status == 404
    ended = await asked(gateway, owner, "GET", path, headers={"Prefer": "wait=15"})
    assert json.loads(ended.body)["status"] == "completed"


@pytest.mark.parametrize("name", ["X-Easel-User", "x-easel-user"])
async def test_nobody_can_say_who_he_is_but_by_his_key(
    gateway: ClosedGateway, owner: Holder, other: Holder, name: str
) -> None:
    path = f"/generations/{(await painted(gateway, owner))['id']}"
    headers = {name: owner.public_id, "X-Easel-Generation-Id": path.split("/")[2]}
    assert (await asked(gateway, other, "GET", path, headers=headers)).status == 404
    mine = await painted(gateway, other, SEEDED, **headers)
    assert mine["id"] != path.split("/")[2]


async def test_an_idempotency_key_means_something_to_one_api_key_only(
    gateway: ClosedGateway, owner: Holder, other: Holder
) -> None:
    same = {"Idempotency-Key": "order-1"}
    first = await painted(gateway, owner, SEEDED, **same)
    assert (await painted(gateway, owner, SEEDED, **same))["id"] == first["id"]
    assert (await painted(gateway, other, SEEDED, **same))["id"] != first["id"]


async def test_an_equal_request_of_another_key_is_not_answered_with_this_ones(
    gateway: ClosedGateway, owner: Holder, other: Holder
) -> None:
    first = await painted(gateway, owner, SEEDED)
    assert (await painted(gateway, owner, SEEDED))["id"] == first["id"]
    assert (await painted(gateway, other, SEEDED))["id"] != first["id"]


async def signed_link(gateway: ClosedGateway, holder: Holder) -> str:
    """Of an image, as the façade of OpenAI gives it; path and query."""
    body = {**PROMPT, "response_format": "url"}
    answer = await asked(gateway, holder, "POST", "/v1/images/generations", json=body)
    url: str = json.loads(answer.body)["data"][0]["url"]
    return url.removeprefix(gateway.url)


async def test_a_link_opens_its_image_and_nothing_else(
    gateway: ClosedGateway, owner: Holder, other: Holder
) -> None:
    link = await signed_link(gateway, owner)
    assert (await told(gateway.http, "GET", link)).status == 200
    path, _, query = link.partition("?")
    theirs = (await painted(gateway, other))["id"]
    for target, status in [
        (f"/generations/{theirs}/images/0?{query}", 403),
        (f"{path[:-1]}1?{query}", 403),
        (link.replace(owner.public_id, other.public_id), 403),
        (link.replace("expires=", "expires=9"), 403),
        (link.replace("signature=", "signature=0"), 403),
        (f"{link}&caller={other.public_id}", 403),
        (f"{path}?{urlencode({'signature': ''})}", 403),
        (f"{path.removesuffix('/images/0')}?{query}", 401),
        (f"{path.removesuffix('/images/0')}/events?{query}", 401),
        (path, 401),
    ]:
        assert (await told(gateway.http, "GET", target)).status == status, target
    assert (await told(gateway.http, "DELETE", link)).status == 401


async def test_progress_and_interrupt_are_about_ones_own_work(
    gateway: ClosedGateway,
    owner: Holder,
    other: Holder,
    server: RunningServer,
    tmp_path: Path,
) -> None:
    """AUTOMATIC1111 knows no ids: there is one progress, and one button to stop."""
    slow = GatedEngine()
    app = make_app(tmp_path / "slow", lambda: slow, shutdown_grace_s=0)
    async with (
        serve(app) as running,
        closed_gateway(running.url, tmp_path / "before-slow") as before,
    ):
        await running.until_loaded()
        mine, theirs = await before.holder("mine"), await before.holder("theirs")
        async with before.http.post(
            "/generate",
            json=PROMPT,
            headers=mine.headers | {"Accept": "text/event-stream"},
        ) as stream:
            await stream.content.readuntil(b"\n\n")
            seen = await asked(before, theirs, "GET", "/sdapi/v1/progress")
            assert json.loads(seen.body)["progress"] == 0
            stopped = await asked(before, theirs, "POST", "/sdapi/v1/interrupt")
            assert stopped.status == 200
            slow.allow(1000)
            assert b"event: completed" in await stream.content.read()


async def test_one_sees_the_models_of_ones_key_only(
    gateway: ClosedGateway,
) -> None:
    nothing = await gateway.holder("nothing", models=frozenset({"none-of-these"}))
    for path, key in [("/models", "models"), ("/v1/models", "data")]:
        listed = await asked(gateway, nothing, "GET", path)
        assert json.loads(listed.body)[key] == []
    for path in ("/models/fake", "/v1/models/fake"):
        assert (await asked(gateway, nothing, "GET", path)).status == 404
    for path, body in [
        ("/generate", PROMPT),
        ("/generate", {**PROMPT, "model": "fake"}),
        ("/v1/images/generations", PROMPT),
        ("/v1/images/generations", {**PROMPT, "model": "fake"}),
        ("/sdapi/v1/txt2img", PROMPT),
        ("/models/fake/tokens", {"prompt": "a fox"}),
    ]:
        refused = await asked(gateway, nothing, "POST", path, json=body)
        assert refused.status in (403, 404), (path, refused.body)

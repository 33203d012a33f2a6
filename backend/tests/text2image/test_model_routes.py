"""Several models of one server, over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from easel.clock import ManualClock
from easel.errors import ModelInUse
from easel.text2image.engines.base import AnyEngine, ModelUnavailable
from tests.text2image.gated_engine import PATIENCE_S, GatedEngine
from tests.text2image.running_server import GivenModels, RunningServer, make_app, serve
from tests.text2image.scripted_engine import ScriptedEngine

pytestmark = pytest.mark.component

PROMPT = {"prompt": "a lighthouse", "num_inference_steps": 3}


def engine(model_id: str) -> AnyEngine:
    return ScriptedEngine(ManualClock(), model_id=model_id)


@pytest.fixture
def arrival() -> "Future[AnyEngine]":
    """What the load of `slow` becomes."""
    return Future()


@pytest.fixture
async def several(
    tmp_path: Path, gated: GatedEngine, arrival: "Future[AnyEngine]"
) -> AsyncIterator[RunningServer]:
    """`fake` paints step by step, `b` at once, `slow` loads until `arrival`."""
    models = GivenModels(
        {
            "fake": lambda: gated,
            "b": partial(engine, "b"),
            "slow": lambda: arrival.result(PATIENCE_S),
        }
    )
    app = make_app(tmp_path, lambda: gated, models=models, shutdown_grace_s=0)
    async with serve(app) as server:
        await server.until_loaded()
        yield server
        gated.allow(1000)
        if not arrival.done():
            arrival.set_exception(ModelUnavailable("the test is over"))


async def states(server: RunningServer) -> dict[str, str]:
    async with server.http.get(f"{server.url}/models") as answer:
        models = (await answer.json())["models"]
    return {model["id"]: model["state"] for model in models}


async def ask(server: RunningServer, path: str) -> tuple[int, dict[str, Any]]:
    async with server.http.post(f"{server.url}/models/{path}") as answer:
        return answer.status, await answer.json()


async def generate(server: RunningServer, model: str) -> tuple[int, dict[str, Any]]:
    body = PROMPT | {"model": model}
    async with server.http.post(f"{server.url}/generate", json=body) as answer:
        return answer.status, await answer.json()


async def until_state(server: RunningServer, model: str, state: str) -> None:
    generations = server.app.generations
    await server.until(lambda: generations.models.find(model).state == state)


async def test_the_default_is_loaded_and_the_others_are_offered(
    several: RunningServer,
) -> None:
    expected = {"fake": "ready", "b": "unloaded", "slow": "unloaded"}
    assert await states(several) == expected


async def test_naming_a_model_loads_it(several: RunningServer) -> None:
    status, document = await generate(several, "b")
    assert (status, document["model"]) == (200, "b")
    assert (await states(several))["b"] == "ready"


async def test_a_model_is_loaded_and_unloaded_on_request(
    several: RunningServer,
) -> None:
    status, document = await ask(several, "b/load")
    assert (status, document["state"]) == (202, "loading")
    await until_state(several, "b", "ready")
    status, document = await ask(several, "b/unload")
    assert (status, document["state"]) == (200, "unloaded")


async def test_while_one_model_loads_the_others_paint(
    several: RunningServer, arrival: "Future[AnyEngine]"
) -> None:
    assert (await generate(several, "b"))[0] == 200
    await ask(several, "slow/load")
    asking = asyncio.create_task(generate(several, "slow"))
    await several.until(lambda: several.app.generations.present.queued == 1)
    assert (await generate(several, "b"))[0] == 200
    assert (await states(several))["slow"] == "loading"
    arrival.set_result(engine("slow"))
    assert (await asking)[0] == 200


async def test_a_model_that_cannot_be_loaded_fails_its_callers_only(
    several: RunningServer, arrival: "Future[AnyEngine]"
) -> None:
    arrival.set_exception(ModelUnavailable("/srv/slow is broken"))
    status, problem = await generate(several, "slow")
    assert (status, problem["code"]) == (503, "model_failed")
    assert "/srv" not in problem["detail"]
    assert (await generate(several, "b"))[0] == 200
    assert (await states(several))["slow"] == "failed"


async def test_a_model_that_paints_stays(
    several: RunningServer, gated: GatedEngine
) -> None:
    painting = asyncio.create_task(generate(several, "fake"))
    await several.until(lambda: gated.asked == 1)
    # Not over HTTP, so that the question is there before the step ends.
    generations = several.app.generations
    unloading = asyncio.create_task(generations.models.unload("fake"))
    await asyncio.sleep(0)
    gated.allow(1)
    with pytest.raises(ModelInUse) as refusal:
        await unloading
    assert refusal.value.http_status == 409
    gated.allow(2)
    assert (await painting)[0] == 200


@pytest.mark.parametrize("path", ["other/load", "other/unload", "a/b/load"])
async def test_a_model_that_is_not_here_is_a_404(
    several: RunningServer, path: str
) -> None:
    status, problem = await ask(several, path)
    assert (status, problem["code"]) == (404, "model_not_found")


async def test_after_the_device_is_lost_nobody_waits_for_a_model(
    several: RunningServer, gated: GatedEngine
) -> None:
    gated.failure = ModelUnavailable("the GPU failed")
    gated.allow(1)
    assert (await generate(several, "fake"))[0] == 500
    status, problem = await ask(several, "b/load")
    assert (status, problem["code"]) == (500, "internal_error")

"""What happens while a generation runs: cancel, hang up, queue, fail, stop."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from easel.contract.generations import GenerationRequest
from easel.errors import OutOfMemory, QueueFull
from easel.text2image.engines.base import AnyEngine, ModelUnavailable
from easel.text2image.engines.fake import FakeEngine
from easel.text2image.intake import Call
from easel.text2image.live_generation import LiveGeneration
from tests.text2image.gated_engine import GatedEngine
from tests.text2image.running_server import (
    RunningServer,
    events_of,
    make_app,
    serve,
)

pytestmark = pytest.mark.component

PROMPT = {"prompt": "a lighthouse", "num_inference_steps": 10, "seed": 7}
EVENTS = {"Accept": "text/event-stream"}
STEPS = "easel_server_denoising_steps_total"


async def submit(server: RunningServer) -> str:
    """A generation that nobody waits for; returns its path."""
    headers = {"Prefer": "respond-async"}
    url = f"{server.url}/generate"
    async with server.http.post(url, json=PROMPT, headers=headers) as answer:
        assert answer.status == 202
        return answer.headers["Location"]


async def status(server: RunningServer, path: str) -> dict[str, Any]:
    async with server.http.get(f"{server.url}{path}") as answer:
        document: dict[str, Any] = await answer.json()
        return document


def newest(server: RunningServer) -> LiveGeneration:
    generations = server.app.generations
    return generations.find(generations.known()[-1])


async def until_running(server: RunningServer) -> None:
    await server.until(lambda: server.app.generations.present.running == 1)


async def until_step(server: RunningServer, gated: GatedEngine, step: int) -> None:
    """This many are done and told, and the engine waits in the next one."""
    await server.until(lambda: gated.asked == step + 1)
    await server.until(lambda: getattr(newest(server).document, "step", 0) >= step)


async def until_let_go(server: RunningServer, gated: GatedEngine) -> None:
    """The engine holds no sample any more."""
    await server.until(lambda: len(gated.ended) == len(gated.begun) > 0)


@pytest.mark.parametrize(
    "headers", [EVENTS, {}, {"Accept": "image/png"}], ids=["events", "json", "image"]
)
async def test_a_client_that_leaves_stops_the_denoising_within_one_step(
    server: RunningServer, gated: GatedEngine, headers: dict[str, str]
) -> None:
    async with aiohttp.ClientSession() as leaving:
        url = f"{server.url}/generate"
        asking = asyncio.create_task(leaving.post(url, json=PROMPT, headers=headers))
        gated.allow(3)
        await until_step(server, gated, 3)
        live = newest(server)
        asking.cancel()
        for answer in await asyncio.gather(asking, return_exceptions=True):
            # Of an event stream the head has come already.
            if isinstance(answer, aiohttp.ClientResponse):
                answer.close()
    await server.until(lambda: live.has_ended)
    gated.allow(7)
    await until_let_go(server, gated)
    assert await server.metric(STEPS) == 4
    assert await server.metric("easel_server_cancelled_steps_saved_total") == 6
    document = await status(server, f"/generations/{live.id}")
    assert (document["status"], document["reason"]) == (
        "cancelled",
        "client_disconnected",
    )


async def test_leaving_an_asynchronous_generation_does_not_stop_it(
    server: RunningServer, gated: GatedEngine
) -> None:
    path = await submit(server)
    async with (
        aiohttp.ClientSession() as leaving,
        leaving.get(f"{server.url}{path}/events") as answer,
    ):
        await answer.content.readline()
    gated.allow(10)
    await server.app.generations.present.until_idle()
    assert (await status(server, path))["status"] == "completed"


async def test_cancel_is_told_at_once_and_obeyed_at_the_next_step(
    server: RunningServer, gated: GatedEngine
) -> None:
    path = await submit(server)
    gated.allow(2)
    await until_step(server, gated, 2)
    for _ in range(2):
        async with server.http.delete(f"{server.url}{path}") as answer:
            document = await answer.json()
        assert (document["status"], document["reason"]) == ("cancelled", "requested")
    async with server.http.get(f"{server.url}{path}/events") as answer:
        events = events_of(await answer.text())
    assert [name for name, _ in events] == ["snapshot", "cancelled"]
    gated.allow(8)
    await until_let_go(server, gated)
    assert await server.metric(STEPS) == 3


async def test_a_caller_who_waits_is_told_that_another_cancelled(
    server: RunningServer,
) -> None:
    url = f"{server.url}/generate"
    asking = asyncio.create_task(server.http.post(url, json=PROMPT))
    await until_running(server)
    async with server.http.delete(f"{server.url}/generations/{newest(server).id}"):
        pass
    async with await asking as answer:
        assert answer.status == 409
        assert (await answer.json())["code"] == "generation_cancelled"


async def test_who_waits_knows_its_place_and_moves_up(
    server: RunningServer, gated: GatedEngine
) -> None:
    paths = []
    for _ in range(3):
        paths.append(await submit(server))
        await until_running(server)
    places = [(await status(server, path)).get("position") for path in paths]
    assert places == [None, 1, 2]
    async with server.http.delete(f"{server.url}{paths[1]}"):
        pass
    last = newest(server)
    # It is told after the next look at the queue, which is one step away at most.
    gated.allow(2)
    await server.until(lambda: last.position == 1)
    gated.allow(8)
    await server.until(lambda: last.document.status == "running")
    # The cancelled one never reached the engine.
    assert [spec.id for spec in gated.begun] == [
        f"{path.rsplit('/', 1)[1]}-0" for path in (paths[0], paths[2])
    ]


@pytest.mark.parametrize("is_durable", [False, True])
async def test_a_burst_on_a_free_server_has_one_place_more_than_may_wait(
    server: RunningServer, is_durable: bool
) -> None:
    """Whoever is still being written to the journal takes a place already."""
    generations = server.app.generations
    request = GenerationRequest(prompt="a lighthouse")
    answers = await asyncio.gather(
        *(
            generations.accept(request, "png", Call("-", is_durable=is_durable))
            for _ in range(4)
        ),
        return_exceptions=True,
    )
    assert [isinstance(answer, LiveGeneration) for answer in answers] == [
        *([True] * 3),
        False,
    ]
    assert isinstance(answers[3], QueueFull)
    assert "2 wait; the limit is 2" in answers[3].detail


async def test_a_full_queue_is_a_503_that_says_when_to_come_back(
    server: RunningServer,
) -> None:
    for _ in range(3):
        await submit(server)
        await until_running(server)
    url = f"{server.url}/generate"
    async with server.http.post(url, json=PROMPT) as answer:
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) >= 1
        problem = await answer.json()
    assert problem["code"] == "queue_full"
    assert "limit is 2" in problem["detail"]
    async with server.http.get(f"{server.url}/health") as answer:
        health = await answer.json()
    assert (health["status"], health["queued"], health["running"]) == ("healthy", 2, 1)


@pytest.mark.parametrize(
    ("failure", "status_code", "code"),
    [
        (OutOfMemory("1 image of 512 x 512 does not fit."), 503, "out_of_memory"),
        (ValueError("a secret of the model"), 500, "engine_failed"),
    ],
)
async def test_a_failing_generation_fails_alone(
    server: RunningServer,
    gated: GatedEngine,
    failure: Exception,
    status_code: int,
    code: str,
) -> None:
    gated.failure = failure
    # Who may be guilty is tried again alone.
    gated.allow(2)
    url = f"{server.url}/generate"
    async with server.http.post(url, json=PROMPT) as answer:
        assert answer.status == status_code
        problem = await answer.json()
    assert problem["code"] == code
    assert "secret" not in problem["detail"]
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    gated.failure = None
    gated.allow(10)
    async with server.http.post(url, json=PROMPT) as answer:
        assert answer.status == 200


async def test_a_failure_after_the_first_event_is_an_event(
    server: RunningServer, gated: GatedEngine
) -> None:
    url = f"{server.url}/generate"
    async with server.http.post(url, json=PROMPT, headers=EVENTS) as answer:
        assert answer.status == 200
        gated.failure = OutOfMemory("too large")
        gated.allow(2)
        events = events_of(await answer.text())
    assert events[-1][0] == "failed"
    assert events[-1][1]["code"] == "out_of_memory"


async def test_a_stop_lets_the_running_finish_and_gives_up_what_waits(
    tmp_path: Path, gated: GatedEngine
) -> None:
    app = make_app(tmp_path, lambda: gated, shutdown_grace_s=30)
    async with serve(app) as server:
        await server.until_loaded()
        url = f"{server.url}/generate"
        first = asyncio.create_task(server.http.post(url, json=PROMPT))
        await until_running(server)
        second = asyncio.create_task(server.http.post(url, json=PROMPT))
        await server.until(lambda: app.generations.present.queued == 1)
        app.begin_stop()
        async with await second as answer:
            assert answer.status == 503
            assert (await answer.json())["code"] == "server_stopping"
        async with server.http.post(url, json=PROMPT) as answer:
            assert answer.status == 503
        async with server.http.get(f"{server.url}/readyz") as answer:
            assert answer.status == 503
        gated.allow(10)
        async with await first as answer:
            assert answer.status == 200


async def test_a_generation_that_outlives_the_grace_is_told_so(
    tmp_path: Path, gated: GatedEngine
) -> None:
    app = make_app(tmp_path, lambda: gated, shutdown_grace_s=0)
    async with serve(app) as server:
        await server.until_loaded()
        url = f"{server.url}/generate"
        asking = asyncio.create_task(server.http.post(url, json=PROMPT))
        await until_running(server)
        app.begin_stop()
        async with await asking as answer:
            assert answer.status == 503
            assert (await answer.json())["code"] == "server_stopping"
        gated.allow(1)


@pytest.fixture
async def loading(tmp_path: Path) -> AsyncIterator[RunningServer]:
    """A server whose model loads for as long as the test lasts."""
    released = asyncio.Event()
    loop = asyncio.get_running_loop()

    def load() -> AnyEngine:
        asyncio.run_coroutine_threadsafe(released.wait(), loop).result()
        return FakeEngine(step_s=0)

    async with serve(make_app(tmp_path, load)) as running:
        yield running
        released.set()
        await running.until_loaded()


async def test_while_the_model_loads_the_server_answers_and_says_so(
    loading: RunningServer,
) -> None:
    async with loading.http.get(f"{loading.url}/livez") as answer:
        assert answer.status == 200
    async with loading.http.get(f"{loading.url}/health") as answer:
        health = await answer.json()
    assert (health["status"], health["model_loaded"]) == ("loading", False)
    for path in ("/readyz", "/models"):
        async with loading.http.get(f"{loading.url}{path}") as answer:
            assert answer.status == 503
            assert (await answer.json())["code"] == "model_loading"
    async with loading.http.post(f"{loading.url}/generate", json=PROMPT) as answer:
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (ModelUnavailable("there is no model 'x'"), "there is no model 'x'"),
        (KeyError("bug"), "loading failed: KeyError"),
    ],
)
async def test_a_model_that_cannot_be_loaded_is_reported_and_the_server_not_ready(
    tmp_path: Path, failure: Exception, reason: str
) -> None:
    reasons: list[str] = []

    def load() -> AnyEngine:
        raise failure

    app = make_app(tmp_path, load, on_unavailable=reasons.append)
    async with serve(app) as server:
        await server.until(lambda: bool(reasons))
        async with server.http.get(f"{server.url}/health") as answer:
            assert (await answer.json())["status"] == "unhealthy"
        async with server.http.get(f"{server.url}/readyz") as answer:
            assert answer.status == 500
    assert reasons == [reason]


async def test_a_head_request_does_not_follow_the_events(
    server: RunningServer,
) -> None:
    path = await submit(server)
    async with server.http.head(f"{server.url}{path}/events") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
    await until_running(server)
    assert (await status(server, path))["status"] == "running"


async def test_what_runs_at_a_stop_can_be_followed_to_its_end(
    tmp_path: Path, gated: GatedEngine
) -> None:
    drained = asyncio.Event()
    app = make_app(tmp_path, lambda: gated, shutdown_grace_s=30, on_drained=drained.set)
    async with serve(app) as server:
        await server.until_loaded()
        path = await submit(server)
        await until_running(server)
        app.begin_stop()
        await server.until(lambda: app.generations.readiness.is_stopping)
        async with server.http.get(f"{server.url}/health") as answer:
            assert (await answer.json())["status"] == "stopping"
        assert not drained.is_set()
        gated.allow(10)
        async with server.http.get(f"{server.url}{path}/events") as answer:
            assert events_of(await answer.text())[-1][0] == "completed"
        await drained.wait()


async def test_a_failing_preview_costs_no_image(
    server: RunningServer, gated: GatedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(image: Any) -> str:
        raise ValueError("no preview")

    monkeypatch.setattr("easel.text2image.images.image_delivery.preview_url", broken)
    gated.allow(10)
    url = f"{server.url}/generate"
    async with server.http.post(url, json=PROMPT, headers=EVENTS) as answer:
        events = events_of(await answer.text())
    names = [name for name, _ in events]
    assert "preview" not in names
    assert names[-1] == "completed"

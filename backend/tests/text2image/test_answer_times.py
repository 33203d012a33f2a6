"""How long a caller waits: its deadline, `Prefer: wait`, long polls."""

import asyncio
from pathlib import Path

import pytest

from easel.text2image.engines.fake import FakeEngine
from tests.text2image.gated_engine import GatedEngine
from tests.text2image.running_server import (
    RunningServer,
    events_of,
    make_app,
    serve,
)
from tests.text2image.tier_calls import (
    asked,
    calling,
    document_of,
    new_id,
    until_callers,
)

pytestmark = pytest.mark.component

ASYNC = {"Prefer": "respond-async"}
EVENTS = {"Accept": "text/event-stream"}
KEEP = {"X-Easel-Keep": "1"}
# No step is allowed in these tests, so that its length does not matter.
SOON = {"X-Easel-Timeout-S": "0.05"}


async def until_running(server: RunningServer) -> None:
    await server.until(lambda: server.app.generations.present.running == 1)


async def test_what_is_not_done_in_time_is_stopped_and_a_504(
    server: RunningServer,
) -> None:
    chosen = new_id()
    # Time enough to begin.
    async with calling(server, chosen, {"X-Easel-Timeout-S": "1.0"}) as caller:
        live = await until_callers(server, chosen, 1)
        await server.until(lambda: live.started_at_s is not None)
        answer = await caller.answer()
        problem = await answer.json()
    assert (answer.status, problem["code"]) == (504, "upstream_timeout")
    assert live.document.status == "cancelled"
    assert live.document.reason == "deadline"
    async with asked(server, chosen) as again:
        assert again.status == 504
        assert (await again.json())["code"] == "upstream_timeout"


async def test_no_time_at_all_is_too_little(server: RunningServer) -> None:
    await document_of(server, headers=ASYNC)
    await until_running(server)
    async with asked(server, headers={"X-Easel-Timeout-S": "0.000"}) as answer:
        assert answer.status == 504
        assert (await answer.json())["code"] == "queue_timeout"


@pytest.mark.parametrize("form", [{}, {"Accept": "image/png"}], ids=["json", "image"])
async def test_what_never_began_in_time_is_stopped_and_says_so(
    server: RunningServer, form: dict[str, str]
) -> None:
    await document_of(server, headers=ASYNC)
    await until_running(server)
    chosen = new_id()
    async with asked(server, chosen, SOON | form) as answer:
        assert answer.status == 504
        assert (await answer.json())["code"] == "queue_timeout"
        assert answer.headers["X-Easel-Generation"] == chosen
    assert server.app.generations.present.queued == 0


async def test_a_stream_that_is_out_of_time_ends_with_that(
    server: RunningServer,
) -> None:
    async with asked(server, headers=EVENTS | SOON) as answer:
        assert answer.status == 200
        events = events_of(await answer.text())
    assert events[-1] == ("cancelled", {"reason": "deadline"})


@pytest.mark.parametrize("form", [{}, EVENTS], ids=["json", "events"])
@pytest.mark.parametrize("keep", [True, False], ids=["kept", "shared"])
async def test_out_of_time_is_who_asked_and_not_who_else_waits(
    server: RunningServer, gated: GatedEngine, form: dict[str, str], keep: bool
) -> None:
    chosen = new_id()
    async with calling(server, chosen, KEEP if keep else {}) as patient:
        live = await until_callers(server, chosen, 1)
        async with asked(server, chosen, SOON | form) as answer:
            assert answer.status == (200 if form else 504)
            names = [name for name, _ in events_of(await answer.text())] if form else []
        # Nobody says that it had ended: it has not.
        assert not {"cancelled", "failed", "completed"} & set(names)
        if keep:
            await patient.hang_up()
            await until_callers(server, chosen, 0)
        gated.allow(10)
        await live.settled.wait()
    assert live.is_completed


@pytest.mark.parametrize(
    "value", ["", "soon", "-0.1", "-1", "nan", "inf", "1e999", "1,2"]
)
async def test_a_time_that_is_none_is_refused_by_name(
    quick: RunningServer, value: str
) -> None:
    async with asked(quick, headers={"X-Easel-Timeout-S": value}) as answer:
        assert answer.status == 422
        assert (await answer.json())["param"] == "X-Easel-Timeout-S"


async def test_what_would_take_too_long_is_refused_at_once(tmp_path: Path) -> None:
    app = make_app(tmp_path, lambda: FakeEngine(step_s=0.02))
    generations = app.generations
    async with serve(app) as server:
        await server.until_loaded()

        async def promised_s() -> float | None:
            document = await document_of(server, num_inference_steps=1)
            return generations.find(document["id"]).promised_s

        # The first ones measure the device.
        while await promised_s() is None:
            pass
        before = generations.known()
        chosen = new_id()
        # 4 s of steps at least.
        for headers in (SOON, SOON | KEEP, SOON | EVENTS, {"Prefer": "wait=1"}):
            async with asked(
                server, chosen, headers, num_inference_steps=200
            ) as answer:
                assert answer.status == 503
                problem = await answer.json()
            assert problem["code"] == "deadline_unreachable"
            assert int(answer.headers["Retry-After"]) >= 1
        assert "within 1.0 s" in problem["detail"]
        assert generations.known() == before
        # Who does not wait for the images has time.
        async with asked(
            server, chosen, SOON | ASYNC, num_inference_steps=200
        ) as answer:
            assert answer.status == 202
        async with server.http.delete(f"{server.url}/generations/{chosen}"):
            pass


async def test_wait_alone_bounds_the_answer(server: RunningServer) -> None:
    async with asked(server, headers={"Prefer": "wait=1"}) as answer:
        assert answer.status == 504
        assert answer.headers["Preference-Applied"] == "wait=1"
        chosen = answer.headers["X-Easel-Generation"]
    live = server.app.generations.find(chosen)
    assert getattr(live.document, "reason", None) == "deadline"


@pytest.mark.parametrize("prefer", ["wait=30", "respond-async, wait=30"])
async def test_what_is_done_within_the_wait_is_the_finished_document(
    quick: RunningServer, prefer: str
) -> None:
    async with asked(quick, headers={"Prefer": prefer}) as answer:
        assert answer.status == 200
        assert answer.headers["Preference-Applied"] == "wait=30"
        assert (await answer.json())["images"][0]["b64_json"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Prefer": "respond-async, wait=0"},
        # The shorter one counts.
        {"Prefer": "respond-async, wait=30"} | SOON,
    ],
)
async def test_what_is_not_done_within_the_wait_is_accepted_and_goes_on(
    server: RunningServer, gated: GatedEngine, headers: dict[str, str]
) -> None:
    async with asked(server, headers=headers) as answer:
        assert answer.status == 202
        assert answer.headers["Preference-Applied"] == headers["Prefer"]
        live = server.app.generations.find(answer.headers["X-Easel-Generation"])
    gated.allow(10)
    await live.settled.wait()
    assert live.is_completed


async def test_who_leaves_during_the_wait_of_an_asynchronous_one_ends_nothing(
    server: RunningServer, gated: GatedEngine
) -> None:
    chosen = new_id()
    async with calling(server, chosen, {"Prefer": "respond-async, wait=30"}):
        live = await until_callers(server, chosen, 1)
    await until_callers(server, chosen, 0)
    gated.allow(10)
    await live.settled.wait()
    assert live.is_completed


@pytest.mark.parametrize(
    "prefer", ["wait=soon", "wait=-1", "wait=0", "handling=strict"]
)
async def test_a_preference_that_cannot_be_honoured_is_ignored(
    quick: RunningServer, prefer: str
) -> None:
    async with asked(quick, headers={"Prefer": prefer}) as answer:
        assert answer.status == 200
        assert "Preference-Applied" not in answer.headers


async def test_a_long_poll_is_answered_when_the_generation_ends(
    server: RunningServer, gated: GatedEngine
) -> None:
    chosen = new_id()
    await document_of(server, chosen, ASYNC)
    url = f"{server.url}/generations/{chosen}"
    polling = asyncio.create_task(server.http.get(url, headers={"Prefer": "wait=999"}))
    await until_running(server)
    async with server.http.get(url, headers={"Prefer": "wait=0"}) as answer:
        assert (await answer.json())["status"] == "running"
        assert answer.headers["Preference-Applied"] == "wait=0"
    assert not polling.done()
    gated.allow(10)
    async with await polling as answer:
        assert (await answer.json())["status"] == "completed"
        # No longer than a proxy would.
        assert answer.headers["Preference-Applied"] == "wait=60"
    async with server.http.get(url) as answer:
        assert "Preference-Applied" not in answer.headers

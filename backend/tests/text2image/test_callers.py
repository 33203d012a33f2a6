"""Who keeps a generation alive, and whose it is."""

from pathlib import Path
from typing import Any

import pytest

from easel.errors import StorageFull
from easel.text2image.durability.journal import Journal
from tests.text2image.gated_engine import GatedEngine
from tests.text2image.running_server import RunningServer, make_app, serve
from tests.text2image.tier_calls import (
    asked,
    calling,
    document_of,
    new_id,
    until_callers,
)

pytestmark = pytest.mark.component

ASYNC = {"Prefer": "respond-async"}
KEEP = {"X-Easel-Keep": "1"}
FORMS = [{}, {"Accept": "image/png"}, {"Accept": "text/event-stream"}]


async def document(server: RunningServer, chosen: str) -> dict[str, Any]:
    async with server.http.get(f"{server.url}/generations/{chosen}") as answer:
        found: dict[str, Any] = await answer.json()
        return found


@pytest.mark.parametrize("second", FORMS, ids=["json", "image", "events"])
@pytest.mark.parametrize("first", FORMS, ids=["json", "image", "events"])
async def test_the_last_caller_who_leaves_ends_it(
    server: RunningServer, first: dict[str, str], second: dict[str, str]
) -> None:
    chosen = new_id()
    async with calling(server, chosen, first) as one:
        live = await until_callers(server, chosen, 1)
        async with calling(server, chosen, second) as other:
            await until_callers(server, chosen, 2)
            await one.hang_up()
            await until_callers(server, chosen, 1)
            assert not live.has_ended
            await other.hang_up()
            await until_callers(server, chosen, 0)
    ended = await document(server, chosen)
    assert (ended["status"], ended["reason"]) == ("cancelled", "client_disconnected")


async def test_callers_who_have_their_answers_end_nothing(
    server: RunningServer, gated: GatedEngine
) -> None:
    chosen = new_id()
    gated.allow(10)
    for _ in range(2):
        assert (await document_of(server, chosen))["status"] == "completed"
    live = await until_callers(server, chosen, 0)
    assert live.is_completed


@pytest.mark.parametrize("form", FORMS, ids=["json", "image", "events"])
async def test_a_kept_one_goes_on_when_its_caller_leaves(
    server: RunningServer, gated: GatedEngine, form: dict[str, str]
) -> None:
    chosen = new_id()
    async with calling(server, chosen, KEEP | form):
        await until_callers(server, chosen, 1)
    await until_callers(server, chosen, 0)
    gated.allow(10)
    async with asked(server, chosen, KEEP | form) as answer:
        assert answer.status == 200
        await answer.read()
    assert len(gated.begun) == 1


@pytest.mark.parametrize("headers", [KEEP, ASYNC], ids=["keep", "asynchronous"])
async def test_who_attaches_and_wants_it_kept_has_it_kept(
    server: RunningServer, gated: GatedEngine, headers: dict[str, str]
) -> None:
    chosen = new_id()
    async with calling(server, chosen):
        live = await until_callers(server, chosen, 1)
        async with calling(server, chosen, headers):
            await server.until(lambda: live.accepted.is_durable)
    await until_callers(server, chosen, 0)
    gated.allow(10)
    await live.settled.wait()
    assert live.is_completed


async def test_what_cannot_be_kept_is_a_507_and_goes_on_as_it_was(
    server: RunningServer, gated: GatedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise StorageFull("The server has no space left for its journal.")

    monkeypatch.setattr(Journal, "accept", full)
    chosen = new_id()
    async with calling(server, chosen) as caller:
        live = await until_callers(server, chosen, 1)
        async with asked(server, chosen, KEEP) as answer:
            assert answer.status == 507
        assert (live.callers, live.accepted.is_durable) == (1, False)
        gated.allow(10)
        assert (await caller.answer()).status == 200


@pytest.mark.parametrize("value", ["", "yes", "2", "true"])
async def test_a_keep_header_that_says_nothing_is_refused_by_name(
    quick: RunningServer, value: str
) -> None:
    async with asked(quick, headers={"X-Easel-Keep": value}) as answer:
        assert answer.status == 422
        assert (await answer.json())["param"] == "X-Easel-Keep"


async def test_who_waits_for_a_kept_one_at_a_stop_is_told_to_come_back(
    tmp_path: Path, gated: GatedEngine
) -> None:
    chosen = new_id()
    app = make_app(tmp_path, lambda: gated, shutdown_grace_s=0)
    async with serve(app) as server:
        await server.until_loaded()
        async with calling(server, chosen, KEEP) as caller:
            await until_callers(server, chosen, 1)
            app.begin_stop()
            answer = await caller.answer()
            assert answer.status == 503
            assert (await answer.json())["code"] == "server_stopping"
            assert answer.headers["X-Easel-Generation"] == chosen
        # Also who comes only now, and who waits for its state.
        async with asked(server, chosen, KEEP) as answer:
            assert answer.status == 503
        url = f"{server.url}/generations/{chosen}"
        async with server.http.get(url, headers={"Prefer": "wait=60"}) as answer:
            assert answer.status == 200
        gated.allow(10)


PATHS = ["", "/events", "/images/0"]


async def test_a_generation_is_its_users_alone(quick: RunningServer) -> None:
    chosen, unknown = new_id(), new_id()
    ada, eve = {"X-Easel-User": "ada"}, {"X-Easel-User": "eve"}
    await document_of(quick, chosen, ada)
    calls = [("GET", path) for path in PATHS] + [("DELETE", "")]
    for method, path in calls:
        url = f"{quick.url}/generations/{chosen}{path}"
        for headers in (ada, {}):
            async with quick.http.request(method, url, headers=headers) as answer:
                assert answer.status == 200
        details = []
        for name in (chosen, unknown):
            url = f"{quick.url}/generations/{name}{path}"
            async with quick.http.request(method, url, headers=eve) as answer:
                assert answer.status == 404
                problem = await answer.json()
                assert problem["code"] == "generation_not_found"
                details.append(problem["detail"].replace(name, "it"))
        assert len(set(details)) == 1


async def test_another_user_ends_nothing(
    server: RunningServer, gated: GatedEngine
) -> None:
    chosen = new_id()
    await document_of(server, chosen, ASYNC | {"X-Easel-User": "ada"})
    url = f"{server.url}/generations/{chosen}"
    async with server.http.delete(url, headers={"X-Easel-User": "eve"}) as answer:
        assert answer.status == 404
    assert not server.app.generations.find(chosen).has_ended


async def test_every_answer_says_who_gives_it_and_how_much_there_is_to_do(
    server: RunningServer, gated: GatedEngine
) -> None:
    async with server.http.get(f"{server.url}/livez") as answer:
        assert answer.headers["X-Easel-Replica"] == "test"
        assert answer.headers["X-Easel-Backlog-Seconds"] == "0.00"
    for _ in range(3):
        await document_of(server, headers=ASYNC)
        await server.until(lambda: server.app.generations.present.running == 1)
    async with asked(server) as answer:
        assert answer.status == 503
        assert answer.headers["X-Easel-Replica"] == "test"
        # No step was ever measured.
        assert "X-Easel-Backlog-Seconds" not in answer.headers

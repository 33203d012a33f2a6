"""`POST /generate` with an id that the gateway chose: one generation, many answers."""

import asyncio
import base64
import hashlib
import io
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from easel.clock import ManualClock
from easel.errors import OutOfMemory
from easel.text2image.durability.journal import Journal, JournalEntry
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

_SOME_ID = "gen_test_01KB6Z7Q8R9S0T1V2W3X4Y5Z60"


def picture() -> str:
    file = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def known(server: RunningServer) -> tuple[str, ...]:
    return server.app.generations.known()


async def test_the_gateway_chooses_the_id_and_asking_again_gives_the_same_answer(
    quick: RunningServer,
) -> None:
    chosen = new_id()
    async with asked(quick, chosen) as first:
        assert first.status == 200
        assert first.headers["X-Cache"] == "miss"
        before = await first.read()
    # A default that is written out is the same request.
    async with asked(quick, chosen, num_images=1) as second:
        assert second.headers["X-Cache"] == "hit"
        assert await second.read() == before
    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.headers["X-Easel-Generation"] == chosen
    assert known(quick) == (chosen,)


async def test_an_id_of_the_servers_own_is_told_and_no_cache_was_asked(
    quick: RunningServer,
) -> None:
    tags = set()
    for headers in ({}, {"Accept": "image/png"}, EVENTS, ASYNC):
        async with asked(quick, headers=headers) as answer:
            assert "X-Cache" not in answer.headers
            assert answer.headers["X-Easel-Generation"] == known(quick)[-1]
            tags.add(answer.headers.get("ETag"))
    # One for the document, one for the file, and none for what has not ended.
    assert len(tags) == 3


@pytest.mark.parametrize("is_over", [True, False], ids=["finished", "running"])
async def test_who_attaches_gets_the_form_that_it_asks_for(
    server: RunningServer, gated: GatedEngine, is_over: bool
) -> None:
    chosen = new_id()
    async with calling(server, chosen) as first:
        await until_callers(server, chosen, 1)
        gated.allow(10 if is_over else 3)
        if is_over:
            await first.answer()
        expected = "hit" if is_over else "running"
        async with asked(server, chosen, ASYNC) as accepted:
            assert accepted.status == 202
            assert (await accepted.json())["id"] == chosen
        async with (
            calling(server, chosen, EVENTS) as follower,
            calling(server, chosen, {"Accept": "image/png"}) as viewer,
            calling(server, chosen) as reader,
        ):
            if not is_over:
                await until_callers(server, chosen, 4)
            gated.allow(10)
            events, image, document = [
                await each.answer() for each in (follower, viewer, reader)
            ]
            for answer in (accepted, events, image, document):
                assert answer.headers["X-Cache"] == expected
                assert answer.headers["X-Easel-Generation"] == chosen
            digest = hashlib.sha256(await image.read()).hexdigest()
            assert image.headers["ETag"] == f'"{digest}"'
            assert (await document.json())["images"][0]["sha256"] == digest
            names = [name for name, _ in events_of(await events.text())]
    assert names[:3] == ["snapshot", "queued", "started"]
    assert names[-1] == "completed"
    assert len(gated.begun) == 1


@pytest.mark.parametrize("fields", [{}, {"image": picture()}], ids=["text", "image"])
@pytest.mark.parametrize("headers", [{}, ASYNC], ids=["waiting", "asynchronous"])
async def test_fifty_first_arrivals_at_a_time_are_one_generation(
    quick: RunningServer, headers: dict[str, str], fields: dict[str, str]
) -> None:
    chosen = new_id()

    async def ask() -> tuple[int, str]:
        async with asked(quick, chosen, headers, **fields) as answer:
            assert (await answer.json())["id"] == chosen
            return answer.status, answer.headers["X-Cache"]

    answers = await asyncio.gather(*(ask() for _ in range(50)))
    assert {status for status, _ in answers} == {202 if headers else 200}
    assert [cache for _, cache in answers].count("miss") == 1
    assert known(quick) == (chosen,)


async def test_another_request_with_a_known_id_is_refused(
    server: RunningServer, gated: GatedEngine
) -> None:
    chosen = new_id()
    for is_over in (False, True):
        async with calling(server, chosen):
            live = await until_callers(server, chosen, 0 if is_over else 1)
            async with asked(server, chosen, seed=8) as answer:
                assert answer.status == 422
                assert (await answer.json())["code"] == "idempotency_key_reused"
            gated.allow(10)
            await live.settled.wait()
            await until_callers(server, chosen, 0)
    assert len(gated.begun) == 1


async def test_another_request_with_the_id_of_one_that_is_just_taken_in_is_refused(
    quick: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    begun, released = asyncio.Event(), asyncio.Event()
    accept = Journal.accept

    def slow(journal: Journal, entry: JournalEntry) -> None:
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(released.wait(), loop).result(20)
        accept(journal, entry)

    monkeypatch.setattr(Journal, "accept", slow)
    chosen = new_id()
    async with calling(quick, chosen, ASYNC) as first:
        await begun.wait()
        async with asked(quick, chosen, seed=8) as answer:
            assert (await answer.json())["code"] == "idempotency_key_reused"
        released.set()
        assert (await first.answer()).status == 202


@pytest.mark.parametrize(
    "chosen",
    [
        _SOME_ID.replace("_test_", "_other_"),
        _SOME_ID.lower(),
        _SOME_ID[:-1],
        _SOME_ID + "0",
        "gen_test_" + "8" * 26,
        "gen_test_" + "U" * 26,
        "gen_test_../../etc",
        "",
    ],
)
async def test_an_id_that_cannot_be_ours_is_refused_by_name(
    quick: RunningServer, chosen: str
) -> None:
    async with asked(quick, chosen) as answer:
        assert answer.status == 422
        assert (await answer.json())["param"] == "X-Easel-Generation-Id"
    assert known(quick) == ()


async def test_who_attaches_to_a_failure_is_given_the_same(
    server: RunningServer, gated: GatedEngine
) -> None:
    chosen = new_id()
    gated.failure = OutOfMemory("1 image of 512 x 512 does not fit.")
    gated.allow(2)
    async with asked(server, chosen) as first:
        assert first.status == 503
        told = await first.json()
    async with asked(server, chosen) as second:
        assert second.status == 503
        assert second.headers["X-Cache"] == "hit"
        assert second.headers["X-Easel-Generation"] == chosen
        assert await second.json() == told


async def test_who_attaches_to_a_cancelled_one_is_told_so(
    server: RunningServer,
) -> None:
    chosen = new_id()
    async with asked(server, chosen, ASYNC):
        pass
    async with server.http.delete(f"{server.url}/generations/{chosen}"):
        pass
    async with asked(server, chosen) as answer:
        assert answer.status == 409
        assert answer.headers["X-Cache"] == "hit"
        assert (await answer.json())["code"] == "generation_cancelled"


async def test_what_the_device_still_holds_is_not_begun_again(
    tmp_path: Path, gated: GatedEngine
) -> None:
    clock = ManualClock()
    chosen = new_id()
    app = make_app(
        tmp_path, lambda: gated, clock=clock, image_ttl_s=9, shutdown_grace_s=0
    )
    async with serve(app) as server:
        await server.until_loaded()
        async with calling(server, chosen):
            await until_callers(server, chosen, 1)
            await server.until(lambda: gated.asked == 1)
        await until_callers(server, chosen, 0)
        clock.advance(9)
        async with asked(server, chosen) as answer:
            assert answer.status == 409
        gated.allow(20)
        await server.until(lambda: not app.generations.present.holds(chosen))
        assert (await document_of(server, chosen))["status"] == "completed"


async def test_who_attaches_takes_no_place_in_the_queue(server: RunningServer) -> None:
    ids = [new_id() for _ in range(3)]
    for chosen in ids:
        assert (await document_of(server, chosen, ASYNC))["id"] == chosen
        await server.until(lambda: server.app.generations.present.running == 1)
    late = new_id()
    async with asked(server, late) as refused:
        assert (await refused.json())["code"] == "queue_full"
        assert "X-Cache" not in refused.headers
    for chosen in ids:
        async with asked(server, chosen, ASYNC) as answer:
            assert answer.headers["X-Cache"] == "running"
    # What was refused is not known: it can be tried again.
    async with server.http.delete(f"{server.url}/generations/{ids[2]}"):
        pass
    async with asked(server, late, ASYNC) as answer:
        assert answer.headers["X-Cache"] == "miss"


async def test_of_many_first_arrivals_that_are_refused_each_is_told_why(
    quick: RunningServer,
) -> None:
    chosen = new_id()

    async def ask() -> Any:
        async with asked(quick, chosen, image="bm90IGFuIGltYWdl") as answer:
            return (await answer.json())["param"]

    assert await asyncio.gather(*(ask() for _ in range(5))) == ["image"] * 5
    assert (await document_of(quick, chosen))["status"] == "completed"


async def test_an_image_has_one_format(quick: RunningServer) -> None:
    chosen = new_id()
    async with asked(quick, chosen, {"Accept": "image/webp"}) as answer:
        assert answer.status == 200
    async with asked(quick, chosen, {"Accept": "image/png"}) as answer:
        assert answer.status == 406
        assert answer.headers["X-Cache"] == "hit"
        assert "image/webp" in (await answer.json())["detail"]
    assert (await document_of(quick, chosen))["status"] == "completed"


@pytest.mark.parametrize("headers", [{}, {"Accept": "image/png"}])
async def test_who_attaches_when_the_file_is_gone_is_told_so(
    quick: RunningServer, tmp_path: Path, headers: dict[str, str]
) -> None:
    chosen = new_id()
    await document_of(quick, chosen)
    shutil.rmtree(tmp_path / "images" / chosen)
    async with asked(quick, chosen, headers) as answer:
        assert answer.status == 404
        assert (await answer.json())["code"] == "image_not_found"


async def test_documents_of_the_same_images_have_tags_of_their_own(
    quick: RunningServer,
) -> None:
    async with asked(quick) as first, asked(quick) as second:
        images = [(await each.json())["images"][0] for each in (first, second)]
        assert images[0]["sha256"] == images[1]["sha256"]
        assert first.headers["ETag"] != second.headers["ETag"]

"""What survives a restart: the app in this process, stopped or dropped, and again."""

import asyncio
import base64
import errno
import io
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from easel.errors import StorageFull
from easel.text2image.durability.journal import Journal, JournalEntry
from easel.text2image.engines.fake import FakeEngine
from easel.text2image.images import image_files
from easel.text2image.images.image_files import JOURNAL_NAME
from tests.text2image.gated_engine import GatedEngine
from tests.text2image.running_server import (
    GivenModels,
    RunningServer,
    events_of,
    make_app,
    serve,
)

pytestmark = pytest.mark.component

PROMPT = {"prompt": "a lighthouse", "num_inference_steps": 4, "width": 64, "height": 64}
ASYNC = {"Prefer": "respond-async"}


@asynccontextmanager
async def quick_server(folder: Path, **settings: Any) -> AsyncIterator[RunningServer]:
    async with serve(make_app(folder, lambda: FakeEngine(step_s=0), **settings)) as it:
        await it.until_loaded()
        yield it


@asynccontextmanager
async def gated_server(
    folder: Path, gated: GatedEngine, **settings: Any
) -> AsyncIterator[RunningServer]:
    """Lets go of every step at the end, or its stop would wait for one."""
    app = make_app(folder, lambda: gated, shutdown_grace_s=0, **settings)
    async with serve(app) as it:
        await it.until_loaded()
        yield it
        app.begin_stop()
        await it.until(
            lambda: (
                app.generations.present.running + app.generations.present.queued == 0
            )
        )
        gated.allow(1000)


async def submit(server: RunningServer, **fields: object) -> str:
    """Path of a generation that survives."""
    url = f"{server.url}/generate"
    async with server.http.post(url, json=PROMPT | fields, headers=ASYNC) as answer:
        assert answer.status == 202
        return answer.headers["Location"]


async def document(server: RunningServer, path: str) -> dict[str, Any]:
    async with server.http.get(f"{server.url}{path}") as answer:
        found: dict[str, Any] = await answer.json()
        return found


async def finished(server: RunningServer, path: str) -> dict[str, Any]:
    await server.app.generations.present.until_idle()
    return await document(server, path)


def crashed(folder: Path) -> Path:
    """What the disk holds if the process is gone this moment."""
    copy = folder.with_name(f"{folder.name}-after-the-crash")
    return Path(shutil.copytree(folder, copy))


async def test_what_was_accepted_before_a_crash_is_painted_to_the_same_image(
    tmp_path: Path, gated: GatedEngine
) -> None:
    folder = tmp_path / "a"
    async with gated_server(folder, gated, max_batch_rows=1) as server:
        paths = [await submit(server, seed=seed) for seed in (7, 8)]
        drawn = await submit(server)
        await server.until(lambda: gated.asked == 1)
        seed = (await document(server, drawn))["parameters"]["seed"]
        survivors = crashed(folder)
    async with quick_server(tmp_path / "undisturbed") as server:
        expected = [
            await finished(server, await submit(server, seed=each))
            for each in (7, 8, seed)
        ]
    async with quick_server(survivors) as server:
        for path, undisturbed in zip([*paths, drawn], expected, strict=True):
            again = await finished(server, path)
            assert again["status"] == "completed"
            assert path.endswith(again["id"])
            assert again["images"][0]["sha256"] == undisturbed["images"][0]["sha256"]


async def test_a_stop_suspends_what_is_durable_and_fails_what_is_not(
    tmp_path: Path, gated: GatedEngine
) -> None:
    async with gated_server(tmp_path, gated, max_batch_rows=1) as server:
        running = await submit(server, seed=1)
        await server.until(lambda: gated.asked == 1)
        waiting = await submit(server, seed=2)
        url = f"{server.url}/generate"
        fleeting = asyncio.create_task(server.http.post(url, json=PROMPT))
        await server.until(lambda: server.app.generations.present.queued == 2)
        server.app.begin_stop()
        async with await fleeting as answer:
            assert answer.status == 503
        # Readers are sent away without an end: the generation goes on elsewhere.
        async with server.http.get(f"{server.url}{running}/events") as answer:
            names = [name for name, _ in events_of(await answer.text())]
        assert not {"completed", "failed", "cancelled"} & set(names)
        assert (await document(server, waiting))["status"] == "queued"
    assert len(gated.begun) == 1
    async with quick_server(tmp_path) as server:
        for path in (running, waiting):
            assert (await finished(server, path))["status"] == "completed"
        assert len(server.app.generations.known()) == 2


async def test_what_is_completed_is_there_after_a_restart_with_all_that_belongs_to_it(
    tmp_path: Path,
) -> None:
    async with quick_server(tmp_path) as server:
        asked = await submit(server, seed=7, num_images=2)
        before = await finished(server, asked)
        url = f"{server.url}/generate"
        async with server.http.post(url, json=PROMPT) as answer:
            answered = (await answer.json())["id"]
        await server.app.generations.present.until_idle()
    async with quick_server(tmp_path) as server:
        assert await document(server, asked) == before
        after = await document(server, f"/generations/{answered}")
        assert after["status"] == "completed"
        for image in before["images"]:
            async with server.http.get(f"{server.url}{image['url']}") as answer:
                assert answer.status == 200
                assert answer.headers["ETag"] == f'"{image["sha256"]}"'
                assert Image.open(io.BytesIO(await answer.read())).size == (64, 64)
        events = await events_after(server, asked, None)
        assert [name for name, _ in events][-1] == "completed"
        assert events[-1][1] == before
        late = await events_after(server, asked, 10_000)
        assert [name for name, _ in late] == ["snapshot", "completed"]
        assert gone(server) == 0


async def events_after(
    server: RunningServer, path: str, last_event_id: int | None
) -> list[tuple[str, Any]]:
    headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
    url = f"{server.url}{path}/events"
    async with server.http.get(url, headers=headers) as answer:
        return events_of(await answer.text())


def gone(server: RunningServer) -> int:
    """Generations that are painted again."""
    return (
        server.app.generations.present.running + server.app.generations.present.queued
    )


async def test_cancelled_and_failed_ones_stay_ended(
    tmp_path: Path, gated: GatedEngine
) -> None:
    async with gated_server(tmp_path, gated, max_batch_rows=1) as server:
        failed = await submit(server)
        await server.until(lambda: gated.asked == 1)
        cancelled = await submit(server)
        async with server.http.delete(f"{server.url}{cancelled}"):
            pass
        gated.failure = ValueError("broken")
        gated.allow(2)
        await server.app.generations.present.until_idle()
    async with quick_server(tmp_path) as server:
        assert (await document(server, cancelled))["reason"] == "requested"
        problem = (await document(server, failed))["problem"]
        assert problem["code"] == "engine_failed"
        assert gone(server) == 0


async def test_what_was_kept_long_enough_does_not_come_back(tmp_path: Path) -> None:
    async with quick_server(tmp_path) as server:
        path = await submit(server)
        before = await finished(server, path)
    folder = tmp_path / "images"
    age_journal(folder / JOURNAL_NAME, by_s=100)
    async with quick_server(tmp_path, image_ttl_s=99) as server:
        assert "generation_not_found" in (await document(server, path))["code"]
    assert not (folder / before["id"]).exists()
    async with quick_server(tmp_path, image_ttl_s=1000) as server:
        assert server.app.generations.known() == ()


def age_journal(path: Path, *, by_s: float) -> None:
    """As if its generations had ended so long ago."""
    journal = Journal(path)
    for entry, ended in journal.ended():
        old = replace(ended, ended_at=ended.ended_at - timedelta(seconds=by_s))
        journal.end(entry, old)
    journal.close()


async def test_images_that_no_journal_knows_are_removed_at_the_start(
    tmp_path: Path,
) -> None:
    async with quick_server(tmp_path) as server:
        kept = (await finished(server, await submit(server)))["id"]
    folder = tmp_path / "images"
    stray = folder / "gen_test_stray"
    stray.mkdir()
    (stray / "0.png").write_bytes(b"half")
    async with quick_server(tmp_path):
        assert not stray.exists()
        assert (folder / kept / "0.png").exists()


async def test_what_an_image_to_image_generation_begins_with_survives(
    tmp_path: Path, gated: GatedEngine
) -> None:
    fields = {
        "image": picture(Image.linear_gradient("L").convert("RGB")),
        "mask": picture(Image.new("L", (64, 64), 255)),
        "strength": 0.5,
        "seed": 7,
    }
    folder = tmp_path / "a"
    async with gated_server(folder, gated) as server:
        path = await submit(server, **fields)
        survivors = crashed(folder)
    async with quick_server(tmp_path / "undisturbed") as server:
        expected = await finished(server, await submit(server, **fields))
    async with quick_server(survivors) as server:
        again = await finished(server, path)
    assert again["images"][0]["sha256"] == expected["images"][0]["sha256"]
    assert again["parameters"] == expected["parameters"]


def picture(image: Image.Image) -> str:
    file = io.BytesIO()
    image.resize((64, 64)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


async def test_a_generation_of_a_model_that_is_gone_fails_and_stays_failed(
    tmp_path: Path, gated: GatedEngine
) -> None:
    async with gated_server(tmp_path, gated) as server:
        path = await submit(server)
    models = GivenModels({"other": lambda: FakeEngine(step_s=0)})
    for _ in range(2):
        app = make_app(tmp_path, lambda: gated, models=models)
        async with serve(app) as server:
            await server.until_loaded()
            ended = await finished(server, path)
            assert ended["problem"]["code"] == "model_not_found"


async def test_a_full_disk_refuses_what_it_cannot_keep_and_nothing_is_half_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(journal: Journal, entry: JournalEntry) -> None:
        raise StorageFull("The server has no space left for its journal.")

    async with quick_server(tmp_path) as server:
        with monkeypatch.context() as disk:
            disk.setattr(Journal, "accept", full)
            url = f"{server.url}/generate"
            async with server.http.post(url, json=PROMPT, headers=ASYNC) as answer:
                assert answer.status == 507
                assert (await answer.json())["code"] == "storage_full"
        assert server.app.generations.known() == ()
        assert gone(server) == 0
        # One that nobody promised to keep is painted all the same.
        async with server.http.post(url, json=PROMPT) as answer:
            assert answer.status == 200
    async with quick_server(tmp_path) as server:
        assert len(server.app.generations.known()) == 1


async def test_an_end_that_cannot_be_written_is_painted_again_to_the_same_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*arguments: object) -> None:
        raise StorageFull("The server has no space left for its journal.")

    async with quick_server(tmp_path) as server:
        with monkeypatch.context() as disk:
            disk.setattr(Journal, "end", full)
            path = await submit(server, seed=7)
            before = await finished(server, path)
        assert before["status"] == "completed"
    assert "the journal has no space for it" in caplog.text
    async with quick_server(tmp_path) as server:
        again = await finished(server, path)
        assert again["images"] == before["images"]


async def test_one_that_takes_the_server_down_each_time_is_given_up(
    tmp_path: Path, gated: GatedEngine
) -> None:
    folder = tmp_path / "a"
    async with gated_server(folder, gated, max_batch_rows=1) as server:
        guilty = await submit(server, seed=1)
        folder = await crashed_while_painting(server, gated, folder)
    for _ in range(2):
        again = GatedEngine()
        async with gated_server(folder, again, max_batch_rows=1) as server:
            folder = await crashed_while_painting(server, again, folder)
    async with quick_server(folder) as server:
        problem = (await finished(server, guilty))["problem"]
        assert problem["code"] == "engine_failed"
        for name in server.app.generations.known():
            if not guilty.endswith(name):
                ended = await finished(server, f"/generations/{name}")
                assert ended["status"] == "completed"


async def until_one_runs(server: RunningServer) -> None:
    await server.until(lambda: server.app.generations.present.running == 1)


async def crashed_while_painting(
    server: RunningServer, gated: GatedEngine, folder: Path
) -> Path:
    """What is on the disk when the first one has begun."""
    await server.until(lambda: gated.asked == 1)
    await until_one_runs(server)
    # The journal is written in order: when this is in it, so is that beginning.
    await submit(server)
    return crashed(folder)


async def test_a_stop_in_good_order_is_nobodys_fault(
    tmp_path: Path,
) -> None:
    path = ""
    for _ in range(4):
        async with gated_server(tmp_path, GatedEngine()) as server:
            path = path or await submit(server)
            await until_one_runs(server)
    async with quick_server(tmp_path) as server:
        assert (await finished(server, path))["status"] == "completed"


@pytest.mark.parametrize("disk_fails", [False, True])
async def test_an_image_that_is_being_written_when_the_grace_ends_does_no_harm(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    disk_fails: bool,
) -> None:
    written = asyncio.Event()
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    write = image_files._write_whole

    def slow(path: Path, content: bytes, *, is_durable: bool = True) -> None:
        if path.suffix == ".png":
            loop.call_soon_threadsafe(begun.set)
            asyncio.run_coroutine_threadsafe(written.wait(), loop).result(20)
            if disk_fails:
                raise OSError(errno.EIO, "a broken disk")
        write(path, content, is_durable=is_durable)

    monkeypatch.setattr(image_files, "_write_whole", slow)
    async with quick_server(tmp_path, shutdown_grace_s=0) as server:
        path = await submit(server, seed=7)
        await begun.wait()
        server.app.begin_stop()
        await server.until(lambda: gone(server) == 0)
        loop.call_later(0.05, written.set)
    errors = [r.getMessage() for r in caplog.records if r.levelname == "ERROR"]
    assert errors == (["no image stored"] if disk_fails else [])
    monkeypatch.undo()
    async with quick_server(tmp_path) as server:
        ended = await finished(server, path)
        assert ended["status"] == ("failed" if disk_fails else "completed")

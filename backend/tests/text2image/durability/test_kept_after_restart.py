"""A kept generation after a restart: whose it is, and which request it belongs to."""

import base64
import io
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from easel.text2image.engines.fake import FakeEngine
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

KEEP = {"X-Easel-Keep": "1"}
ADA = {"X-Easel-User": "ada"}
SMALL = {"width": 64, "height": 64}


@asynccontextmanager
async def quick_server(folder: Path) -> AsyncIterator[RunningServer]:
    async with serve(make_app(folder, lambda: FakeEngine(step_s=0))) as server:
        await server.until_loaded()
        yield server


@asynccontextmanager
async def gated_server(
    folder: Path, gated: GatedEngine
) -> AsyncIterator[RunningServer]:
    async with serve(make_app(folder, lambda: gated, shutdown_grace_s=0)) as server:
        await server.until_loaded()
        yield server
        gated.allow(1000)


def crashed(folder: Path) -> Path:
    """What the disk holds if the process is gone this moment."""
    copy = folder.with_name(f"{folder.name}-after-the-crash")
    return Path(shutil.copytree(folder, copy))


async def test_who_asks_again_after_a_crash_is_attached(
    tmp_path: Path, gated: GatedEngine
) -> None:
    chosen = new_id()
    async with (
        gated_server(tmp_path / "a", gated) as server,
        calling(server, chosen, KEEP | ADA),
    ):
        await until_callers(server, chosen, 1)
        survivors = crashed(tmp_path / "a")
    again = GatedEngine()
    async with gated_server(survivors, again) as server:
        async with asked(server, chosen, KEEP, seed=8) as answer:
            assert (await answer.json())["code"] == "idempotency_key_reused"
        async with calling(server, chosen, KEEP | ADA) as caller:
            await until_callers(server, chosen, 1)
            again.allow(10)
            answer = await caller.answer()
            assert answer.headers["X-Cache"] == "running"
            before = await answer.read()
        await server.app.generations.present.until_idle()
    async with quick_server(survivors) as server:
        async with asked(server, chosen, KEEP | ADA) as answer:
            assert answer.headers["X-Cache"] == "hit"
            assert await answer.read() == before
        async with asked(server, chosen, KEEP, seed=8) as answer:
            assert answer.status == 422
        url = f"{server.url}/generations/{chosen}"
        for user, status in (("ada", 200), ("eve", 404)):
            headers = {"X-Easel-User": user}
            async with server.http.get(url, headers=headers) as answer:
                assert answer.status == status


async def test_what_was_answered_is_found_after_a_restart_kept_or_not(
    tmp_path: Path,
) -> None:
    chosen = new_id()
    async with quick_server(tmp_path) as server:
        before = await document_of(server, chosen)
        await server.app.generations.present.until_idle()
    async with quick_server(tmp_path) as server:
        assert await document_of(server, chosen) == before
        async with asked(server, chosen, seed=8) as answer:
            assert answer.status == 422


async def test_one_that_is_kept_only_later_survives_with_what_it_begins_with(
    tmp_path: Path, gated: GatedEngine
) -> None:
    file = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(file, "PNG")
    fields: dict[str, Any] = {
        **SMALL,
        "image": base64.b64encode(file.getvalue()).decode(),
    }
    chosen = new_id()
    folder = tmp_path / "a"
    async with gated_server(folder, gated) as server:
        async with calling(server, chosen, **fields) as caller:
            live = await until_callers(server, chosen, 1)
            await server.until(lambda: live.started_at_s is not None)
            headers = {"Prefer": "respond-async"}
            async with asked(server, chosen, headers, **fields) as answer:
                assert answer.status == 202
            survivors = crashed(folder)
            gated.allow(20)
            expected = await (await caller.answer()).json()
        await server.app.generations.present.until_idle()
    second = GatedEngine()
    second.allow(20)
    async with gated_server(survivors, second) as server:
        again = await document_of(server, chosen, **fields)
    assert again["images"][0]["sha256"] == expected["images"][0]["sha256"]
    assert again["parameters"] == expected["parameters"]
    assert [spec.source is not None for spec in second.begun] == [True]
    # And in its own process it ended as it would have without.
    async with quick_server(folder) as server:
        assert await document_of(server, chosen, **fields) == expected

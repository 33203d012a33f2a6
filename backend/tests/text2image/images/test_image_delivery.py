"""What leaves the server: safety policies, metadata, and images one by one."""

import base64
import io
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from easel.text2image.engines.fake import FakeEngine
from easel.text2image.images.safety import Verdict
from tests.text2image.gated_engine import GatedEngine
from tests.text2image.running_server import RunningServer, events_of, make_app, serve

pytestmark = pytest.mark.component

PROMPT = {"prompt": "a lighthouse", "num_inference_steps": 2, "seed": 7}
EVENTS = {"Accept": "text/event-stream"}


class ScriptedChecker:
    """Objects to what it is told to, by the order in which images come."""

    def __init__(self, *verdicts: bool) -> None:
        self._verdicts = list(verdicts)
        self.checked = 0

    def check(self, images: Sequence[Image.Image]) -> list[Verdict]:
        self.checked += len(images)
        return [Verdict(flagged=self._verdicts.pop(0), score=0.98765) for _ in images]


@asynccontextmanager
async def checked_server(
    folder: Path, checker: ScriptedChecker, **settings: Any
) -> AsyncIterator[RunningServer]:
    app = make_app(folder, lambda: FakeEngine(step_s=0), checker=checker, **settings)
    async with serve(app) as server:
        await server.until_loaded()
        yield server


async def generate(
    server: RunningServer, status: int = 200, **fields: object
) -> dict[str, Any]:
    url = f"{server.url}/generate"
    async with server.http.post(url, json=PROMPT | fields) as answer:
        assert answer.status == status
        document: dict[str, Any] = await answer.json()
        return document


def files_below(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("gen_*/*") if file.is_file()]


def pixels(document: dict[str, Any]) -> bytes:
    file = base64.b64decode(document["images"][0]["b64_json"])
    return Image.open(io.BytesIO(file)).tobytes()


async def plain(folder: Path) -> bytes:
    """The image as it is painted."""
    async with checked_server(folder, ScriptedChecker(False), safety="flag") as server:
        return pixels(await generate(server))


async def test_flag_says_so_and_leaves_the_image_as_it_is(tmp_path: Path) -> None:
    checker = ScriptedChecker(True, False)
    async with checked_server(tmp_path / "a", checker, safety="flag") as server:
        flagged, fine = await generate(server), await generate(server)
    assert flagged["images"][0]["safety"] == {
        "flagged": True,
        "score": 0.9877,
        "action": "none",
    }
    assert fine["images"][0]["safety"]["flagged"] is False
    assert pixels(flagged) == pixels(fine) == await plain(tmp_path / "b")


async def test_blur_lets_only_a_blurred_image_out(tmp_path: Path) -> None:
    checker = ScriptedChecker(True)
    async with checked_server(tmp_path / "a", checker, safety="blur") as server:
        document = await generate(server)
        assert document["images"][0]["safety"]["action"] == "blurred"
    (stored,) = files_below(tmp_path / "a")
    kept = Image.open(stored).tobytes()
    assert kept == pixels(document)
    assert kept != await plain(tmp_path / "b")


async def test_refuse_lets_nothing_out_and_keeps_no_file(tmp_path: Path) -> None:
    checker = ScriptedChecker(False, True)
    async with checked_server(tmp_path, checker, safety="refuse") as server:
        problem = await generate(server, status=422, num_images=2)
        assert problem["code"] == "content_refused"
        await server.app.generations.present.until_idle()
        assert files_below(tmp_path) == []


async def test_a_refusal_is_an_event_for_those_who_follow(tmp_path: Path) -> None:
    checker = ScriptedChecker(True)
    async with checked_server(tmp_path, checker, safety="refuse") as server:
        url = f"{server.url}/generate"
        async with server.http.post(url, json=PROMPT, headers=EVENTS) as answer:
            events = events_of(await answer.text())
        assert events[-1][0] == "failed"
        assert events[-1][1]["code"] == "content_refused"
        assert "image" not in [name for name, _ in events]


async def test_leaving_the_check_out_is_the_operators_to_allow(tmp_path: Path) -> None:
    checker = ScriptedChecker()
    async with checked_server(tmp_path / "a", checker, safety="refuse") as server:
        problem = await generate(server, status=422, safety_check=False)
        assert problem["param"] == "safety_check"
    settings: dict[str, Any] = {"safety": "refuse", "safety_optional": True}
    async with checked_server(tmp_path / "b", checker, **settings) as server:
        document = await generate(server, safety_check=False)
    assert document["images"][0]["safety"] is None
    assert document["parameters"]["safety_check"] is False
    assert checker.checked == 0


async def test_a_checker_that_breaks_lets_nothing_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    checker = ScriptedChecker()
    async with checked_server(tmp_path, checker, safety="flag") as server:
        problem = await generate(server, status=500)
        await server.app.generations.present.until_idle()
    assert problem["code"] == "internal_error"
    assert files_below(tmp_path) == []


@pytest.mark.parametrize("image_format", ["png", "webp", "jpeg"])
@pytest.mark.parametrize("by", ["operator", "request"])
async def test_no_metadata_is_none_at_all(
    tmp_path: Path, image_format: str, by: str
) -> None:
    mode = "none" if by == "operator" else "full"
    app = make_app(tmp_path, lambda: FakeEngine(step_s=0), metadata=mode)
    async with serve(app) as server:
        await server.until_loaded()
        fields = {} if by == "operator" else {"provenance": False}
        document = await generate(server, output_format=image_format, **fields)
    assert document["parameters"]["provenance"] is False
    file = base64.b64decode(document["images"][0]["b64_json"])
    assert b"lighthouse" not in file
    info = Image.open(io.BytesIO(file)).info
    assert not {"parameters", "exif", "xmp", "comment"} & set(info)


async def test_metadata_says_how_an_image_was_made(quick: RunningServer) -> None:
    document = await generate(quick)
    file = base64.b64decode(document["images"][0]["b64_json"])
    assert "lighthouse" in json.dumps(Image.open(io.BytesIO(file)).info, default=str)


async def test_several_images_come_one_by_one_and_can_be_fetched_at_once(
    server: RunningServer, gated: GatedEngine
) -> None:
    """One image at a time is painted here, so the first is long done."""
    gated.allow(2)
    url = f"{server.url}/generate"
    body = PROMPT | {"num_images": 2}
    async with server.http.post(url, json=body, headers=EVENTS) as answer:
        location = answer.headers["Location"]
        text = ""
        while "event: image" not in text or not text.endswith("\n\n"):
            text += (await answer.content.readany()).decode()
        (image,) = [data for name, data in events_of(text) if name == "image"]
        async with server.http.get(f"{server.url}{image['url']}") as got:
            assert got.status == 200
            assert got.headers["ETag"] == f'"{image["sha256"]}"'
        missing = f"{server.url}{location}/images/{1 - image['index']}"
        async with server.http.get(missing) as got:
            assert got.status == 404
            assert (await got.json())["code"] == "image_not_found"
        async with server.http.get(f"{server.url}{location}") as got:
            assert (await got.json())["status"] == "running"
        gated.allow(2)
        text += (await answer.content.read()).decode()
    events = events_of(text)
    images = [data for name, data in events if name == "image"]
    assert sorted(each["index"] for each in images) == [0, 1]
    assert events[-1][0] == "completed"
    assert [each["seed"] for each in events[-1][1]["images"]] == [7, 8]
    async with server.http.get(missing) as got:
        assert got.status == 200

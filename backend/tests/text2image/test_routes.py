"""The native routes over a real socket, against the fake engine at full speed."""

import asyncio
import base64
import errno
import hashlib
import io
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest

from easel.text2image.images import image_files
from tests.text2image.running_server import RunningServer, events_of

pytestmark = pytest.mark.component

PROMPT = {"prompt": "a lighthouse", "num_inference_steps": 6, "seed": 7}


async def generate(server: RunningServer, **fields: Any) -> dict[str, Any]:
    url = f"{server.url}/generate"
    async with server.http.post(url, json=PROMPT | fields) as answer:
        assert answer.status == 200
        document: dict[str, Any] = await answer.json()
        return document


def generations_on_disk(folder: Path) -> list[Path]:
    return list(folder.rglob("gen_*"))


def remove_images(folder: Path) -> None:
    for file in folder.rglob("0.png"):
        file.unlink()


async def test_json_is_the_finished_generation_with_its_images(
    quick: RunningServer,
) -> None:
    document = await generate(quick, num_images=2)
    assert document["status"] == "completed"
    assert document["model"] == "fake"
    assert document["parameters"]["seed"] == 7
    assert [image["seed"] for image in document["images"]] == [7, 8]
    for image in document["images"]:
        file = base64.b64decode(image["b64_json"])
        assert hashlib.sha256(file).hexdigest() == image["sha256"]
    assert document["determinism"] == {"level": "seed", "largest_batch": 2}
    timings = document["timings"]
    assert set(timings) == {"queued_s", "encode_s", "denoise_s", "decode_s", "total_s"}


async def test_the_same_seed_gives_the_same_bytes(quick: RunningServer) -> None:
    first, second = await generate(quick), await generate(quick)
    assert first["id"] != second["id"]
    assert first["images"][0]["sha256"] == second["images"][0]["sha256"]


async def test_a_missing_seed_is_drawn_and_told(quick: RunningServer) -> None:
    document = await generate(quick, seed=None)
    assert document["parameters"]["seed"] == document["images"][0]["seed"]


@pytest.mark.parametrize("kind", ["png", "webp", "jpeg"])
async def test_an_image_type_gives_the_bytes_with_parameters_in_headers(
    quick: RunningServer, kind: str
) -> None:
    headers = {"Accept": f"image/{kind}"}
    url = f"{quick.url}/generate"
    async with quick.http.post(url, json=PROMPT, headers=headers) as answer:
        content = await answer.read()
        assert answer.headers["Content-Type"] == f"image/{kind}"
        assert answer.headers["X-Easel-Seed"] == "7"
        assert "lighthouse" not in answer.headers["X-Easel-Parameters"]
        digest = hashlib.sha256(content).hexdigest()
        assert answer.headers["ETag"] == f'"{digest}"'


async def test_events_tell_the_whole_story_in_order(quick: RunningServer) -> None:
    headers = {"Accept": "text/event-stream"}
    url = f"{quick.url}/generate"
    async with quick.http.post(url, json=PROMPT, headers=headers) as answer:
        assert answer.headers["Cache-Control"] == "no-cache, no-transform"
        assert answer.headers["X-Accel-Buffering"] == "no"
        events = events_of(await answer.text())
    names = [name for name, _ in events if name != "preview"]
    assert names == [
        *("snapshot", "queued", "started"),
        *["progress"] * 6,
        *("image", "completed"),
    ]
    assert events[0][1]["id"] == events[-1][1]["id"]
    assert events[-1][1]["images"][0]["b64_json"] is None


async def test_async_is_accepted_at_once_and_can_be_followed_to_its_end(
    quick: RunningServer,
) -> None:
    headers = {"Prefer": "respond-async"}
    url = f"{quick.url}/generate"
    async with quick.http.post(url, json=PROMPT, headers=headers) as answer:
        assert answer.status == 202
        assert answer.headers["Preference-Applied"] == "respond-async"
        location = answer.headers["Location"]
        assert (await answer.json())["status"] == "queued"
    async with quick.http.get(f"{quick.url}{location}/events") as answer:
        events = events_of(await answer.text())
    assert (events[0][0], events[-1][0]) == ("snapshot", "completed")
    async with quick.http.get(f"{quick.url}{location}") as answer:
        assert await answer.json() == events[-1][1]


async def test_last_event_id_replays_what_is_newer(quick: RunningServer) -> None:
    document = await generate(quick)
    url = f"{quick.url}/generations/{document['id']}/events"
    async with quick.http.get(url, headers={"Last-Event-ID": "2"}) as answer:
        events = events_of(await answer.text())
    assert [name for name, _ in events if name != "preview"] == [
        *("snapshot", *["progress"] * 6, "image", "completed")
    ]


async def test_an_image_is_cached_for_ever_and_has_thumbnails(
    quick: RunningServer,
) -> None:
    image = (await generate(quick))["images"][0]
    url = f"{quick.url}{image['url']}"
    async with quick.http.get(url) as answer:
        assert hashlib.sha256(await answer.read()).hexdigest() == image["sha256"]
        assert "immutable" in answer.headers["Cache-Control"]
        tag = answer.headers["ETag"]
    async with quick.http.get(url, headers={"If-None-Match": tag}) as answer:
        assert answer.status == 304
    async with quick.http.get(f"{url}?width=64") as answer:
        assert answer.status == 200
        assert answer.headers["ETag"] != tag
    async with quick.http.get(f"{url}?width=4000") as answer:
        assert answer.status == 422
        assert (await answer.json())["param"] == "width"


async def test_cancelling_what_has_ended_changes_nothing(quick: RunningServer) -> None:
    document = await generate(quick)
    url = f"{quick.url}/generations/{document['id']}"
    async with quick.http.delete(url) as answer:
        assert answer.status == 200
        assert (await answer.json())["status"] == "completed"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/generations/gen_test_nothing", "generation_not_found"),
        ("/generations/gen_test_nothing/events", "generation_not_found"),
        ("/generations/gen_test_nothing/images/0", "generation_not_found"),
        ("/models/other/model", "model_not_found"),
        ("/nowhere", "not_found"),
    ],
)
async def test_what_does_not_exist_is_a_404_problem(
    quick: RunningServer, path: str, code: str
) -> None:
    async with quick.http.get(f"{quick.url}{path}") as answer:
        assert answer.status == 404
        assert answer.content_type == "application/problem+json"
        problem = await answer.json()
    assert problem["code"] == code
    assert problem["request_id"] == answer.headers["X-Request-Id"]


async def test_an_image_that_is_not_there_is_named(quick: RunningServer) -> None:
    document = await generate(quick)
    url = f"{quick.url}/generations/{document['id']}/images/1"
    async with quick.http.get(url) as answer:
        assert (await answer.json())["code"] == "image_not_found"


async def test_the_model_says_what_it_can(quick: RunningServer) -> None:
    async with quick.http.get(f"{quick.url}/models") as answer:
        (model,) = (await answer.json())["models"]
    async with quick.http.get(f"{quick.url}/models/{model['id']}") as answer:
        assert await answer.json() == model


async def test_health_is_that_of_a_loaded_server(quick: RunningServer) -> None:
    async with quick.http.get(f"{quick.url}/health") as answer:
        health = await answer.json()
        assert answer.headers["X-Easel-Replica"] == "test"
    assert health["status"] == "healthy"
    assert health["model_loaded"] is True
    assert health["cuda_available"] is False
    async with quick.http.get(f"{quick.url}/readyz") as answer:
        assert answer.status == 200


async def test_health_tells_what_was_done_lately(quick: RunningServer) -> None:
    health_url = f"{quick.url}/health"
    async with quick.http.get(health_url) as answer:
        recent = (await answer.json())["recent"]
    assert (recent["completed"], recent["generation_seconds"]) == (0, None)
    document = await generate(quick, num_images=2)
    async with quick.http.get(health_url) as answer:
        recent = (await answer.json())["recent"]
    assert (recent["completed"], recent["failed"], recent["images"]) == (1, 0, 2)
    total_s = document["timings"]["total_s"]
    assert recent["generation_seconds"]["p50"] == pytest.approx(total_s, rel=0.06)
    assert recent["last_minute"] == {"completed": 1, "failed": 0, "images": 2}


async def test_metrics_count_what_was_done(quick: RunningServer) -> None:
    await generate(quick)
    assert await quick.metric("easel_server_denoising_steps_total") == 6
    assert await quick.metric("easel_server_images_total") == 1
    completed = 'easel_server_generations_total{status="completed"}'
    assert await quick.metric(completed) == 1


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        (b'{"prompt": ""}', 422, "prompt"),
        (b'{"prompt": "   "}', 422, "prompt"),
        (b'{"prompt": "' + b"x" * 10_000_000 + b'"}', 422, "prompt"),
        (b'{"prompt": "a", "height": 0}', 422, "height"),
        (b'{"prompt": "a", "height": 1e9}', 422, "height"),
        (b'{"prompt": "a", "height": "512"}', 422, "height"),
        (b'{"prompt": "a", "guidance_scale": NaN}', 422, "guidance_scale"),
        (b'{"prompt": "a", "guidance_scale": 1e999}', 422, "guidance_scale"),
        (b'{"prompt": ["a"]}', 422, "prompt"),
        (b'{"prompt": "a", "seed": -1}', 422, "seed"),
        (b'{"prompt": "a", "num_images": 5}', 422, "num_images"),
        (b'{"prompt": "a", "steps": 4}', 422, "steps"),
        (b'{"prompt": "a", "model": "other"}', 422, "model"),
        (b'{"prompt": "a', 400, "body"),
        (b"[" * 100_000, 400, "body"),
        (b"\xff\xfe", 400, "body"),
        (b"{" + b",".join(b'"k%d": 1' % n for n in range(99_999)) + b"}", 422, "body"),
        (b'{"prompt": "a", "' + b"k" * 9999 + b'": 1}', 422, "k" * 100),
        (b'"a cat"', 422, "body"),
        (b"", 422, "body"),
        (b"x" * (33 * 2**20), 413, "body"),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_bad_input_is_refused_by_name_and_not_an_error_in_the_log(
    quick: RunningServer,
    caplog: pytest.LogCaptureFixture,
    body: bytes,
    status: int,
    param: str,
) -> None:
    headers = {"Content-Type": "application/json"}
    url = f"{quick.url}/generate"
    async with quick.http.post(url, data=io.BytesIO(body), headers=headers) as answer:
        assert answer.status == status
        assert answer.content_type == "application/problem+json"
        assert (await answer.json())["param"] == param
        assert len(await answer.read()) < 2000
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded"]
)
async def test_another_content_type_is_a_415(
    quick: RunningServer, content_type: str
) -> None:
    headers = {"Content-Type": content_type}
    url = f"{quick.url}/generate"
    async with quick.http.post(url, data=b"prompt=a", headers=headers) as answer:
        assert answer.status == 415
        assert (await answer.json())["param"] == "Content-Type"


@pytest.mark.parametrize(
    ("fields", "headers", "status", "param"),
    [
        ({}, {"Accept": "text/html"}, 406, "Accept"),
        ({"num_images": 2}, {"Accept": "image/png"}, 422, "num_images"),
        ({"output_format": "png"}, {"Accept": "image/webp"}, 422, "output_format"),
    ],
)
async def test_a_form_of_answer_that_cannot_be_is_refused(
    quick: RunningServer,
    fields: dict[str, Any],
    headers: dict[str, str],
    status: int,
    param: str,
) -> None:
    url = f"{quick.url}/generate"
    async with quick.http.post(url, json=PROMPT | fields, headers=headers) as answer:
        assert answer.status == status
        assert (await answer.json())["param"] == param


async def test_no_prompt_is_ever_logged(
    quick: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await generate(quick, prompt="the secret garden")
    assert "secret" not in caplog.text


async def test_several_accept_headers_are_one_list(quick: RunningServer) -> None:
    headers = [("Accept", "text/html"), ("Accept", "image/webp")]
    url = f"{quick.url}/generate"
    async with quick.http.post(url, json=PROMPT, headers=headers) as answer:
        assert answer.headers["Content-Type"] == "image/webp"


async def test_an_image_whose_file_is_gone_is_a_404(
    quick: RunningServer, tmp_path: Path
) -> None:
    image = (await generate(quick))["images"][0]
    remove_images(tmp_path)
    for query in ("", "?width=64"):
        async with quick.http.get(f"{quick.url}{image['url']}{query}") as answer:
            assert answer.status == 404
            assert (await answer.json())["code"] == "image_not_found"


async def test_a_folder_that_is_gone_is_made_again(
    quick: RunningServer, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "images")
    assert (await generate(quick))["status"] == "completed"


async def test_a_full_disk_takes_the_older_images_first(
    quick: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = await generate(quick)
    write = image_files._write_whole
    failures = iter([True])

    def full_once(path: Path, content: bytes, *, is_durable: bool) -> None:
        if next(failures, False):
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, content, is_durable=is_durable)

    monkeypatch.setattr(image_files, "_write_whole", full_once)
    assert (await generate(quick))["status"] == "completed"
    async with quick.http.get(f"{quick.url}/generations/{old['id']}") as answer:
        assert answer.status == 404


async def test_a_disk_that_stays_full_is_a_507_and_leaves_nothing(
    quick: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes, *, is_durable: bool) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(image_files, "_write_whole", full)
    url = f"{quick.url}/generate"
    async with quick.http.post(url, json=PROMPT | {"num_images": 3}) as answer:
        assert answer.status == 507
        assert (await answer.json())["code"] == "storage_full"
    # The other images of it are just failing, each with a folder until then.
    for _ in range(1000):
        if not generations_on_disk(tmp_path):
            break
        await asyncio.sleep(0.01)
    assert generations_on_disk(tmp_path) == []

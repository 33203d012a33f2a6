"""Every metric of the server, after real generations through the app."""

import asyncio
import re
from pathlib import Path

import pytest

from easel.errors import OutOfMemory
from easel.text2image.metrics import ServerMetrics
from tests.text2image.gated_engine import GatedEngine
from tests.text2image.running_server import RunningServer, make_app, serve

pytestmark = pytest.mark.component

PROMPT = {"prompt": "a cat", "num_inference_steps": 4, "guidance_scale": 1}
PREFIX = "easel_server_"


async def scrape(server: RunningServer) -> dict[str, float]:
    """Values by name and labels."""
    async with server.http.get(f"{server.url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return {
        name: float(value)
        for name, value in (
            line.rsplit(" ", 1) for line in lines if not line.startswith("#")
        )
    }


async def test_every_metric_appears_after_a_batch_of_two(
    tmp_path: Path, gated: GatedEngine
) -> None:
    app = make_app(tmp_path, lambda: gated)
    async with serve(app) as server:
        await server.until_loaded()
        url = f"{server.url}/generate"
        asking = [asyncio.create_task(server.http.post(url, json=PROMPT))]
        present = app.generations.present
        await server.until(lambda: present.running == 1 and gated.asked == 1)
        asking += [asyncio.create_task(server.http.post(url, json=PROMPT))]
        await server.until(lambda: present.queued == 1)
        metrics = await scrape(server)
        assert metrics["easel_server_running_generations"] == 1
        assert metrics["easel_server_queued_generations"] == 1
        gated.allow(5)
        for task in asking:
            async with await task as answer:
                assert answer.status == 200
        await app.generations.present.until_idle()
        metrics = await scrape(server)
    # Two of four steps each: one alone, three together, one alone.
    assert gated.batches == [1, 2, 2, 2, 1]
    expected = {
        "denoising_steps_total": 5,
        'generations_total{status="completed"}': 2,
        "images_total": 2,
        "previews_total": 0,
        "cancelled_steps_saved_total": 0,
        "queued_generations": 0,
        "running_generations": 0,
        "backlog_device_seconds": 0,
        'model_loaded{model="fake"}': 1,
        'step_duration_seconds_count{images="1",model="fake"}': 2,
        'step_duration_seconds_count{images="2",model="fake"}': 3,
        'batch_images_count{model="fake"}': 5,
        'batch_images_sum{model="fake"}': 8,
        'batch_images_bucket{le="1.0",model="fake"}': 2,
        "generation_duration_seconds_count": 2,
    }
    assert {name: metrics[PREFIX + name] for name in expected} == expected
    assert metrics[PREFIX + "eta_ratio_count"] <= 2
    assert metrics[PREFIX + "device_memory_bytes"] > 0
    assert metrics["process_resident_memory_bytes"] > 0
    assert (
        0 < metrics[PREFIX + "disk_free_bytes"] <= metrics[PREFIX + "disk_size_bytes"]
    )
    assert not missing(metrics)


def missing(metrics: dict[str, float]) -> set[str]:
    """Of the code's metrics, those that a scrape lacks."""
    shown = {re.split(r"[{ ]", name)[0] for name in metrics}
    declared = {
        sample.name
        for family in ServerMetrics().registry.collect()
        for sample in family.samples
        if not sample.name.endswith("_created")
    }
    return {name for name in declared if name not in shown}


async def test_steps_that_a_cancel_saved_are_counted(
    server: RunningServer, gated: GatedEngine
) -> None:
    url = f"{server.url}/generate"
    headers = {"Prefer": "respond-async"}
    body = PROMPT | {"num_inference_steps": 10}
    async with server.http.post(url, json=body, headers=headers) as answer:
        path = answer.headers["Location"]
    gated.allow(2)
    await server.until(lambda: gated.asked == 3)
    async with server.http.delete(f"{server.url}{path}"):
        pass
    gated.allow(1)
    await server.until(lambda: len(gated.ended) == 1)
    metrics = await scrape(server)
    assert metrics["easel_server_cancelled_steps_saved_total"] == 7
    assert metrics['easel_server_generations_total{status="cancelled"}'] == 1


async def test_previews_that_were_sent_are_counted(quick: RunningServer) -> None:
    headers = {"Accept": "text/event-stream"}
    url = f"{quick.url}/generate"
    body = PROMPT | {"num_inference_steps": 12}
    async with quick.http.post(url, json=body, headers=headers) as answer:
        await answer.text()
    metrics = await scrape(quick)
    assert metrics["easel_server_previews_total"] > 1
    # However many follow it.
    assert metrics["easel_server_first_preview_seconds_count"] == 1


async def test_failures_are_counted_by_their_reason(
    server: RunningServer, gated: GatedEngine
) -> None:
    gated.failure = OutOfMemory("too large")
    gated.allow(1)
    async with server.http.post(f"{server.url}/generate", json=PROMPT) as answer:
        assert answer.status == 503
    metrics = await scrape(server)
    reasons = {
        name: value for name, value in metrics.items() if "failures_total" in name
    }
    assert reasons.pop('easel_server_failures_total{code="out_of_memory"}') == 1
    # Shown before the first of them, or its rate would be 0.
    assert len(reasons) == 5
    assert set(reasons.values()) == {0}

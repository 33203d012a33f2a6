"""The same server, over replicas: its callers do not notice when one is lost."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from easel.clock import Clock
from easel.text2image.engines.fake import FakeEngine
from easel.text2image.executors.executor import Executor
from easel.text2image.executors.fleet_executor import FleetExecutor
from tests.text2image.executors.local_fleet import LocalFleet
from tests.text2image.gated_engine import GatedEngine
from tests.text2image.running_server import (
    GivenModels,
    RunningServer,
    events_of,
    make_app,
    serve,
)

pytestmark = pytest.mark.component

PROMPT = {"prompt": "a lighthouse", "num_inference_steps": 4, "seed": 7}
EVENTS = {"Accept": "text/event-stream"}
# The others come as often as it suits.
HEARD = ("started", "progress", "image", "completed", "failed")


def models_of(engine: FakeEngine) -> GivenModels:
    return GivenModels({"fake": lambda: engine})


@asynccontextmanager
async def fronting(
    tmp_path: Path, fleet: LocalFleet, *, max_queued: int = 256
) -> AsyncIterator[RunningServer]:
    models = models_of(FakeEngine(step_s=0))

    def make(post: Callable[..., object], clock: Clock) -> Executor:
        return FleetExecutor(
            models, fleet, post, clock, per_replica=8, max_batch_rows=4, pulse_s=0.01
        )

    app = make_app(
        tmp_path,
        lambda: FakeEngine(step_s=0),
        models=models,
        make_executor=make,
        shutdown_grace_s=0,
        max_queued=max_queued,
    )
    async with serve(app) as running:
        await running.until_loaded()
        yield running


async def test_a_caller_hears_nothing_of_a_lost_replica(
    tmp_path: Path, gated: GatedEngine
) -> None:
    fleet = LocalFleet(lambda: models_of(gated))
    async with fronting(tmp_path, fleet) as server:
        url = f"{server.url}/generate"
        asking = asyncio.ensure_future(
            server.http.post(url, json=PROMPT, headers=EVENTS)
        )
        await server.until(lambda: gated.asked == 1)
        gated.allow(2)
        await server.until(lambda: gated.asked == 3)
        await asyncio.to_thread(fleet.add, lambda: models_of(FakeEngine(step_s=0)))
        fleet.kill(0)
        async with await asking as answer:
            events = events_of(await answer.text())
        names = [name for name, _ in events if name in HEARD]
        assert names == ["started", *["progress"] * 4, "image", "completed"]
        steps = [data["step"] for name, data in events if name == "progress"]
        assert steps == [1, 2, 3, 4]
        async with server.http.post(url, json=PROMPT) as again:
            assert again.status == 200
            assert (await again.json())["images"][0]["sha256"] == events[-1][1][
                "images"
            ][0]["sha256"]
        gated.allow(100)


async def test_a_server_without_replicas_takes_generations_in(tmp_path: Path) -> None:
    """The first one brings the first replica."""
    fleet = LocalFleet()
    async with fronting(tmp_path, fleet) as server:
        async with server.http.get(f"{server.url}/health") as answer:
            health = await answer.json()
        assert health["status"] == "healthy"
        assert health["device"] == "ray"
        asking = asyncio.ensure_future(
            server.http.post(f"{server.url}/generate", json=PROMPT)
        )
        await server.until(lambda: bool(fleet.sent))
        await asyncio.to_thread(fleet.add, lambda: models_of(FakeEngine(step_s=0)))
        async with await asking as answer:
            assert answer.status == 200
            assert (await answer.json())["status"] == "completed"


async def test_what_waits_counts_as_it_does_on_one_machine(
    tmp_path: Path, gated: GatedEngine
) -> None:
    fleet = LocalFleet(lambda: models_of(gated))
    async with fronting(tmp_path, fleet, max_queued=1) as server:
        url = f"{server.url}/generate"
        asked = [
            asyncio.ensure_future(server.http.post(url, json=PROMPT)) for _ in range(2)
        ]
        present = server.app.generations.present
        await server.until(lambda: len(present.unfinished()) == 2)
        async with server.http.post(url, json=PROMPT) as refused:
            assert refused.status == 503
            assert (await refused.json())["code"] == "queue_full"
        gated.allow(100)
        for asking in asked:
            async with await asking as answer:
                assert answer.status == 200

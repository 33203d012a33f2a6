"""Who was cut off finds his generation again, through an open gateway."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from easel.clock import ManualClock
from tests.gateway.running_gateway import gateway_for
from tests.text2image.gated_engine import GatedEngine
from tests.text2image.running_server import RunningServer, make_app, serve

# Without a seed: what finds it again is the key alone.
FOX = {"prompt": "a fox", "num_inference_steps": 10}
KEY = {"Idempotency-Key": "a fox of mine"}
EVENTS = {"Accept": "text/event-stream"}
ASYNC = {"Prefer": "respond-async"}

Client = aiohttp.ClientSession
Event = tuple[str, dict[str, Any]]


@pytest.fixture
def gated() -> GatedEngine:
    return GatedEngine()


@pytest.fixture
def clock() -> ManualClock:
    """Of the server."""
    return ManualClock()


@pytest.fixture
async def server(
    tmp_path: Path, gated: GatedEngine, clock: ManualClock
) -> AsyncIterator[RunningServer]:
    """One image at a time, and every step waits for `gated.allow`."""
    app = make_app(
        tmp_path,
        lambda: gated,
        clock=clock,
        max_batch_rows=1,
        image_ttl_s=60,
        shutdown_grace_s=0,
    )
    async with serve(app) as running:
        await running.until_loaded()
        yield running
        gated.allow(1000)


@pytest.fixture
async def client(server: RunningServer) -> AsyncIterator[Client]:
    async with gateway_for(server.url) as client:
        yield client


@asynccontextmanager
async def listening(client: Client, **headers: str) -> AsyncIterator[Any]:
    sent = EVENTS | KEY | headers
    async with client.post("/generate", json=FOX, headers=sent) as answer:
        assert answer.status == 200
        yield answer


@asynccontextmanager
async def following(client: Client, path: str) -> AsyncIterator[Any]:
    async with client.get(f"{path}/events", headers=EVENTS) as answer:
        assert answer.status == 200
        yield answer


async def next_event(answer: aiohttp.ClientResponse) -> Event:
    """The next that is no heartbeat."""
    fields: dict[str, str] = {}
    while "event" not in fields:
        fields = {}
        while line := (await answer.content.readline()).decode().strip("\n"):
            name, _, value = line.partition(": ")
            fields[name] = value
    return fields["event"], json.loads(fields["data"])


async def until(answer: aiohttp.ClientResponse, wanted: str) -> dict[str, Any]:
    """What the next event of this name says."""
    while True:
        name, told = await next_event(answer)
        if name == wanted:
            return told


async def submitted(client: Client, **headers: str) -> str:
    sent = ASYNC | headers
    async with client.post("/generate", json=FOX, headers=sent) as answer:
        assert answer.status == 202
        document = await answer.json()
        assert answer.headers["Location"] == f"/generations/{document['id']}"
    return answer.headers["Location"]


async def test_with_the_same_key_a_lost_stream_goes_on_from_a_snapshot(
    client: Client, gated: GatedEngine
) -> None:
    async with listening(client) as lost:
        begun = (await until(lost, "snapshot"))["id"]
        gated.allow(4)
        while (await until(lost, "progress"))["step"] < 4:
            pass
    async with listening(client) as found:
        assert found.headers["X-Cache"] == "running"
        name, snapshot = await next_event(found)
        assert (name, snapshot["id"], snapshot["status"]) == (
            "snapshot",
            begun,
            "running",
        )
        gated.allow(6)
        assert (await until(found, "completed"))["id"] == begun
    assert len(gated.begun) == 1


async def test_with_the_same_key_a_second_page_sees_the_same_stream(
    client: Client, gated: GatedEngine
) -> None:
    async with listening(client) as first:
        begun = (await until(first, "snapshot"))["id"]
        async with listening(client) as second:
            assert (await until(second, "snapshot"))["id"] == begun
            gated.allow(10)
            ends = [await until(each, "completed") for each in (first, second)]
    assert ends[0] == ends[1]


async def test_after_the_end_the_same_key_gives_the_images_at_once(
    client: Client, gated: GatedEngine
) -> None:
    gated.allow(10)
    async with listening(client) as first:
        painted = await until(first, "completed")
    async with listening(client) as again:
        assert again.headers["X-Cache"] == "hit"
        assert await until(again, "completed") == painted


async def test_with_the_same_key_one_asynchronous_generation_is_accepted_twice(
    client: Client, gated: GatedEngine
) -> None:
    first = await submitted(client, **KEY)
    assert await submitted(client, **KEY) == first
    gated.allow(10)
    async with following(client, first) as answer:
        await until(answer, "completed")
    assert await submitted(client, **KEY) == first
    assert await submitted(client) != first


async def test_a_stream_with_a_key_may_be_made_asynchronous(
    client: Client, gated: GatedEngine
) -> None:
    async with listening(client) as lost:
        begun = (await until(lost, "snapshot"))["id"]
    assert await submitted(client, **KEY) == f"/generations/{begun}"
    gated.allow(10)
    async with following(client, f"/generations/{begun}") as answer:
        await until(answer, "completed")


async def test_each_who_waits_hears_of_its_place_as_it_moves_up(
    client: Client, server: RunningServer, gated: GatedEngine
) -> None:
    first = await submitted(client)
    await server.until(lambda: gated.asked == 1)
    second, third = [await submitted(client) for _ in range(2)]
    async with (
        following(client, first) as painting,
        following(client, second) as next_one,
        following(client, third) as last,
    ):
        assert (await until(next_one, "snapshot"))["position"] == 1
        assert (await until(last, "snapshot"))["position"] == 2
        # Its images are handed out after a step of the next one.
        gated.allow(11)
        await until(painting, "completed")
        await until(next_one, "started")
        name, place = await next_event(last)
        assert (name, place["position"]) == ("queued", 1)
        assert "eta_s" in place
        gated.allow(10)
        await until(next_one, "completed")
        await until(last, "started")


async def test_what_is_not_there_cannot_be_followed(
    client: Client, server: RunningServer, gated: GatedEngine, clock: ManualClock
) -> None:
    gated.allow(10)
    path = await submitted(client)
    async with following(client, path) as answer:
        await until(answer, "completed")
    clock.advance(61)
    server.app.generations.forget_old()
    for gone in (path, "/generations/gen_test_01KB3V0M6T0000000000000000"):
        async with client.get(f"{gone}/events", headers=EVENTS) as answer:
            assert answer.status == 404
            assert (await answer.json())["code"] == "generation_not_found"


async def test_a_server_that_is_away_is_no_lost_generation(tmp_path: Path) -> None:
    """A page that comes back asks again later, as for any 502."""
    async with gateway_for("http://127.0.0.1:1") as client:
        path = "/generations/gen_test_01KB3V0M6T0000000000000000/events"
        async with client.get(path, headers=EVENTS) as answer:
            assert answer.status == 502
            assert (await answer.json())["code"] == "upstream_unreachable"

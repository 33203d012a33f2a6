"""Generations on servers of other makes, asked for at another gateway."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import pytest

from easel.gateway.app import create_app
from tests.gateway.foreign.asking import FOX, accepted, ask, event_names, standing
from tests.gateway.foreign.openai_stub import OpenAiStub
from tests.gateway.running_gateway import gateway_settings, serving
from tests.gateway.store.redis_server import RedisServer, needs_redis

pytestmark = pytest.mark.component


@pytest.fixture
async def stub() -> AsyncIterator[OpenAiStub]:
    async with OpenAiStub() as stub:
        yield stub


@asynccontextmanager
async def gateway(
    folder: Path, stub: OpenAiStub, **settings: Any
) -> AsyncIterator[aiohttp.ClientSession]:
    app = create_app(
        gateway_settings(
            text2image_server_url=f"openai+http://{stub.authority}/v1",
            data_dir=folder,
            **settings,
        )
    )
    async with serving(app) as url, aiohttp.ClientSession(url) as client:
        yield client


@asynccontextmanager
async def two_gateways(
    folder: Path, stub: OpenAiStub
) -> AsyncIterator[tuple[aiohttp.ClientSession, aiohttp.ClientSession]]:
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(gateway(folder, stub))
        other = await stack.enter_async_context(gateway(folder, stub))
        yield one, other


async def test_a_finished_one_is_the_same_everywhere(
    tmp_path: Path, stub: OpenAiStub
) -> None:
    async with two_gateways(tmp_path, stub) as (one, other):
        id_ = await accepted(one, FOX | {"num_images": 2})
        document = await standing(one, id_, wait_s=30)
        assert await standing(other, id_) == document
        path = document["images"][1]["url"]
        async with one.get(path) as here, other.get(path) as there:
            assert await there.read() == await here.read()
            tag = there.headers["ETag"]
        async with other.get(path, headers={"If-None-Match": tag}) as answer:
            assert answer.status == 304
        names = await event_names(other, f"/generations/{id_}/events")
        assert names == ["snapshot", "started", "image", "image", "completed"]


async def test_one_that_runs_can_be_followed_and_awaited_elsewhere(
    tmp_path: Path, stub: OpenAiStub
) -> None:
    async with two_gateways(tmp_path, stub) as (one, other):
        stub.gate.clear()
        id_ = await accepted(one, FOX)
        await stub.arrival()
        following = asyncio.create_task(
            event_names(other, f"/generations/{id_}/events")
        )
        waiting = asyncio.create_task(standing(other, id_, wait_s=30))
        assert (await standing(other, id_))["status"] in ("queued", "running")
        stub.gate.set()
        assert (await following)[-1] == "completed"
        assert (await waiting)["status"] == "completed"


async def test_one_that_runs_is_cancelled_from_elsewhere(
    tmp_path: Path, stub: OpenAiStub
) -> None:
    async with two_gateways(tmp_path, stub) as (one, other):
        stub.gate.clear()
        id_ = await accepted(one, FOX)
        await stub.arrival()
        async with other.delete(f"/generations/{id_}") as answer:
            assert answer.status == 200
        await stub.abandoned.wait()
        assert (await standing(one, id_, wait_s=30))["status"] == "cancelled"
        names = await event_names(other, f"/generations/{id_}/events")
        assert names[-1] == "cancelled"


@needs_redis
async def test_gateways_on_two_hosts_share_them_in_redis(
    tmp_path: Path, stub: OpenAiStub
) -> None:
    """Each has a folder of its own."""
    with TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            async with AsyncExitStack() as stack:
                one, other = [
                    await stack.enter_async_context(
                        gateway(tmp_path / name, stub, redis_url=server.url)
                    )
                    for name in ("one", "other")
                ]
                stub.gate.clear()
                id_ = await accepted(one, FOX)
                await stub.arrival()
                waiting = asyncio.create_task(standing(other, id_, wait_s=30))
                stub.gate.set()
                document = await waiting
                assert document["status"] == "completed"
                async with other.get(document["images"][0]["url"]) as answer:
                    assert (await answer.read()).startswith(b"\x89PNG")
        finally:
            server.stop()


async def test_a_key_used_at_both_gateways_is_painted_once(
    tmp_path: Path, stub: OpenAiStub
) -> None:
    async with two_gateways(tmp_path, stub) as (one, other):
        answers = await asyncio.gather(
            *(ask(client, FOX, Idempotency_Key="k") for client in (one, other))
        )
        assert answers[0][0] == 200
        assert answers[0] == answers[1]
        assert len(stub.bodies) == 1


async def test_a_stop_waits_for_what_was_accepted(
    tmp_path: Path, stub: OpenAiStub
) -> None:
    stub.gate.clear()
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(gateway(tmp_path, stub))
        id_ = await accepted(one, FOX)
        await stub.arrival()
        stub.gate.set()
    async with gateway(tmp_path, stub) as other:
        assert (await standing(other, id_))["status"] == "completed"


async def test_no_such_generation(tmp_path: Path, stub: OpenAiStub) -> None:
    async with gateway(tmp_path, stub) as one:
        id_ = await accepted(one, FOX)
        await standing(one, id_, wait_s=30)
        unknown = id_[:-1] + ("0" if id_[-1] != "0" else "1")
        for path in ("", "/events", "/images/0"):
            async with one.get(f"/generations/{unknown}{path}") as answer:
                assert answer.status == 404
        async with one.get(f"/generations/{id_}/images/7") as answer:
            assert answer.status == 404
        async with one.get(f"/generations/{id_}/images/0?width=64") as answer:
            assert (answer.status, (await answer.json())["param"]) == (422, "width")


async def test_tokens_and_loading_are_not_its_business(
    tmp_path: Path, stub: OpenAiStub
) -> None:
    async with gateway(tmp_path, stub) as one:
        for path, body in (("tokens", {"prompt": "a"}), ("load", None)):
            async with one.post(f"/models/gpt-image-1/{path}", json=body) as answer:
                assert answer.status == 404
                assert "another make" in (await answer.json())["detail"]

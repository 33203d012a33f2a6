"""Gauges that are kept true, rather than counted up."""

import re
from pathlib import Path

import aiohttp
import pytest

from easel.gateway.access.api_keys import KeyTerms
from easel.gateway.access.key_registry import KeyRegistry
from easel.gateway.access.wall_clock import WallClock
from easel.gateway.store.opening import open_store
from tests.gateway.running_gateway import gateway_for
from tests.gateway.store.waiting import until
from tests.gateway.stub_server import StubServer

pytestmark = pytest.mark.component


async def shown(client: aiohttp.ClientSession) -> dict[str, float]:
    """By name, of the gauges that are looked at every few seconds."""
    async with client.get("/metrics") as answer:
        text = await answer.text()
    found = re.findall(r"^easel_gateway_(open|disk_\w+) (\S+)$", text, re.M)
    return {name: float(value) for name, value in found}


async def first_look(client: aiohttp.ClientSession) -> dict[str, float]:
    """The disk comes last, so all the others are set, too."""

    async def is_done() -> bool:
        return (await shown(client))["disk_size_bytes"] > 0

    await until(is_done)
    return await shown(client)


async def test_a_gateway_without_keys_is_shown_as_open(
    client: aiohttp.ClientSession,
) -> None:
    assert (await first_look(client))["open"] == 1


async def test_a_gateway_with_a_key_is_shown_as_closed(
    stub: StubServer, tmp_path: Path
) -> None:
    async with open_store(redis_url=None, data_dir=tmp_path) as store:
        await KeyRegistry(store, b"pepper", WallClock()).create(KeyTerms(name="studio"))
    async with gateway_for(stub.url, data_dir=tmp_path) as client:
        assert (await first_look(client))["open"] == 0


async def test_the_disk_of_the_data_folder_is_shown(
    client: aiohttp.ClientSession,
) -> None:
    look = await first_look(client)
    assert 0 < look["disk_free_bytes"] <= look["disk_size_bytes"]

"""Large answers and long use: memory and descriptors stay (fault list 40, 43)."""

import asyncio
import json
from pathlib import Path
from random import Random

import aiohttp
import pytest
from aiohttp import web

from tests.faults.rig import assert_settled, descriptors, resident_bytes
from tests.gateway.stub_server import StubServer
from tests.system.processes import running_gateway

pytestmark = pytest.mark.system

MIB = 2**20
CONCURRENT = 32
# Four pictures of 10 MB each, a third more in base64.
LARGE = 4 * 10 * MIB * 4 // 3
MOST_BYTES = 150 * MIB

# For each visitor: enough that a leak of a descriptor or a page in each shows.
VISITORS, VISITS = 8, 60
SIZES = (300, 20_000, 2 * MIB)
LEAVES = 0.05


async def as_large_as_asked(request: web.Request) -> web.StreamResponse:
    """The seed is the size."""
    size = json.loads(await request.read())["seed"]
    return web.Response(body=bytes(size), content_type="application/json")


async def received(client: aiohttp.ClientSession, size: int) -> int:
    """How many bytes came; none of them is kept."""
    body = {"prompt": "a fox", "seed": size}
    count = 0
    async with client.post("/generate", json=body) as answer:
        assert answer.status == 200
        async for piece in answer.content.iter_any():
            count += len(piece)
    return count


async def left(client: aiohttp.ClientSession, size: int) -> None:
    body = {"prompt": "a fox", "seed": size}
    answer = await client.post("/generate", json=body)
    answer.close()


async def test_many_large_answers_at_once_take_little_memory(
    stub: StubServer, tmp_path: Path
) -> None:
    stub.handler = as_large_as_asked
    with running_gateway(
        tmp_path,
        stub.url,
        MAX_CONCURRENT_REQUESTS=str(CONCURRENT),
        GATEWAY_DATA_DIR=str(tmp_path / "data"),
        GATEWAY_ANSWER_CACHE="false",
    ) as gateway:
        pid = gateway.popen.pid
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(gateway.url, connector=connector) as client:
            asking = [
                asyncio.create_task(received(client, LARGE)) for _ in range(CONCURRENT)
            ]
            most = 0
            while not all(task.done() for task in asking):
                most = max(most, resident_bytes(pid))
                await asyncio.wait(asking, timeout=0.05)
            assert set(await asyncio.gather(*asking)) == {LARGE}
            assert most < MOST_BYTES
            await assert_settled(client, accepted=CONCURRENT)


async def test_long_use_leaves_nothing_behind(stub: StubServer, tmp_path: Path) -> None:
    stub.handler = as_large_as_asked
    random = Random(7)
    with running_gateway(
        tmp_path,
        stub.url,
        GATEWAY_DATA_DIR=str(tmp_path / "data"),
        GATEWAY_ANSWER_CACHE="false",
    ) as gateway:
        pid = gateway.popen.pid
        async with aiohttp.ClientSession(gateway.url) as client:

            async def visitor() -> None:
                for _ in range(VISITS):
                    size = random.choice(SIZES)
                    if random.random() < LEAVES:
                        await left(client, size)
                    else:
                        assert await received(client, size) == size

            async def all_visit() -> tuple[int, int]:
                await asyncio.gather(*(visitor() for _ in range(VISITORS)))
                await assert_settled(client)
                return resident_bytes(pid), descriptors(pid)

            memory, files = await all_visit()
            for _ in range(2):
                later_memory, later_files = await all_visit()
                # Pools of connections and of memory breathe; leaks add up.
                assert later_memory < memory + 20 * MIB
                assert later_files <= files + VISITORS
        gateway.assert_clean_log()

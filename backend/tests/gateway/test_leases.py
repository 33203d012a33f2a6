import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from easel.gateway.leases import (
    NoSlot,
    ProcessSlots,
    SharedSlots,
    Slots,
    held_slot,
)
from tests.gateway.processes import BACKEND
from tests.gateway.running_gateway import gateway_for
from tests.gateway.stub_server import StubServer, never

HOLDER = """
import sys
from pathlib import Path
from easel.gateway.leases import SharedSlots
slots = SharedSlots(3, Path(sys.argv[1]))
print(slots.take(), slots.take(), flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["process", "shared"])
def slots(request: pytest.FixtureRequest, tmp_path: Path) -> Slots:
    return SharedSlots(3, tmp_path) if request.param == "shared" else ProcessSlots(3)


def test_exactly_as_many_slots_are_given_as_there_are(slots: Slots) -> None:
    taken = [slots.take() for _ in range(4)]
    assert None not in taken[:3]
    assert len(set(taken[:3])) == 3
    assert taken[3] is None


def test_a_freed_slot_can_be_taken_again(slots: Slots) -> None:
    taken = [slots.take() for _ in range(3)]
    assert taken[1] is not None
    slots.free(taken[1])
    assert slots.take() == taken[1]
    assert slots.take() is None


def test_a_slot_is_freed_by_an_error(slots: Slots) -> None:
    for _ in range(5):
        with pytest.raises(RuntimeError), held_slot(slots):
            raise RuntimeError
    assert slots.take() is not None


def test_no_slot_says_when_to_come_back(slots: Slots) -> None:
    for _ in range(3):
        slots.take()
    with pytest.raises(NoSlot) as caught, held_slot(slots):
        pass
    assert "Text-to-image server unavailable" in caught.value.detail
    assert caught.value.retry_after_s


def test_workers_share_their_slots(tmp_path: Path) -> None:
    one, other = SharedSlots(3, tmp_path), SharedSlots(3, tmp_path)
    mine = one.take()
    assert mine is not None
    assert other.take() is not None
    assert other.take() is not None
    assert other.take() is None
    one.free(mine)
    assert other.take() == mine


def test_a_killed_worker_holds_nothing(tmp_path: Path) -> None:
    slots = SharedSlots(3, tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        cwd=BACKEND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "0 1\n"
        assert slots.take() == 2
        assert slots.take() is None
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        assert {slots.take(), slots.take()} == {0, 1}


async def test_one_generation_too_many_is_a_503_at_once(stub: StubServer) -> None:
    stub.handler = never
    async with gateway_for(stub.url, max_concurrent_requests=2) as client:
        running = []
        for _ in range(2):
            running.append(
                asyncio.create_task(client.post("/generate", json={"prompt": "x"}))
            )
            await stub.arrival()
        async with client.post("/generate", json={"prompt": "x"}) as answer:
            assert answer.status == 503
            assert int(answer.headers["Retry-After"]) > 0
            document = await answer.json()
        assert "Text-to-image server unavailable" in document["detail"]
        assert document["code"] == "upstream_unavailable"
        assert len(stub.requests) == 2
        text = await (await client.get("/metrics")).text()
        assert 'easel_gateway_rejections_total{reason="no_slot"} 1.0' in text
        assert "easel_gateway_generations_in_flight 2.0" in text

        running[0].cancel()
        await stub.abandoned.wait()
        waiting = asyncio.create_task(client.post("/generate", json={"prompt": "x"}))
        await stub.arrival()
        for task in (*running, waiting):
            task.cancel()
        await asyncio.gather(*running, waiting, return_exceptions=True)


async def test_a_slot_is_held_until_the_last_byte(stub: StubServer) -> None:
    may_end = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"first")
        await may_end.wait()
        return response

    stub.handler = handler
    async with gateway_for(stub.url, max_concurrent_requests=1) as client:
        async with client.post("/generate", json={"prompt": "x"}) as answer:
            assert await answer.content.readexactly(5) == b"first"
            assert await status_of_another(client) == 503
            may_end.set()
            await answer.read()
        assert await status_of_another(client) == 200


async def test_what_is_no_generation_needs_no_slot(stub: StubServer) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        if request.method == "POST":
            return await never(request)
        return web.json_response({})

    stub.handler = handler
    async with gateway_for(stub.url, max_concurrent_requests=1) as client:
        running = asyncio.create_task(client.post("/generate", json={"prompt": "x"}))
        await stub.arrival()
        for path in ("/models", "/generations/gen_r1_01", "/health", "/readyz"):
            async with client.get(path) as answer:
                assert answer.status == 200
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_failed_generation_frees_its_slot(stub: StubServer) -> None:
    stub.handler = never
    async with gateway_for(
        stub.url, max_concurrent_requests=1, request_timeout=0.05
    ) as client:
        for _ in range(3):
            assert await status_of_another(client) == 504


async def status_of_another(client: aiohttp.ClientSession) -> int:
    async with client.post("/generate", json={"prompt": "x"}) as answer:
        return answer.status

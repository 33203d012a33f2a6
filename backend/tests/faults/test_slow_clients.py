"""Clients that read or write slowly, on purpose or not (fault list 17, 18)."""

import asyncio
import json
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.faults.rig import assert_settled, connected, generate, resident_bytes
from tests.gateway.store.waiting import until
from tests.gateway.stub_server import StubServer
from tests.system.processes import running_gateway

pytestmark = pytest.mark.system

MIB = 2**20
PICTURE = bytes(10 * MIB)
SLOW_READERS = 50
# For each: what was read and cannot be written yet, and what is read meanwhile.
HELD_BYTES = 4 * MIB

HEAD = (
    "POST /generate HTTP/1.1\r\nHost: gateway\r\n"
    "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
)


async def picture(request: web.Request) -> web.StreamResponse:
    is_large = b"large" in await request.read()
    return web.Response(body=PICTURE if is_large else b"{}")


def request_of(prompt: str) -> bytes:
    body = json.dumps({"prompt": prompt})
    return (HEAD.format(length=len(body)) + body).encode()


async def test_readers_that_stop_cost_no_memory_and_lose_their_connection(
    stub: StubServer, tmp_path: Path
) -> None:
    stub.handler = picture
    with running_gateway(
        tmp_path,
        stub.url,
        MAX_CONCURRENT_REQUESTS=str(SLOW_READERS + 10),
        REQUEST_TIMEOUT="6",
    ) as gateway:
        pid = gateway.popen.pid
        async with (
            aiohttp.ClientSession(gateway.url) as client,
            AsyncExitStack() as stack,
        ):
            await generate(client, {"prompt": "large"})
            before = resident_bytes(pid)
            readers = []
            for _ in range(SLOW_READERS):
                reader, writer = await stack.enter_async_context(
                    connected(gateway.port)
                )
                writer.write(request_of("large"))
                readers.append(reader)
            await until(lambda: len(stub.requests) == 1 + SLOW_READERS)
            for _ in range(20):
                assert (await generate(client)).status == 200
            assert resident_bytes(pid) - before < SLOW_READERS * HELD_BYTES
            # The deadline ends it; what is left of the pictures never comes.
            await assert_settled_after_deadline(client)
            for reader in readers:
                received = 0
                with suppress(ConnectionError):
                    while piece := await reader.read(MIB):
                        received += len(piece)
                assert received < len(PICTURE)
        assert "Traceback" not in gateway.log


async def assert_settled_after_deadline(client: aiohttp.ClientSession) -> None:
    async def is_over() -> bool:
        async with client.get("/health") as answer:
            queue = (await answer.json())["queue"]
            return bool(queue["in_flight"] == 0)

    await until(is_over)
    await assert_settled(client)


async def test_heads_and_bodies_that_never_end_hinder_nobody(
    stub: StubServer, tmp_path: Path
) -> None:
    stub.handler = picture
    with running_gateway(tmp_path, stub.url) as gateway:
        async with aiohttp.ClientSession(gateway.url) as client:
            async with AsyncExitStack() as stack:
                for number in range(200):
                    _, writer = await stack.enter_async_context(connected(gateway.port))
                    request = request_of("a fox")
                    # Half of them stop in the head, the others in the body.
                    writer.write(request[:20] if number % 2 else request[:-5])
                for _ in range(20):
                    assert (await generate(client)).status == 200
            # Nobody of them has reached the queue or the server.
            await assert_settled(client, accepted=20)
            assert len(stub.requests) == 20
        assert "Traceback" not in gateway.log


async def test_a_byte_at_a_time_is_a_request_like_any_other(
    stub: StubServer, tmp_path: Path
) -> None:
    with running_gateway(tmp_path, stub.url) as gateway:
        async with connected(gateway.port) as (reader, writer):
            for byte in request_of("a fox"):
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0)
            assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"

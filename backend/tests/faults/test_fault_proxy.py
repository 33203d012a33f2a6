import asyncio

import aiohttp
import pytest
from aiohttp import web

from tests.faults.fault_proxy import Behaviour, FaultProxy
from tests.faults.rig import BODY
from tests.gateway.store.waiting import until
from tests.gateway.stub_server import StubServer

POST = b"POST /generate"


async def long_answer(request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"x" * 1000)


async def body_through(proxy: FaultProxy) -> bytes:
    async with (
        aiohttp.ClientSession(proxy.url) as client,
        client.post("/generate", json=BODY) as answer,
    ):
        return await answer.read()


async def test_by_itself_it_changes_nothing(stub: StubServer) -> None:
    stub.handler = long_answer
    async with FaultProxy(stub.port) as proxy:
        assert await body_through(proxy) == b"x" * 1000
        assert proxy.accepted == 1


@pytest.mark.parametrize("cut", ["reset", "close"])
async def test_it_cuts_an_answer(stub: StubServer, cut: str) -> None:
    stub.handler = long_answer
    behaviour = Behaviour(cut_after=500, cut=cut)  # type: ignore[arg-type] # a Literal
    async with FaultProxy(stub.port, behaviour) as proxy:
        with pytest.raises(aiohttp.ClientError):
            await body_through(proxy)


async def test_it_half_closes(stub: StubServer) -> None:
    stub.handler = long_answer
    async with FaultProxy(stub.port, Behaviour(cut_after=500, cut="half-close")) as p:
        with pytest.raises(aiohttp.ClientError):
            await body_through(p)


async def test_it_says_something_else(stub: StubServer) -> None:
    async with FaultProxy(stub.port, Behaviour(garbage=b"no HTTP\r\n\r\n")) as proxy:
        with pytest.raises(aiohttp.ClientError):
            await body_through(proxy)
    assert not stub.requests


async def test_it_spares_other_requests(stub: StubServer) -> None:
    behaviour = Behaviour(begins_with=POST, cut_after=0)
    async with (
        FaultProxy(stub.port, behaviour) as proxy,
        aiohttp.ClientSession(proxy.url) as client,
    ):
        async with client.get("/health") as answer:
            assert answer.status == 200
        with pytest.raises(aiohttp.ClientError):
            await body_through(proxy)


async def test_silence_ends_when_it_is_told_to(stub: StubServer) -> None:
    async with FaultProxy(stub.port, Behaviour(is_silent=True)) as proxy:
        waiting = asyncio.create_task(body_through(proxy))
        await until(lambda: proxy.open == 1)
        assert not stub.requests
        proxy.behaviour = Behaviour()
        assert b"/generate" in await waiting


async def test_it_slows_an_answer_down(stub: StubServer) -> None:
    stub.handler = long_answer
    loop = asyncio.get_running_loop()
    async with FaultProxy(stub.port, Behaviour(bytes_per_s=4000)) as proxy:
        began_at = loop.time()
        assert await body_through(proxy) == b"x" * 1000
        assert loop.time() - began_at >= 0.2


async def test_it_refuses_and_listens_again(stub: StubServer) -> None:
    async with FaultProxy(stub.port) as proxy:
        await proxy.refuse()
        with pytest.raises(aiohttp.ClientConnectorError):
            await body_through(proxy)
        await proxy.listen()
        assert b"/generate" in await body_through(proxy)


async def test_a_connection_that_is_used_again_meets_a_reset(
    stub: StubServer,
) -> None:
    async with (
        FaultProxy(stub.port, Behaviour(resets_reused=True)) as proxy,
        aiohttp.ClientSession(proxy.url) as client,
    ):
        async with client.post("/generate", json=BODY) as answer:
            await answer.read()
        with pytest.raises(aiohttp.ClientError):
            await client.post("/generate", json=BODY)

"""Answers of a server that break off, or are no HTTP (fault list 6 to 9)."""

import asyncio
from contextlib import suppress

import aiohttp
import pytest
from aiohttp import web

from tests.faults.fault_proxy import Behaviour, FaultProxy
from tests.faults.rig import BODY, assert_settled, generate, metric, raw
from tests.gateway.running_gateway import gateway_for
from tests.gateway.store.waiting import until
from tests.gateway.stub_server import StubServer

POST = b"POST /generate"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


async def long_answer(request: web.Request) -> web.StreamResponse:
    return web.Response(body=bytes(200_000), content_type="image/png")


async def short_answer(request: web.Request) -> web.StreamResponse:
    return web.json_response({"id": "gen_r1_01"})


async def assert_well_again(client: aiohttp.ClientSession, stub: StubServer) -> None:
    """The connection that broke is in nobody's way."""
    stub.handler = short_answer
    for _ in range(3):
        assert (await generate(client)).document == {"id": "gen_r1_01"}


@pytest.mark.parametrize("cut", ["reset", "close", "half-close"])
@pytest.mark.parametrize("after_bytes", [300, 100_000])
async def test_an_answer_that_breaks_off_is_never_taken_for_whole(
    stub: StubServer, cut: str, after_bytes: int
) -> None:
    stub.handler = long_answer
    async with (
        FaultProxy(stub.port) as proxy,
        # A FIN with the connection's other half open looks like silence to HTTP.
        gateway_for(proxy.url, request_timeout=2) as client,
    ):
        proxy.behaviour = Behaviour(POST, cut_after=after_bytes, cut=cut)  # type: ignore[arg-type] # a Literal
        async with client.post("/generate", json=BODY) as answer:
            with pytest.raises(aiohttp.ClientPayloadError):
                await answer.read()
        proxy.behaviour = Behaviour()
        assert await metric(client, "easel_gateway_images_total") == 0
        await assert_well_again(client, stub)
        await assert_settled(client, proxy, accepted=4)


NO_ANSWERS = {
    "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 no HTTP at all\r\n\r\n",
    "no status": b"HTTP/1.1\r\n\r\n",
    "status without a number": b"HTTP/1.1 OK fine\r\n\r\n",
    "1 MB header": HEAD + b"X-Long: " + b"a" * 2**20 + b"\r\n\r\n",
    "many headers": HEAD + b"X-One: 1\r\n" * 100_000 + b"\r\n",
    "contradicting lengths": HEAD
    + b"Content-Length: 2\r\nContent-Length: 7\r\n\r\n{}12345",
    "negative length": HEAD + b"Content-Length: -1\r\n\r\n{}",
    "nothing": b"",
}


@pytest.mark.parametrize("answer", NO_ANSWERS)
async def test_what_is_no_answer_is_a_502(stub: StubServer, answer: str) -> None:
    async with FaultProxy(stub.port) as proxy, gateway_for(proxy.url) as client:
        proxy.behaviour = Behaviour(POST, garbage=NO_ANSWERS[answer])
        refused = await generate(client)
        assert refused.status == 502
        assert refused.document["code"] == "upstream_unreachable"
        proxy.behaviour = Behaviour()
        await assert_well_again(client, stub)
        await assert_settled(client, proxy, accepted=4)


BROKEN_BODIES = {
    "too short for its length": HEAD + b'Content-Length: 100\r\n\r\n{"id": 1}',
    "chunk without a size": HEAD + b'Transfer-Encoding: chunked\r\n\r\nzz\r\n{"id"',
    "chunk that is cut": HEAD + b'Transfer-Encoding: chunked\r\n\r\nff\r\n{"id": 1}',
    "no last chunk": HEAD + b'Transfer-Encoding: chunked\r\n\r\n9\r\n{"id": 1}\r\n',
}


@pytest.mark.parametrize("body", BROKEN_BODIES)
async def test_a_body_that_is_not_what_its_headers_say_is_cut(
    stub: StubServer, body: str
) -> None:
    async with gateway_for(stub.url) as client:
        stub.handler = raw(BROKEN_BODIES[body])
        # Where the first bytes show it already, it may be a 502.
        with suppress(aiohttp.ClientPayloadError):
            assert (await generate(client)).status == 502
        await assert_well_again(client, stub)
        await assert_settled(client, accepted=4)


async def test_what_follows_a_body_is_nobodys_answer(stub: StubServer) -> None:
    """Response splitting: the next caller must not get what somebody put there."""
    poison = b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n"poison"'
    async with gateway_for(stub.url) as client:
        stub.handler = raw(HEAD + b"Content-Length: 2\r\n\r\n{}" + poison)
        assert (await generate(client)).document == {}
        await assert_well_again(client, stub)
        await assert_settled(client, accepted=4)


@pytest.mark.system
async def test_a_trickle_ends_at_the_deadline_and_hinders_nobody(
    stub: StubServer,
) -> None:
    stub.handler = long_answer
    async with (
        FaultProxy(stub.port) as proxy,
        gateway_for(proxy.url, request_timeout=2) as client,
    ):
        proxy.behaviour = Behaviour(POST, bytes_per_s=10)
        trickling = [asyncio.create_task(generate(client)) for _ in range(5)]
        await until(lambda: len(stub.requests) == 5)
        async with client.get("/generations/gen_r1_01/images/0") as answer:
            assert len(await answer.read()) == 200_000
        ends = await asyncio.gather(*trickling, return_exceptions=True)
        for end in ends:
            is_late = not isinstance(end, BaseException) and end.status == 504
            assert is_late or isinstance(end, aiohttp.ClientPayloadError)
        proxy.behaviour = Behaviour()
        await assert_well_again(client, stub)
        await assert_settled(client, proxy, accepted=8)


async def test_an_answer_without_end_is_stopped_when_its_client_leaves(
    stub: StubServer,
) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        while True:
            await response.write(bytes(2**16))

    async with gateway_for(stub.url) as client:
        stub.handler = endless
        answer = await client.post("/generate", json=BODY)
        assert len(await answer.content.readexactly(2**20)) == 2**20
        answer.close()
        await asyncio.wait_for(stub.abandoned.wait(), 5)
        await assert_settled(client, accepted=1)

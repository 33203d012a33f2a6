"""Connections that end just as they are used again (fault list 36)."""

import asyncio

import pytest

from tests.faults.fault_proxy import Behaviour, FaultProxy
from tests.faults.rig import BODY, assert_settled, generate, in_time
from tests.gateway.running_gateway import gateway_for
from tests.gateway.stub_server import StubServer

POST = b"POST /generate"


async def test_a_kept_connection_that_its_server_closes_is_no_callers_error(
    stub: StubServer,
) -> None:
    """The server, or what is between, closes idle connections; nobody can know when."""
    async with FaultProxy(stub.port) as proxy, gateway_for(proxy.url) as client:
        for _ in range(10):
            assert (await generate(client)).status == 200
            proxy.reset_all()
        await assert_settled(client, proxy, accepted=10)


async def test_a_reset_that_meets_the_next_request_is_no_callers_error(
    stub: StubServer,
) -> None:
    """It was sent on a connection that was gone: no byte of an answer has come."""
    async with (
        FaultProxy(stub.port, Behaviour(POST, resets_reused=True)) as proxy,
        gateway_for(proxy.url) as client,
    ):
        for _ in range(10):
            assert (await generate(client)).status == 200
        assert len(stub.requests) == 10
        await assert_settled(client, proxy, accepted=10)


async def test_a_server_that_breaks_every_connection_is_not_asked_for_ever(
    stub: StubServer,
) -> None:
    async with FaultProxy(stub.port) as proxy, gateway_for(proxy.url) as client:
        assert (await generate(client)).status == 200
        proxy.behaviour = Behaviour(POST, cut_after=0)
        before = len(stub.requests)
        answer = await generate(client)
        assert answer.status == 502
        assert answer.document["code"] == "upstream_unreachable"
        assert len(stub.requests) - before <= 2
        await assert_settled(client, proxy, accepted=2)


@pytest.mark.system
async def test_many_at_once_on_connections_that_come_and_go(stub: StubServer) -> None:
    stub.handler = in_time(0.005)
    async with (
        FaultProxy(stub.port) as proxy,
        gateway_for(proxy.url, max_concurrent_requests=8, max_queue=200) as client,
    ):
        answers = await asyncio.gather(*(generate(client) for _ in range(200)))
        assert {answer.status for answer in answers} == {200}
        assert len(stub.requests) == 200
        # A few connections are enough, and they are used again.
        assert proxy.accepted <= 40
        await assert_settled(client, proxy, accepted=200)
        async with client.post("/generate", json=BODY) as answer:
            assert answer.status == 200

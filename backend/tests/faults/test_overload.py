"""More than the servers can do: who gets in, who waits, who is told to come back.

Fault list 19 to 21. What is measured is how busy the server was kept, not how fast
this machine is.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import aiohttp
import pytest
from aiohttp import web

from tests.faults.rig import BODY, Answer, assert_settled, generate, outcomes
from tests.gateway.running_gateway import gateway_for
from tests.gateway.store.waiting import until
from tests.gateway.stub_server import StubServer

PLACES = 4
PAINTS_S = 0.5
LASTS_S = 4.0
# Instead of the seconds that they are told; without any, the test would measure this
# machine.
IMPATIENT_S = 0.1


class Occupied:
    """How much of its places a server used, from its first generation to its last."""

    def __init__(self, stub: StubServer) -> None:
        self._running = 0
        self._most = 0
        self.done: list[float] = []
        stub.handler = self._paint

    async def _paint(self, request: web.Request) -> web.StreamResponse:
        self._running += 1
        self._most = max(self._most, self._running)
        try:
            await asyncio.sleep(PAINTS_S)
        finally:
            self._running -= 1
        self.done.append(time.monotonic())
        return web.json_response({})

    @property
    def most(self) -> int:
        return self._most

    def share(self, began_at: float, ended_at: float) -> float:
        """Of what all places could have done between the two."""
        done = sum(began_at <= moment <= ended_at for moment in self.done)
        return done * PAINTS_S / (PLACES * (ended_at - began_at))


@asynccontextmanager
async def small_gateway(stub: StubServer) -> AsyncIterator[aiohttp.ClientSession]:
    async with gateway_for(
        stub.url, max_concurrent_requests=PLACES, max_queue=2 * PLACES
    ) as client:
        yield client


def assert_told_to_come_back(answer: Answer) -> None:
    assert answer.status == 503
    assert answer.document["code"] in ("queue_full", "deadline_unreachable")
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.document["retry_after_s"] > 0


@pytest.mark.system
async def test_a_burst_of_ten_times_the_capacity_keeps_the_server_busy(
    stub: StubServer,
) -> None:
    server = Occupied(stub)
    offered_per_s = 10 * PLACES / PAINTS_S
    async with small_gateway(stub) as client:
        began_at = time.monotonic()
        asking: list[asyncio.Task[Answer]] = []
        while (passed_s := time.monotonic() - began_at) < LASTS_S:
            while len(asking) < passed_s * offered_per_s:
                asking.append(asyncio.create_task(generate(client)))
            await asyncio.sleep(0.01)
        answers = await asyncio.gather(*asking)
        statuses = Counter(answer.status for answer in answers)
        assert set(statuses) == {200, 503}
        for answer in answers:
            if answer.status == 503:
                assert_told_to_come_back(answer)
        assert server.most == PLACES
        assert statuses[200] == len(server.done)
        assert server.share(began_at + PAINTS_S, began_at + LASTS_S) >= 0.8
        await assert_settled(client)
        assert (await outcomes(client))["answered"] == statuses[200]


@pytest.mark.system
async def test_clients_that_ignore_retry_after_gain_and_harm_nothing(
    stub: StubServer,
) -> None:
    server = Occupied(stub)
    refusals = Counter[int]()
    async with small_gateway(stub) as client:
        began_at = time.monotonic()

        async def impatient() -> None:
            while time.monotonic() - began_at < LASTS_S:
                answer = await generate(client)
                refusals[answer.status] += 1
                if answer.status != 200:
                    assert_told_to_come_back(answer)
                    await asyncio.sleep(IMPATIENT_S)

        await asyncio.gather(*(impatient() for _ in range(6 * PLACES)))
        assert set(refusals) == {200, 503}
        assert server.most == PLACES
        assert server.share(began_at + PAINTS_S, began_at + LASTS_S) >= 0.8
        await assert_settled(client)


async def test_a_callers_flood_is_his_own_queue(stub: StubServer) -> None:
    """While one address floods, another one's generation is the next but one."""
    may_go_on = asyncio.Semaphore(0)
    order: list[str] = []

    async def one_by_one(request: web.Request) -> web.StreamResponse:
        order.append("B" if b"of B" in await request.read() else "A")
        await may_go_on.acquire()
        return web.json_response({})

    stub.handler = one_by_one
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            gateway_for(stub.url, max_concurrent_requests=1, max_queue=200)
        )
        other = await stack.enter_async_context(
            aiohttp.ClientSession(
                client._base_url,
                connector=aiohttp.TCPConnector(local_addr=("127.0.0.2", 0)),
            )
        )
        flood = [asyncio.create_task(generate(client)) for _ in range(50)]
        await until(lambda: is_waiting(client, 49))
        await until(lambda: order == ["A"])
        for turn in range(5):
            before = len(order)
            asked = len(flood) + turn + 1
            one = asyncio.create_task(generate(other, {"prompt": "of B"}))
            await until(partial(is_waiting, client, asked - before))
            while "B" not in order[before:]:
                begun = len(order)
                may_go_on.release()
                await until(partial(has_grown, order, begun))
            # At most one more of A's before it.
            assert order[before:].index("B") <= 1
            may_go_on.release()
            assert (await one).status == 200
            await until(lambda: order[-1] == "A")
        for _ in flood:
            may_go_on.release()
        assert {answer.status for answer in await asyncio.gather(*flood)} == {200}
        await assert_settled(client, accepted=55)


def has_grown(order: list[str], beyond: int) -> bool:
    return len(order) > beyond


async def is_waiting(client: aiohttp.ClientSession, count: int) -> bool:
    async with client.get("/health") as answer:
        queue = (await answer.json())["queue"]
    return bool(queue["waiting"] == count)


async def test_a_full_queue_makes_room_for_who_has_less_in_it(
    stub: StubServer,
) -> None:
    """Refused before the queue and evicted from it are two different answers."""
    may_go_on = asyncio.Event()

    async def held(request: web.Request) -> web.StreamResponse:
        await may_go_on.wait()
        return web.json_response({})

    stub.handler = held
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            gateway_for(stub.url, max_concurrent_requests=1, max_queue=3)
        )
        other = await stack.enter_async_context(
            aiohttp.ClientSession(
                client._base_url,
                connector=aiohttp.TCPConnector(local_addr=("127.0.0.2", 0)),
            )
        )
        flood = [asyncio.create_task(generate(client)) for _ in range(4)]
        await until(lambda: is_waiting(client, 3))
        refused = await generate(client)
        assert_told_to_come_back(refused)
        assert refused.document["code"] == "queue_full"

        newcomer = asyncio.create_task(generate(other, BODY))
        done, _ = await asyncio.wait(flood, return_when=asyncio.FIRST_COMPLETED)
        (evicted,) = (task.result() for task in done)
        assert evicted.status == 503
        assert evicted.document["code"] == "evicted_from_queue"
        assert int(evicted.headers["Retry-After"]) >= 1
        may_go_on.set()
        assert (await newcomer).status == 200
        statuses = Counter(answer.status for answer in await asyncio.gather(*flood))
        assert statuses == {200: 3, 503: 1}
        await assert_settled(client)

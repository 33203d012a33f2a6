"""The wall clock jumps: nothing that waits or is kept ends by it (fault list 30)."""

import asyncio
import time

import aiohttp
import pytest
from aiohttp import web

from tests.faults.rig import assert_settled, generate, health
from tests.gateway.running_gateway import gateway_for
from tests.gateway.store.waiting import until
from tests.gateway.stub_server import StubServer

HOUR_S = 3600.0


class WallClock:
    """The machine's, and how far somebody has set it."""

    def __init__(self) -> None:
        self._real = time.time
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return self._real() + self.ahead_s


@pytest.fixture
def wall_clock(monkeypatch: pytest.MonkeyPatch) -> WallClock:
    clock = WallClock()
    monkeypatch.setattr(time, "time", clock)
    return clock


async def is_queue(client: aiohttp.ClientSession, inside: int, waiting: int) -> bool:
    queue = (await health(client))["queue"]
    return (queue["in_flight"], queue["waiting"]) == (inside, waiting)


@pytest.mark.parametrize("jump_s", [HOUR_S, -HOUR_S])
async def test_who_runs_and_who_waits_goes_on(
    stub: StubServer, wall_clock: WallClock, jump_s: float
) -> None:
    may_go_on = asyncio.Event()

    async def held(request: web.Request) -> web.StreamResponse:
        await may_go_on.wait()
        return web.json_response({})

    stub.handler = held
    async with gateway_for(
        stub.url, max_concurrent_requests=1, request_timeout=60
    ) as client:
        asking = [asyncio.create_task(generate(client)) for _ in range(4)]
        await until(lambda: is_queue(client, 1, 3))
        wall_clock.ahead_s = jump_s
        # Two looks at the queue later they are all still there.
        await asyncio.wait(asking, timeout=0.2)
        assert await is_queue(client, 1, 3)
        may_go_on.set()
        answers = await asyncio.gather(*asking)
        assert {answer.status for answer in answers} == {200}
        await assert_settled(client, accepted=4)


@pytest.mark.parametrize("jump_s", [HOUR_S, -HOUR_S])
async def test_what_was_promised_is_still_known(
    stub: StubServer, wall_clock: WallClock, jump_s: float
) -> None:
    key = {"Idempotency-Key": "one"}
    seeded = {"prompt": "a fox", "seed": 7}
    async with gateway_for(stub.url, answer_cache_ttl_s=60) as client:
        assert (await generate(client, headers=key)).status == 200
        assert (await generate(client, seeded)).status == 200
        wall_clock.ahead_s = jump_s
        assert (await generate(client, headers=key)).status == 200
        assert (await generate(client, seeded)).status == 200
        ids = [one.headers["X-Easel-Generation-Id"] for one in stub.requests]
        assert ids[0] == ids[2]
        assert ids[1] == ids[3]
        await assert_settled(client, accepted=4)


@pytest.mark.parametrize("jump_s", [HOUR_S, -HOUR_S])
async def test_a_rate_is_not_held_for_an_hour(
    stub: StubServer, wall_clock: WallClock, jump_s: float
) -> None:
    async with gateway_for(stub.url, anonymous_rate="2/minute") as client:
        statuses = [(await generate(client)).status for _ in range(3)]
        assert statuses == [200, 200, 429]
        wall_clock.ahead_s = jump_s
        answers = [await generate(client) for _ in range(3)]
        assert answers[-1].status == 429
        # A sliding window is over after twice its length.
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 120

"""What becomes of asynchronous generations after their 202, look by look."""

import json
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest
from aiohttp import web

from easel.clock import ManualClock
from easel.errors import StoreUnavailable
from easel.gateway.access.accounts import Accounts
from easel.gateway.access.callers import Caller, CallerLimits
from easel.gateway.followups import Followups
from easel.gateway.replicas.probed_pool import ProbedPool
from easel.gateway.webhooks.sender import Delivery, WebhookSender
from tests.gateway.store.memory_store import MemoryStore
from tests.gateway.stub_server import StubServer, problem

pytestmark = pytest.mark.component

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "gen_r1_01KB6Z7Q8R9S0T1V2W3X4Y5Z60"
ME = Caller("me", is_anonymous=False, limits=CallerLimits(images_per_day=10))
ANYBODY = Caller("address:127.0.0.1")


class Rig:
    """A server, a receiver of webhooks, and a store whose time is set by hand."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = MemoryStore(self.clock)
        self.server = StubServer()
        self.receiver = StubServer()
        self.outcomes: list[Delivery] = []
        self.document: dict[str, Any] = {"id": ID, "status": "running", "eta_s": 4.0}
        self.accounts = Accounts(
            self.store, clock=self.clock, processes=1, longest_s=300.0
        )
        self.followups: Followups

    async def show(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self.document)

    async def pass_s(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await self.followups.look()
        await self.followups.deliver()

    async def left(self) -> int | None:
        return (await self.accounts.usage(ME)).images_left_today

    async def accept(self, caller: Caller = ME, *, webhook: str | None = None) -> None:
        """As the gateway does for an asynchronous generation of two images."""
        async with self.accounts.admitted(caller, images=2, cost=1.0) as charge:
            await charge.hand_over(ID)
            await self.followups.begin(ID, caller, webhook=webhook)


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    rig = Rig()
    async with rig.server, rig.receiver:
        rig.server.handler = rig.show
        pool = ProbedPool([rig.server.url], clock=rig.clock)
        sender = WebhookSender(SECRET, ("127.0.0.1",))
        rig.followups = Followups(
            rig.store,
            pool,
            rig.accounts,
            sender,
            random=Random(1),
            count=rig.outcomes.append,
        )
        async with pool, sender, rig.accounts:
            await pool.probe()
            yield rig


async def test_what_was_painted_is_charged_when_it_is_done(rig: Rig) -> None:
    await rig.accept()
    await rig.pass_s(2)
    assert await rig.left() == 8
    rig.document = {"id": ID, "status": "completed", "images": [{}, {}]}
    await rig.pass_s(5)
    await rig.accounts.flush()
    usage = await rig.accounts.usage(ME)
    assert (usage.today.images, usage.images_left_today) == (2, 8)


@pytest.mark.parametrize("status", ["failed", "cancelled"])
async def test_what_was_not_painted_is_given_back(rig: Rig, status: str) -> None:
    await rig.accept()
    rig.document = {"id": ID, "status": status}
    await rig.pass_s(2)
    await rig.accounts.flush()
    usage = await rig.accounts.usage(ME)
    assert (usage.today.images, usage.images_left_today) == (0, 10)


async def test_what_no_server_knows_is_given_back(rig: Rig) -> None:
    async def unknown(request: web.Request) -> web.StreamResponse:
        return problem(404, "generation_not_found", "No such generation.")

    await rig.accept()
    rig.server.handler = unknown
    await rig.pass_s(2)
    await rig.accounts.flush()
    assert await rig.left() == 10


async def test_nobody_looks_for_those_who_neither_pay_nor_listen(rig: Rig) -> None:
    await rig.accept(ANYBODY)
    await rig.pass_s(60)
    assert not rig.server.requests


async def test_a_webhook_tells_how_it_ended_once(rig: Rig) -> None:
    await rig.accept(ANYBODY, webhook=f"{rig.receiver.url}/hook")
    rig.document = {"id": ID, "status": "completed", "images": [{}]}
    await rig.pass_s(2)
    await rig.pass_s(3600)
    assert rig.outcomes == ["taken"]
    (body,) = rig.receiver.bodies
    told = json.loads(body)
    assert told["type"] == "generation.completed"
    assert told["data"] == rig.document
    assert rig.receiver.requests[0].headers["webhook-id"] == f"msg_{ID}"


async def test_a_webhook_that_fails_comes_again_with_the_same_id(rig: Rig) -> None:
    async def down(request: web.Request) -> web.StreamResponse:
        return web.Response(status=500)

    async def up(request: web.Request) -> web.StreamResponse:
        return web.Response(status=204)

    rig.receiver.handler = down
    await rig.accept(ANYBODY, webhook=f"{rig.receiver.url}/hook")
    rig.document = {"id": ID, "status": "failed"}
    await rig.pass_s(2)
    await rig.pass_s(1)
    assert rig.outcomes == ["failed"]
    await rig.pass_s(6)
    assert rig.outcomes == ["failed", "failed"]
    rig.receiver.handler = up
    await rig.pass_s(40)
    assert rig.outcomes[-1] == "taken"
    await rig.pass_s(24 * 3600)
    assert len(rig.outcomes) == 3
    ids = {request.headers["webhook-id"] for request in rig.receiver.requests}
    assert ids == {f"msg_{ID}"}


async def test_a_webhook_is_given_up_after_a_day(rig: Rig) -> None:
    async def down(request: web.Request) -> web.StreamResponse:
        return web.Response(status=500)

    rig.receiver.handler = down
    await rig.accept(ANYBODY, webhook=f"{rig.receiver.url}/hook")
    rig.document = {"id": ID, "status": "failed"}
    for _ in range(60):
        await rig.pass_s(3600)
    assert len(rig.outcomes) == 9


async def test_what_was_never_begun_is_forgotten(rig: Rig) -> None:
    await rig.accept(ANYBODY, webhook=f"{rig.receiver.url}/hook")
    await rig.followups.forget(ID)
    await rig.pass_s(60)
    assert not rig.server.requests
    assert not rig.receiver.requests


async def test_a_look_that_the_store_prevents_is_made_later(rig: Rig) -> None:
    await rig.accept()
    rig.document = {"id": ID, "status": "failed"}
    rig.store.is_down = True
    with pytest.raises(StoreUnavailable):
        await rig.pass_s(2)
    rig.store.is_down = False
    await rig.pass_s(2)
    await rig.accounts.flush()
    assert await rig.left() == 10


async def test_a_look_whose_process_died_is_made_by_another(rig: Rig) -> None:
    await rig.accept()
    # Claimed, and never finished.
    assert await rig.store.due("followups", limit=20, again_in_s=60.0) == []
    rig.clock.advance(2)
    assert await rig.store.due("followups", limit=20, again_in_s=60.0) == [ID]
    rig.document = {"id": ID, "status": "failed"}
    await rig.pass_s(30)
    assert not rig.server.requests
    await rig.pass_s(31)
    await rig.accounts.flush()
    assert await rig.left() == 10

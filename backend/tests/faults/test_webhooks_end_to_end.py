"""Webhooks of asynchronous generations, whatever happens on the way (34)."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from standardwebhooks import Webhook

from tests.faults.rig import (
    ASYNCHRONOUS,
    Answer,
    ask,
    assert_settled,
    gateway_with,
    generate,
    metric,
)
from tests.gateway.running_gateway import gateway_for
from tests.gateway.store.waiting import until
from tests.gateway.stub_server import StubServer, problem
from tests.system.processes import running_server

pytestmark = pytest.mark.system

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LOCAL: dict[str, Any] = {"webhook_secret": SECRET, "webhook_hosts": "127.0.0.1"}
ENVIRONMENT = {
    "GATEWAY_WEBHOOK_SECRET": SECRET,
    "GATEWAY_WEBHOOK_HOSTS": "127.0.0.1",
}
FAKE = ("--model", "fake", "--fake-step-seconds", "0.02", "--replica-id", "r1")


@dataclass
class Receiver:
    """A caller's own server: takes webhooks, or does what a test tells it to."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    other: int = 0

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.received.append((dict(request.headers), await request.read()))
        status = self.statuses.pop(0) if self.statuses else 204
        if status == 307:
            elsewhere = self.url.replace("/hook", "/elsewhere")
            return web.Response(status=307, headers={"Location": elsewhere})
        return web.Response(status=status)

    async def elsewhere(self, request: web.Request) -> web.StreamResponse:
        self.other += 1
        return web.Response()

    async def until_received(self, count: int) -> dict[str, Any]:
        """The last one's content, its signature checked."""
        await until(lambda: len(self.received) >= count)
        headers, body = self.received[count - 1]
        Webhook(SECRET).verify(body, {k.lower(): v for k, v in headers.items()})
        document: dict[str, Any] = json.loads(body)
        return document


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    app.router.add_route("*", "/elsewhere", receiver.elsewhere)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()


async def submitted(
    client: aiohttp.ClientSession, receiver: Receiver, steps: int = 4
) -> Answer:
    answer = await generate(
        client,
        {"prompt": "a fox", "num_inference_steps": steps},
        ASYNCHRONOUS | {"X-Easel-Webhook": receiver.url},
    )
    assert answer.status == 202
    return answer


async def test_a_completed_generation_is_told_of_signed_and_once(
    folder: Path,
) -> None:
    async with receiving() as receiver:
        with running_server(folder / "server", *FAKE) as server:
            async with gateway_for(server.url, **LOCAL) as client:
                accepted = await submitted(client, receiver)
                told = await receiver.until_received(1)
                assert told["type"] == "generation.completed"
                assert told["data"]["id"] == accepted.document["id"]
                path = told["data"]["images"][0]["url"]
                assert (await ask(client, "GET", path)).status == 200
                headers, _ = receiver.received[0]
                assert headers["webhook-id"] == f"msg_{accepted.document['id']}"

                cancelled = await submitted(client, receiver, steps=100)
                await ask(client, "DELETE", cancelled.headers["Location"])
                told = await receiver.until_received(2)
                assert told["type"] == "generation.cancelled"
                await assert_settled(client)
            assert len(receiver.received) == 2


async def test_a_gateway_that_is_killed_in_between_tells_it_after_its_restart(
    folder: Path,
) -> None:
    settings = ENVIRONMENT | {"GATEWAY_DATA_DIR": str(folder / "data")}
    async with receiving() as receiver:
        with running_server(folder / "server-2", *FAKE) as server:
            with gateway_with(folder / "one", server.url, settings) as gateway:
                async with aiohttp.ClientSession(gateway.url) as client:
                    accepted = await submitted(client, receiver, steps=50)
                await asyncio.to_thread(gateway.kill)
            assert not receiver.received
            with gateway_with(folder / "two", server.url, settings) as gateway:
                told = await receiver.until_received(1)
                assert told["type"] == "generation.completed"
                assert told["data"]["id"] == accepted.document["id"]
            assert "Traceback" not in gateway.log


def generations_of(stub: StubServer, end: dict[str, Any]) -> None:
    """The stub accepts asynchronous ones and says of each that it ended so."""

    async def handler(request: web.Request) -> web.StreamResponse:
        if request.method == "POST":
            name = request.headers["X-Easel-Generation-Id"]
            document = {"id": name, "status": "queued"}
            headers = {"Location": f"/generations/{name}", "X-Cache": "miss"}
            return web.json_response(document, status=202, headers=headers)
        name = request.path.split("/")[2]
        if not end:
            return problem(404, "generation_not_found", "No such generation.")
        return web.json_response({"id": name, **end})

    stub.handler = handler


@pytest.mark.parametrize("end", [{"status": "failed"}, {}])
async def test_a_failed_and_a_forgotten_generation_are_told_of(
    stub: StubServer, end: dict[str, Any]
) -> None:
    generations_of(stub, end)
    async with receiving() as receiver, gateway_for(stub.url, **LOCAL) as client:
        accepted = await submitted(client, receiver)
        told = await receiver.until_received(1)
        assert told["type"] == "generation.failed"
        assert told["data"]["id"] == accepted.document["id"]


async def test_a_server_that_talks_nonsense_for_a_while_is_asked_again(
    stub: StubServer,
) -> None:
    async with receiving() as receiver, gateway_for(stub.url, **LOCAL) as client:
        generations_of(stub, {"of": "another program"})
        nonsense = await submitted(client, receiver)
        await until(lambda: len(stub.requests) == 2)
        generations_of(stub, {"status": "completed", "images": []})
        told = await receiver.until_received(1)
        assert told["data"]["id"] == nonsense.document["id"]


@pytest.mark.parametrize("status", [500, 307])
async def test_what_was_not_taken_is_sent_again_and_holds_up_no_generation(
    stub: StubServer, status: int
) -> None:
    """A redirect is not followed: it might lead where only we can go."""
    generations_of(stub, {"status": "completed", "images": []})
    async with receiving() as receiver, gateway_for(stub.url, **LOCAL) as client:
        receiver.statuses.append(status)
        await submitted(client, receiver)
        await receiver.until_received(1)
        for _ in range(5):
            assert (await generate(client, headers=ASYNCHRONOUS)).status == 202
        await receiver.until_received(2)
        (first, body), (second, again) = receiver.received
        assert first["webhook-id"] == second["webhook-id"]
        assert body == again
        assert receiver.other == 0
        taken = 'easel_gateway_webhook_deliveries_total{outcome="taken"}'
        await until(lambda: is_counted(client, taken))
        await assert_settled(client)


async def is_counted(client: aiohttp.ClientSession, name: str) -> bool:
    return await metric(client, name) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/hook",
        "http://example.com/hook",
        "file:///etc/passwd",
        "https://user:password@example.com/hook",
    ],
)
async def test_where_a_webhook_may_not_go_is_said_at_once(
    stub: StubServer, url: str
) -> None:
    async with gateway_for(stub.url, **LOCAL) as client:
        answer = await generate(client, headers=ASYNCHRONOUS | {"X-Easel-Webhook": url})
        assert answer.status == 422
        assert answer.document["param"] == "X-Easel-Webhook"
        assert not stub.requests

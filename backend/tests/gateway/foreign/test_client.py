"""The client as the gateway holds it, without a gateway around it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from easel.clock import ManualClock
from easel.errors import UpstreamUnreachable
from easel.gateway.foreign.making import client_maker
from easel.gateway.upstream import (
    Upstream,
    UpstreamAnswer,
    UpstreamClient,
    UpstreamRequest,
)
from tests.gateway.foreign.openai_stub import OpenAiStub
from tests.gateway.store.memory_store import MemoryStore

pytestmark = pytest.mark.component

MOST = 2**24


class Rig:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.make = client_maker(
            MemoryStore(self.clock),
            keys={},
            keep_s=100.0,
            keep_bytes=MOST,
            longest_s=30.0,
            clock=self.clock,
        )


@asynccontextmanager
async def client_of(stub: OpenAiStub, rig: Rig) -> AsyncIterator[UpstreamClient]:
    async with rig.make(f"openai+http://{stub.authority}/v1") as client:
        yield client


async def get(client: UpstreamClient, path: str) -> tuple[UpstreamAnswer, Any]:
    answer = await client.send(UpstreamRequest("GET", path, headers={}))
    return answer, json.loads(await answer.read(MOST))


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_servers_of_our_own_get_the_client_that_they_had(rig: Rig) -> None:
    assert type(rig.make("http://localhost:8001")) is Upstream


async def test_health_is_that_of_a_server_of_ours(rig: Rig) -> None:
    async with OpenAiStub() as stub, client_of(stub, rig) as client:
        answer, health = await get(client, "/health")
        assert health["status"] == "healthy"
        assert health["replica"] == answer.header("X-Easel-Replica")
        assert health["model"] == "gpt-image-1"


async def test_it_is_asked_again_only_when_its_answer_is_old(rig: Rig) -> None:
    async with OpenAiStub() as stub, client_of(stub, rig) as client:
        for _ in range(3):
            await get(client, "/health")
        assert stub.looks == 1
        rig.clock.advance(61.0)
        await get(client, "/health")
        assert stub.looks == 2


async def test_who_does_not_answer_is_unreachable_and_asked_anew(rig: Rig) -> None:
    async with OpenAiStub() as stub, client_of(stub, rig) as client:
        await stub.close()
        with pytest.raises(UpstreamUnreachable):
            await get(client, "/health")
        async with stub:
            assert (await get(client, "/health"))[1]["status"] == "healthy"


async def test_a_list_without_a_model_to_offer_is_not_well(rig: Rig) -> None:
    async with OpenAiStub("gpt-4o") as stub, client_of(stub, rig) as client:
        _, health = await get(client, "/health")
        assert health["status"] == "unhealthy"
        assert "none of the models" in health["detail"]


async def test_an_id_that_nobody_chose_is_one_of_this_server(rig: Rig) -> None:
    """The gateway does not know a server's id before it has answered."""
    async with OpenAiStub() as stub, client_of(stub, rig) as client:
        body = json.dumps({"prompt": "a fox", "seed": 7}).encode()
        headers = {"X-Easel-Seed-Drawn": "1"}
        request = UpstreamRequest("POST", "/generate", headers, body)
        answer = await client.send(request)
        assert answer.status == 200
        document = json.loads(await answer.read(MOST))
        _, health = await get(client, "/health")
        assert document["id"].startswith(f"gen_{health['replica']}_")
        assert answer.header("X-Easel-Generation") == document["id"]


async def test_no_such_route(rig: Rig) -> None:
    async with OpenAiStub() as stub, client_of(stub, rig) as client:
        answer, problem = await get(client, "/nowhere")
        assert (answer.status, problem["code"]) == (404, "not_found")

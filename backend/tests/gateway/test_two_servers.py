import asyncio

import aiohttp
import pytest
from aiohttp import web

from tests.gateway.running_gateway import gateway_for
from tests.gateway.stub_server import StubServer, cut, problem
from tests.gateway.two_servers import painted_by, two_servers

pytestmark = pytest.mark.component

FOX = {"prompt": "a fox", "seed": 7}


async def ask(
    client: aiohttp.ClientSession, body: dict[str, object], **headers: str
) -> tuple[int, dict[str, object]]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with client.post("/generate", json=body, headers=named) as answer:
        return answer.status, await answer.json()


async def dies(request: web.Request) -> web.StreamResponse:
    """As a killed process: the request was taken, and no byte comes back."""
    cut(request)
    raise ConnectionError


def fresh(number: int = 0) -> dict[str, object]:
    """Each another request."""
    return {"prompt": "a fox", "seed": number}


async def test_a_server_that_dies_costs_its_callers_nothing() -> None:
    async with two_servers() as (client, first, _second):
        first.handler = dies
        for number in range(6):
            status, document = await ask(client, fresh(number))
            assert status == 200
            assert document["by"] == "r2"
            # The same seed, so the same image.
            assert document["body"] == fresh(number) | {"model": "fake"}


async def test_a_burst_is_shared_evenly() -> None:
    """Each is counted from its choice on, though the store is asked before it goes."""
    number = 16
    async with two_servers(max_concurrent_requests=number) as (client, first, second):
        arrived = asyncio.Barrier(number)

        async def when_all_are_there(request: web.Request) -> web.StreamResponse:
            await arrived.wait()
            return web.json_response({})

        first.handler = second.handler = when_all_are_there
        await asyncio.gather(*(ask(client, fresh(n)) for n in range(number)))
        assert len(first.requests) == len(second.requests) == number // 2


async def test_where_the_seed_was_open_both_tries_have_the_same() -> None:
    seeds = []

    async def dies_with(request: web.Request) -> web.StreamResponse:
        seeds.append((await request.json())["seed"])
        cut(request)
        raise ConnectionError

    async with two_servers() as (client, first, _second):
        first.handler = dies_with
        while not seeds:
            status, document = await ask(client, {"prompt": "a fox"})
            assert status == 200
        painted = document["body"]
    assert isinstance(painted, dict)
    assert painted["seed"] == seeds[0]


async def test_two_servers_that_die_are_said_to() -> None:
    async with two_servers() as (client, first, second):
        first.handler = second.handler = dies
        status, document = await ask(client, FOX)
        assert status == 502
        assert document["detail"] == "Cannot connect to text-to-image server"
        assert len(first.requests) + len(second.requests) == 2


async def test_without_a_budget_nothing_is_tried_again() -> None:
    async with two_servers(retry_budget=0) as (client, first, second):
        first.handler = second.handler = dies
        assert (await ask(client, FOX))[0] == 502
        assert len(first.requests) + len(second.requests) == 1


async def test_what_a_server_journals_is_not_begun_twice() -> None:
    async with two_servers() as (client, first, second):
        first.handler = second.handler = dies
        status, _ = await ask(client, FOX, Prefer="respond-async")
        assert status == 502
        # Asked again under the same id where it may have arrived, and nowhere else.
        asked = first.requests + second.requests
        assert len({request.headers["X-Easel-Generation-Id"] for request in asked}) == 1
        assert not (first.requests and second.requests)


async def test_a_full_server_leaves_it_to_the_other() -> None:
    async def full(request: web.Request) -> web.StreamResponse:
        return problem(503, "queue_full", "The queue is full.", retry_after_s=9.0)

    async with two_servers() as (client, first, second):
        first.handler = full
        for number in range(4):
            status, document = await ask(client, fresh(number))
            assert (status, document["by"]) == (200, "r2")
        second.handler = full
        status, document = await ask(client, fresh(9))
        assert status == 503
        assert document["retry_after_s"] == 9.0


async def test_a_poisonous_prompt_is_tried_once() -> None:
    async def fails(request: web.Request) -> web.StreamResponse:
        return problem(500, "engine_failed", "The model failed.")

    async with two_servers() as (client, first, second):
        first.handler = second.handler = fails
        status, document = await ask(client, FOX)
        assert (status, document["code"]) == (500, "engine_failed")
        assert len(first.requests) + len(second.requests) == 1


async def test_a_generation_is_asked_for_where_it_is() -> None:
    async with two_servers() as (client, first, second):
        for name, stub in (("r1", first), ("r2", second)):
            path = f"/generations/gen_{name}_01KB6Z7Q8R9S0T1V2W3X4Y5Z60"
            async with client.get(path) as answer:
                assert (await answer.json())["by"] == name
            assert stub.requests[-1].path == path


async def test_a_generation_of_no_server_is_not_found() -> None:
    async with (
        two_servers() as (client, _first, _second),
        client.get("/generations/gen_r9_01KB6Z7Q8R9S0T1V2W3X") as answer,
    ):
        assert answer.status == 404
        assert (await answer.json())["code"] == "generation_not_found"


async def test_a_generation_whose_server_is_away_is_not_denied() -> None:
    async with two_servers() as (client, first, _second):
        await first.__aexit__(None, None, None)
        async with client.get("/generations/gen_r1_01KB6Z7Q8R9S0T1V2W3X") as answer:
            assert answer.status == 502
        await first.__aenter__()


async def test_models_of_all_servers_are_listed_once() -> None:
    async with StubServer() as alone:
        model = alone.models[0]
    async with two_servers() as (client, _first, _second):
        async with client.get("/models") as answer:
            models = (await answer.json())["models"]
        assert [one["id"] for one in models] == [model["id"]]


async def test_a_model_that_no_server_has_is_refused_by_name() -> None:
    async with two_servers() as (client, first, second):
        status, document = await ask(client, {**FOX, "model": "elsewhere"})
        assert status == 422
        assert document["param"] == "model"
        assert not first.requests
        assert not second.requests


async def test_a_request_waits_while_the_model_loads() -> None:
    async with StubServer() as stub:
        stub.health = {**stub.health, "status": "loading", "model_loaded": False}
        stub.handler = painted_by("r1")
        async with gateway_for(stub.url) as client:
            async with client.get("/health") as answer:
                assert (await answer.json())["status"] == "degraded"
            asking = asyncio.create_task(ask(client, FOX))
            for _ in range(2):
                await stub.probe()
            assert not asking.done()
            assert not stub.requests
            stub.health = {**stub.health, "status": "healthy", "model_loaded": True}
            status, _ = await asking
            assert status == 200


async def test_who_does_not_wait_so_long_is_told() -> None:
    async with StubServer() as stub:
        stub.health = {**stub.health, "status": "loading", "model_loaded": False}
        async with gateway_for(stub.url, request_timeout=0.2) as client:
            async with client.get("/health") as answer:
                assert answer.status == 200
            status, document = await ask(client, FOX)
            assert (status, document["code"]) == (504, "queue_timeout")


@pytest.mark.parametrize("header", ["X-Easel-Timeout-S", "X-Easel-User"])
async def test_the_server_is_told_what_the_client_cannot_say(header: str) -> None:
    async with two_servers(request_timeout=50) as (client, first, second):
        forged = {
            "X-Easel-User": "somebody",
            "X-Easel-Timeout-S": "1e9",
            "X-Easel-Generation-Id": "gen_r1_x",
            "X-Easel-Keep": "1",
        }
        async with client.post("/generate", json=FOX, headers=forged) as answer:
            assert answer.status == 200
        (request,) = first.requests + second.requests
        assert request.headers[header] not in forged.values()
        assert "X-Easel-Keep" not in request.headers
        assert 0 < float(request.headers["X-Easel-Timeout-S"]) <= 50
        assert request.headers["X-Easel-User"] == "address:127.0.0.1"

"""A server of our own, one of OpenAI's API and one of AUTOMATIC1111's, together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.gateway.foreign.asking import FOX, accepted, ask, models, standing
from tests.gateway.foreign.openai_stub import OF_VLLM_OMNI, OpenAiStub, openai_error
from tests.gateway.foreign.sdapi_stub import SdapiStub
from tests.gateway.running_gateway import gateway_for
from tests.gateway.stub_server import MODEL, StubServer, cut
from tests.gateway.two_servers import painted_by

pytestmark = pytest.mark.component


@dataclass
class MixedPool:
    client: aiohttp.ClientSession
    ours: StubServer
    openai: OpenAiStub
    sdapi: SdapiStub


@asynccontextmanager
async def mixed_pool(**settings: Any) -> AsyncIterator[MixedPool]:
    """Each with a model of its own; `shared` is on all but OpenAI's."""
    async with StubServer() as ours, OpenAiStub() as openai, SdapiStub() as sdapi:
        ours.models = [MODEL, {**MODEL, "id": "shared"}]
        ours.handler = painted_by("r1")
        urls = ",".join(
            (
                ours.url,
                f"openai+http://{openai.authority}/v1",
                f"sdapi+http://{sdapi.authority}"
                "?model=shared=v1-5-pruned&model=sdxl-base",
            )
        )
        async with gateway_for(urls, **settings) as client:
            async with client.get("/health") as answer:
                assert answer.status == 200
            yield MixedPool(client, ours, openai, sdapi)


def begun(pool: MixedPool) -> tuple[int, int, int]:
    return len(pool.ours.bodies), len(pool.openai.bodies), len(pool.sdapi.bodies)


async def test_each_model_is_painted_where_it_is() -> None:
    async with mixed_pool() as pool:
        assert set(await models(pool.client)) == {
            *("fake", "shared", "gpt-image-1", "sdxl-base")
        }
        assert (await ask(pool.client, FOX))[0] == 200
        assert begun(pool) == (1, 0, 0)
        status, document = await ask(pool.client, FOX | {"model": "gpt-image-1"})
        assert (status, document["model"]) == (200, "gpt-image-1")
        assert begun(pool) == (1, 1, 0)
        status, document = await ask(pool.client, FOX | {"model": "sdxl-base"})
        assert (status, document["model"]) == (200, "sdxl-base")
        assert begun(pool) == (1, 1, 1)


async def test_a_request_goes_where_all_of_it_is_honoured() -> None:
    """Both have the model, and describe it differently."""
    async with mixed_pool() as pool:
        for seed in range(4):
            shared = FOX | {"model": "shared"}
            asked = {**shared, "output_format": "webp", "seed": seed}
            assert (await ask(pool.client, asked))[0] == 200
            asked = {**shared, "sampler": "euler_ancestral"}
            assert (await ask(pool.client, asked))[0] == 200
        assert begun(pool) == (4, 0, 4)


async def dies(request: web.Request) -> web.StreamResponse:
    cut(request)
    raise ConnectionError


async def test_when_our_own_dies_the_other_make_takes_over() -> None:
    async with mixed_pool() as pool:
        pool.ours.handler = dies
        for seed in range(6):
            asked = FOX | {"model": "shared", "seed": seed}
            assert (await ask(pool.client, asked))[0] == 200
        assert len(pool.sdapi.bodies) == 6


async def test_when_the_other_make_dies_our_own_takes_over() -> None:
    async with mixed_pool() as pool:
        pool.sdapi.breaks_off = True
        for seed in range(6):
            asked = FOX | {"model": "shared", "seed": seed}
            status, document = await ask(pool.client, asked)
            assert (status, document.get("by")) == (200, "r1")


@pytest.mark.parametrize("status", [429, 503, 401, 404])
async def test_a_refusal_there_is_no_refusal_here(status: int) -> None:
    async with mixed_pool() as pool:
        pool.sdapi.refusal = (status, {"detail": "no"}, {"Retry-After": "7"})
        for seed in range(6):
            asked = FOX | {"model": "shared", "seed": seed}
            got, document = await ask(pool.client, asked)
            assert (got, document.get("by")) == (200, "r1")


async def test_where_nobody_else_has_the_model_the_reason_is_told() -> None:
    async with mixed_pool() as pool:
        refusal = openai_error("Slow down.", code="rate_limit_exceeded")
        pool.openai.refusal = (429, refusal, {"Retry-After": "7"})
        status, document = await ask(pool.client, FOX | {"model": "gpt-image-1"})
        assert (status, document["retry_after_s"]) == (503, 7.0)
        await pool.openai.close()
        status, document = await ask(pool.client, FOX | {"model": "gpt-image-1"})
        assert status in (502, 503)


async def test_generations_are_found_again_by_their_ids() -> None:
    async with mixed_pool() as pool:
        ids = [
            await accepted(pool.client, FOX | {"model": name})
            for name in ("gpt-image-1", "sdxl-base")
        ]
        for id_ in ids:
            document = await standing(pool.client, id_, wait_s=30)
            assert document["status"] == "completed"
            async with pool.client.get(document["images"][0]["url"]) as answer:
                assert (await answer.read()).startswith(b"\x89PNG")
        assert ids[0].startswith("gen_openai")
        assert ids[1].startswith("gen_sdapi")


async def test_the_openai_facade_serves_models_of_other_makes() -> None:
    async with mixed_pool() as pool:
        body = {"model": "sdxl-base", "prompt": "a fox", "size": "512x512"}
        async with pool.client.post("/v1/images/generations", json=body) as answer:
            assert answer.status == 200
            assert len((await answer.json())["data"]) == 1


async def test_equal_requests_with_a_seed_are_painted_once() -> None:
    async with (
        OpenAiStub("qwen", fields=OF_VLLM_OMNI) as stub,
        gateway_for(f"vllm-omni+http://{stub.authority}/v1") as client,
    ):
        first = await ask(client, FOX | {"seed": 7})
        second = await ask(client, FOX | {"seed": 7})
        assert first == second
        assert len(stub.bodies) == 1


async def test_an_idempotency_key_is_paid_for_once() -> None:
    async with (
        OpenAiStub() as stub,
        gateway_for(f"openai+http://{stub.authority}/v1") as client,
    ):
        first = await ask(client, FOX, Idempotency_Key="k")
        second = await ask(client, FOX, Idempotency_Key="k")
        assert first[0] == 200
        assert first == second
        assert len(stub.bodies) == 1
        status, document = await ask(client, {"prompt": "a cat"}, Idempotency_Key="k")
        assert (status, document["code"]) == (422, "idempotency_key_reused")


async def test_metrics_name_each_server_as_it_is_configured() -> None:
    async with mixed_pool() as pool:
        async with pool.client.get("/metrics") as answer:
            text = await answer.text()
        assert f'server="openai+http://{pool.openai.authority}/v1"' in text
        assert f"sdapi+http://{pool.sdapi.authority}" in text

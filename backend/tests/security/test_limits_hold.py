"""OWASP API4 and API6: nobody gets more than his share, by size, number or time."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from easel.gateway.access.callers import CallerLimits
from tests.gateway.running_gateway import gateway_for
from tests.gateway.stub_server import StubServer, never
from tests.security.security_rig import (
    PATIENCE_S,
    PROMPT,
    ClosedGateway,
    Holder,
    Told,
    closed_gateway,
    told,
)

TOO_MUCH: list[dict[str, Any]] = [
    {"width": 4097},
    {"height": 4097},
    {"num_inference_steps": 201},
    {"num_images": 5},
    {"guidance_scale": 30.1},
    {"prompt": "x" * 4001},
    {"negative_prompt": "x" * 4001},
    {"model": "x" * 201},
    {"sampler": "x" * 65},
    {"loras": [{"id": "a"}] * 9},
    {"loras": [{"id": "a", "more": 1}]},
    {"image": "x" * (12 * 2**20 + 1)},
    {"seed": 2**32},
    {"unknown": 1},
    {"prompt": ["a fox"]},
    {"width": "512"},
]


async def test_a_generation_has_a_largest_size(
    client: aiohttp.ClientSession, stub: StubServer
) -> None:
    for fields in TOO_MUCH:
        body = io.BytesIO(json.dumps({**PROMPT, **fields}).encode())
        headers = {"Content-Type": "application/json"}
        answer = await told(client, "POST", "/generate", data=body, headers=headers)
        assert answer.status == 422, fields
        assert len(answer.body) < 1024
    assert stub.requests == []


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/v1/images/generations", {"n": 11}),
        ("/v1/images/generations", {"size": "99999x99999"}),
        ("/v1/images/generations", {"size": "4104x64"}),
        ("/v1/images/generations", {"num_inference_steps": 201}),
        ("/v1/images/generations", {"prompt": "x" * 4001}),
        ("/v1/images/generations", {"stream": True, "partial_images": 4}),
        ("/sdapi/v1/txt2img", {"batch_size": 17}),
        ("/sdapi/v1/txt2img", {"n_iter": 10**9, "batch_size": 10**9}),
        ("/sdapi/v1/txt2img", {"width": 4104}),
        ("/sdapi/v1/txt2img", {"steps": 201}),
        ("/sdapi/v1/txt2img", {"prompt": "x" * 4001}),
    ],
)
async def test_a_facade_has_no_larger_one(
    client: aiohttp.ClientSession, stub: StubServer, path: str, fields: dict[str, Any]
) -> None:
    answer = await told(client, "POST", path, json={**PROMPT, **fields})
    assert answer.status in (400, 422)
    assert stub.requests == []


@pytest.mark.parametrize(
    "path",
    [
        *("/generate", "/v1/images/generations", "/v1/images/edits"),
        *("/v1/images/variations", "/sdapi/v1/txt2img", "/sdapi/v1/img2img"),
        *("/sdapi/v1/png-info", "/sdapi/v1/options"),
    ],
)
async def test_no_route_takes_a_larger_body(stub: StubServer, path: str) -> None:
    async def endless() -> Any:
        for _ in range(1000):
            yield b" " * 1000

    headers = {"Content-Type": "application/json"}
    async with gateway_for(stub.url, max_body_bytes=20_000) as client:
        for body in (io.BytesIO(b" " * 20_001), endless()):
            try:
                answer = await told(client, "POST", path, data=body, headers=headers)
            except aiohttp.ClientOSError:
                # It need not read on to the end of what it will not have.
                continue
            assert answer.status == 413
    assert stub.requests == []


async def generate(gateway: ClosedGateway, holder: Holder) -> Told:
    return await told(
        gateway.http, "POST", "/generate", json=PROMPT, headers=holder.headers
    )


async def test_a_key_has_its_rate_and_others_are_not_in_its_way(
    closed: ClosedGateway,
) -> None:
    slow = await closed.holder(limits=CallerLimits(rate="2/hour"))
    other = await closed.holder()
    statuses = [(await generate(closed, slow)).status for _ in range(3)]
    assert statuses == [200, 200, 429]
    refused = await generate(closed, slow)
    assert json.loads(refused.body)["code"] == "rate_limited"
    assert int(refused.headers["Retry-After"]) > 60
    assert (await generate(closed, other)).status == 200


@pytest.mark.parametrize("path", ["/v1/images/generations", "/sdapi/v1/txt2img"])
async def test_a_facade_is_no_way_around_a_rate(
    closed: ClosedGateway, stub: StubServer, path: str
) -> None:
    slow = await closed.holder(limits=CallerLimits(rate="1/hour"))
    assert (await generate(closed, slow)).status == 200
    answer = await told(closed.http, "POST", path, json=PROMPT, headers=slow.headers)
    assert answer.status == 429
    assert len(stub.requests) == 1


async def test_a_key_has_its_images_of_a_day(closed: ClosedGateway) -> None:
    few = await closed.holder(limits=CallerLimits(images_per_day=2))
    for _ in range(2):
        assert (await generate(closed, few)).status == 200
    refused = await generate(closed, few)
    assert refused.status == 429
    assert json.loads(refused.body)["code"] == "quota_exceeded"


async def test_a_key_has_its_generations_at_a_time(
    closed: ClosedGateway, stub: StubServer
) -> None:
    stub.handler = never
    one = await closed.holder(limits=CallerLimits(max_concurrent=1))
    running = asyncio.create_task(generate(closed, one))
    await asyncio.wait_for(stub.arrival(), PATIENCE_S)
    refused = await generate(closed, one)
    assert refused.status == 429
    assert json.loads(refused.body)["code"] == "too_many_concurrent"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_the_queue_has_an_end(stub: StubServer, tmp_path: Path) -> None:
    stub.handler = never
    async with closed_gateway(
        stub.url, tmp_path / "gateway", max_concurrent_requests=1, max_queue=1
    ) as gateway:
        holder = await gateway.holder()
        tasks = [asyncio.create_task(generate(gateway, holder)) for _ in range(3)]
        [refused], _ = await asyncio.wait(
            tasks, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED
        )
        assert refused.result().status == 503
        assert json.loads(refused.result().body)["code"] == "queue_full"
        assert "Retry-After" in refused.result().headers
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_time_has_an_end_that_no_client_moves(stub: StubServer) -> None:
    stub.handler = never
    async with gateway_for(stub.url, request_timeout=0.2) as client:
        headers = {"Prefer": "wait=1000000", "X-Easel-Timeout-S": "1000000"}
        answer = await told(client, "POST", "/generate", json=PROMPT, headers=headers)
        assert answer.status == 504

"""Asynchronous generations outlive whoever is killed (fault list 5 and 27)."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.faults.rig import (
    ASYNCHRONOUS,
    Key,
    ask,
    assert_settled,
    create_key,
    gateway_with,
    generate,
)
from tests.gateway.store.waiting import until
from tests.system.processes import running_gateway, running_server

pytestmark = pytest.mark.system

FAKE = ("--model", "fake", "--fake-step-seconds", "0.02", "--replica-id", "r1")
MANY = 20
SETTLED_WITHIN_S = 15.0
ENDS = ("completed", "failed", "cancelled")


def body(number: int) -> dict[str, object]:
    return {"prompt": "a fox", "seed": number, "num_inference_steps": 8}


async def submitted(client: aiohttp.ClientSession, number: int) -> str:
    answer = await generate(client, body(number), ASYNCHRONOUS)
    assert answer.status == 202
    return answer.headers["Location"]


async def completed(client: aiohttp.ClientSession, path: str) -> dict[str, Any]:
    documents: list[dict[str, Any]] = []

    async def has_ended() -> bool:
        answer = await ask(client, "GET", path)
        documents.append(answer.document)
        return answer.status == 200 and answer.document["status"] in ENDS

    await until(has_ended)
    assert documents[-1]["status"] == "completed"
    return documents[-1]


async def assert_on_the_bill(client: aiohttp.ClientSession, images: int) -> None:
    billed = -1
    with suppress(TimeoutError):
        async with asyncio.timeout(SETTLED_WITHIN_S):
            while billed != images:
                today = (await ask(client, "GET", "/v1/usage")).document["today"]
                billed = today["images"]
                assert billed <= images
    assert billed == images


async def test_a_killed_gateway_loses_no_generation_and_bills_each_once(
    folder: Path,
) -> None:
    data = str(folder / "data")
    key = create_key("studio", GATEWAY_DATA_DIR=data)
    with running_server(folder / "server", *FAKE) as server:
        settings = {"GATEWAY_DATA_DIR": data, "GATEWAY_MAX_QUEUE": "100"}
        with gateway_with(folder / "one", server.url, settings) as gateway:
            async with client_of(gateway.url, key) as client:
                paths = [await submitted(client, number) for number in range(MANY)]
            await asyncio.to_thread(gateway.kill)
        with gateway_with(folder / "two", server.url, settings) as gateway:
            async with client_of(gateway.url, key) as client:
                documents = [await completed(client, path) for path in paths]
                ids = {document["id"] for document in documents}
                assert ids == {path.rpartition("/")[2] for path in paths}
                for path in paths:
                    assert (await ask(client, "GET", path + "/images/0")).status == 200
                await assert_on_the_bill(client, MANY)
                await assert_settled(client)
        assert "Traceback" not in gateway.log


async def test_a_killed_server_goes_on_with_what_it_had_accepted(
    folder: Path,
) -> None:
    data = str(folder / "data-5")
    key = create_key("studio", GATEWAY_DATA_DIR=data)
    with running_server(folder / "server-5", *FAKE) as server:
        port = server.port
        with running_gateway(
            folder / "five", server.url, GATEWAY_DATA_DIR=data
        ) as gateway:
            async with client_of(gateway.url, key) as client:
                paths = [await submitted(client, number) for number in range(5)]
                kept = asyncio.create_task(
                    generate(client, body(99), {"Idempotency-Key": "kept"})
                )
                await asyncio.to_thread(server.kill)
                # Who waited is told; who asks again finds what he asked for.
                assert (await kept).status in (200, 502)
                with running_server(folder / "server-5", *FAKE, port=port):
                    for path in paths:
                        await completed(client, path)

                    async def is_answered() -> bool:
                        answer = await generate(
                            client, body(99), {"Idempotency-Key": "kept"}
                        )
                        return answer.status == 200

                    await until(is_answered)
                    await assert_on_the_bill(client, 6)
                    await assert_settled(client)
        assert "Traceback" not in gateway.log


def client_of(url: str, key: Key) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(url, headers=key.headers)

"""Calls of `POST /generate` as a gateway makes them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from ulid import ULID

from easel.text2image.live_generation import LiveGeneration
from easel.web.tier_headers import GENERATION_ID_HEADER
from tests.text2image.running_server import RunningServer

PROMPT = {"prompt": "a lighthouse", "num_inference_steps": 10, "seed": 7}


def new_id(replica: str = "test") -> str:
    return f"gen_{replica}_{ULID()}"


@asynccontextmanager
async def asked(
    server: RunningServer,
    generation_id: str | None = None,
    headers: Mapping[str, str] | None = None,
    **fields: Any,
) -> AsyncIterator[aiohttp.ClientResponse]:
    sent = dict(headers or {})
    if generation_id is not None:
        sent[GENERATION_ID_HEADER] = generation_id
    url = f"{server.url}/generate"
    async with server.http.post(url, json=PROMPT | fields, headers=sent) as answer:
        yield answer


async def document_of(
    server: RunningServer,
    generation_id: str | None = None,
    headers: Mapping[str, str] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    async with asked(server, generation_id, headers, **fields) as answer:
        document: dict[str, Any] = await answer.json()
        return document


class Caller:
    """Has a connection of its own, waits, and may hang up."""

    def __init__(
        self,
        server: RunningServer,
        generation_id: str,
        headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> None:
        self._http = aiohttp.ClientSession()
        self._asking = asyncio.create_task(
            self._http.post(
                f"{server.url}/generate",
                json=PROMPT | fields,
                headers={**(headers or {}), GENERATION_ID_HEADER: generation_id},
            )
        )

    async def answer(self) -> aiohttp.ClientResponse:
        """The head; the body can be read until the caller hangs up."""
        return await self._asking

    async def hang_up(self) -> None:
        self._asking.cancel()
        for answer in await asyncio.gather(self._asking, return_exceptions=True):
            # Of an event stream the head has come already.
            if isinstance(answer, aiohttp.ClientResponse):
                answer.close()
        await self._http.close()


@asynccontextmanager
async def calling(
    server: RunningServer,
    generation_id: str,
    headers: Mapping[str, str] | None = None,
    **fields: Any,
) -> AsyncIterator[Caller]:
    caller = Caller(server, generation_id, headers, **fields)
    try:
        yield caller
    finally:
        await caller.hang_up()


async def until_callers(
    server: RunningServer, generation_id: str, count: int
) -> LiveGeneration:
    """So many wait for its answer."""
    generations = server.app.generations

    def is_so() -> bool:
        return (
            generation_id in generations.known()
            and generations.find(generation_id).callers == count
        )

    await server.until(is_so)
    return generations.find(generation_id)

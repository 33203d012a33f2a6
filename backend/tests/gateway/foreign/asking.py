"""What tests ask a gateway before servers of other makes."""

from typing import Any

import aiohttp

FOX = {"prompt": "a fox"}


async def ask(
    client: aiohttp.ClientSession, body: dict[str, Any], **headers: str
) -> tuple[int, dict[str, Any]]:
    """The answer of `POST /generate`; underscores in headers' names are hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with client.post("/generate", json=body, headers=named) as answer:
        return answer.status, await answer.json()


async def accepted(client: aiohttp.ClientSession, body: dict[str, Any]) -> str:
    """The id of an asynchronous generation."""
    status, document = await ask(client, body, Prefer="respond-async")
    assert status == 202, document
    return str(document["id"])


async def standing(
    client: aiohttp.ClientSession, generation_id: str, *, wait_s: int | None = None
) -> dict[str, Any]:
    headers = {} if wait_s is None else {"Prefer": f"wait={wait_s}"}
    path = f"/generations/{generation_id}"
    async with client.get(path, headers=headers) as answer:
        document: dict[str, Any] = await answer.json()
        assert answer.status == 200, document
        return document


async def models(client: aiohttp.ClientSession) -> dict[str, dict[str, Any]]:
    """By id."""
    async with client.get("/models") as answer:
        assert answer.status == 200, await answer.text()
        return {model["id"]: model for model in (await answer.json())["models"]}


async def replica_when(
    client: aiohttp.ClientSession, *, state: str, index: int = 0
) -> dict[str, Any]:
    """As `/health` tells it, once it is in that state. Each look is a probe or less."""
    while True:
        async with client.get("/health") as answer:
            replica: dict[str, Any] = (await answer.json())["replicas"][index]
        if replica["state"] == state:
            return replica


async def event_names(client: aiohttp.ClientSession, path: str) -> list[str]:
    """Of a whole stream."""
    async with client.get(path) as answer:
        text = (await answer.read()).decode()
    lines = text.splitlines()
    return [line[len("event: ") :] for line in lines if line.startswith("event: ")]

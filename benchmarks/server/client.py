"""The client: a bounded number of connections, and times of its own."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

MAX_CONNECTIONS = 64
_TIMEOUT_S = 900.0
_IDLE_WITHIN_S = 120.0
_POLL_S = 0.05

Body = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer; `seconds` from before the request to its last byte."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    seconds: float

    def json(self) -> Any:
        return json.loads(self.content)


@dataclass(frozen=True, slots=True)
class Event:
    """Of an event stream, with the client's time of its arrival."""

    name: str
    data: Any
    at_s: float


class Client:
    """Speaks to one server."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url

    async def ask(
        self, method: str, path: str, body: Body | None = None, **headers: str
    ) -> Reply:
        """Header names are written with underscores."""
        began_at = time.perf_counter()
        async with self._http.request(
            method, self._url + path, json=body, headers=_named(headers)
        ) as answer:
            content = await answer.read()
            took_s = time.perf_counter() - began_at
            return Reply(answer.status, answer.headers, content, took_s)

    async def png(self, body: Body) -> Reply:
        """Generate, and wait for the image's bytes."""
        return checked(await self.ask("POST", "/generate", body, accept="image/png"))

    async def accepted(self, body: Body) -> Reply:
        """Generate, and do not wait; the answer may be a refusal."""
        return await self.ask("POST", "/generate", body, prefer="respond-async")

    async def document(self, generation_id: str) -> Any:
        return checked(await self.ask("GET", f"/generations/{generation_id}")).json()

    @asynccontextmanager
    async def events(self, body: Body) -> AsyncIterator[AsyncIterator[Event]]:
        """Generate, and follow it; leaving early hangs up."""
        async with self._http.post(
            f"{self._url}/generate",
            json=body,
            headers={"Accept": "text/event-stream"},
        ) as answer:
            if answer.status != 200:
                raise RuntimeError(f"{answer.status}: {await answer.text()}")
            try:
                yield _events(answer.content)
            finally:
                # Not back into the pool: a stream that is not read to its end.
                answer.close()

    async def default_size(self) -> Body:
        """Width and height of the first model's images, as a part of a body."""
        models = checked(await self.ask("GET", "/models")).json()["models"]
        return {name: models[0]["defaults"][name] for name in ("width", "height")}

    async def metric(self, name: str) -> float:
        """The sample of this name, labels and all; 0 if it is not there yet."""
        reply = checked(await self.ask("GET", "/metrics"))
        for line in reply.content.decode().splitlines():
            if line.startswith(f"{name} "):
                return float(line.rpartition(" ")[2])
        return 0.0

    async def until_idle(self) -> None:
        """Raises TimeoutError if something still waits or runs after two minutes."""
        async with asyncio.timeout(_IDLE_WITHIN_S):
            while True:
                health = checked(await self.ask("GET", "/health")).json()
                if health["queued"] == health["running"] == 0:
                    return
                await asyncio.sleep(_POLL_S)


@asynccontextmanager
async def client(
    url: str, *, connections: int = MAX_CONNECTIONS
) -> AsyncIterator[Client]:
    """One whose further requests wait for a free connection."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections),
        timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
    ) as http:
        yield Client(http, url)


def checked(reply: Reply) -> Reply:
    """Raises RuntimeError if it is no success."""
    if reply.status >= 400:
        raise RuntimeError(f"{reply.status}: {reply.content.decode()}")
    return reply


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


async def _events(content: aiohttp.StreamReader) -> AsyncIterator[Event]:
    name = ""
    async for raw in content:
        field, _, value = raw.decode().rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield Event(name, json.loads(value), time.perf_counter())

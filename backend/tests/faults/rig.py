"""What the fault tests have in common: asking, counting, and what must always hold."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import (
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    suppress,
)
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDictProxy

from tests.faults.fault_proxy import FaultProxy
from tests.gateway.store.waiting import until
from tests.gateway.stub_server import Handler, StubServer
from tests.system.processes import (
    BACKEND,
    Program,
    clean_environment,
    running_gateway,
)

# What the fault list gives everything to be as it was before.
SETTLED_WITHIN_S = 5.0

BODY = {"prompt": "a fox"}
ASYNCHRONOUS = {"Prefer": "respond-async"}
EVENTS = {"Accept": "text/event-stream"}
OWN_CONNECTION = {"Connection": "close"}

_OUTCOME = re.compile(
    r'^easel_gateway_upstream_requests_total\{outcome="(\w+)"\} (\S+)$', re.MULTILINE
)
_METRIC = r"^{name} (\S+)$"


@dataclass(frozen=True)
class Answer:
    status: int
    document: dict[str, Any]
    headers: CIMultiDictProxy[str]


async def ask(
    client: aiohttp.ClientSession,
    method: str,
    path: str,
    *,
    body: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """Raises aiohttp.ClientError where there is no whole answer."""
    async with client.request(method, path, json=body, headers=headers) as answer:
        text = await answer.read()
        is_json = "json" in answer.content_type
        document = json.loads(text) if is_json and text else {}
        return Answer(answer.status, document, answer.headers)


async def generate(
    client: aiohttp.ClientSession,
    body: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    return await ask(client, "POST", "/generate", body=body or BODY, headers=headers)


def port_of(client: aiohttp.ClientSession) -> int:
    """Of the gateway that it is a client of."""
    port = client._base_url and client._base_url.port
    assert port
    return port


async def health(client: aiohttp.ClientSession) -> dict[str, Any]:
    answer = await ask(client, "GET", "/health", headers=OWN_CONNECTION)
    return answer.document


async def queue_of(client: aiohttp.ClientSession) -> tuple[int, int]:
    """How many generations are passed on, and how many wait."""
    queue = (await health(client))["queue"]
    return queue["in_flight"], queue["waiting"]


async def state_of(client: aiohttp.ClientSession, replica: str) -> str | None:
    """Of the text-to-image server with that id or URL."""
    for document in (await health(client))["replicas"]:
        if replica in (document["id"], document["url"]):
            state: str = document["state"]
            return state
    return None


async def outcomes(client: aiohttp.ClientSession) -> dict[str, int]:
    """Of all generations that were let in, by how they ended."""
    async with client.get("/metrics") as answer:
        text = await answer.text()
    counts = {name: int(float(value)) for name, value in _OUTCOME.findall(text)}
    return {name: count for name, count in counts.items() if count}


async def metric(client: aiohttp.ClientSession, name: str) -> float:
    async with client.get("/metrics") as answer:
        found = re.search(
            _METRIC.format(name=re.escape(name)), await answer.text(), re.MULTILINE
        )
    return float(found[1]) if found else 0.0


async def assert_settled(
    client: aiohttp.ClientSession, *proxies: FaultProxy, accepted: int | None = None
) -> None:
    """The invariants: nothing is held any longer, and every generation has ended.

    Args:
        client: Of the gateway.
        proxies: Before its servers: what is still open there is idle.
        accepted: How many generations there were, if that is to be compared.
    """
    async with asyncio.timeout(SETTLED_WITHIN_S):
        await until(lambda: _is_empty(client))
        if accepted is not None:
            await until(lambda: _have_ended(client, accepted))
    # A connection for each of the last few, kept for the next, and the probe's.
    await until(lambda: all(proxy.open <= _MOST_IDLE for proxy in proxies))


async def _is_empty(client: aiohttp.ClientSession) -> bool:
    return await queue_of(client) == (0, 0)


async def _have_ended(client: aiohttp.ClientSession, accepted: int) -> bool:
    return sum((await outcomes(client)).values()) == accepted


# Kept for the next request after many at once.
_MOST_IDLE = 16


@asynccontextmanager
async def stubs(count: int) -> AsyncIterator[list[StubServer]]:
    """Servers with replica ids r1, r2, …"""
    async with AsyncExitStack() as stack:
        servers = []
        for number in range(1, count + 1):
            server = StubServer()
            server.health["replica"] = f"r{number}"
            servers.append(await stack.enter_async_context(server))
        yield servers


def joined(*servers: StubServer | FaultProxy | Program) -> str:
    return ",".join(server.url for server in servers)


@asynccontextmanager
async def connected(
    port: int,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare connection to a gateway, reset at the end."""
    # A small buffer, so that a reader who stops is felt at once.
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()


def raw(*pieces: bytes, then_close: bool = True) -> Handler:
    """A server that puts these very bytes on the wire."""

    async def handler(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        for piece in pieces:
            request.transport.write(piece)
        if then_close:
            request.transport.close()
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    return handler


def in_time(seconds: float) -> Handler:
    """A server that paints for so long."""

    async def handler(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return web.json_response({})

    return handler


def resident_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


@dataclass(frozen=True)
class Key:
    text: str
    public_id: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.text}"}


def gateway_with(
    folder: Path, server_url: str, environment: dict[str, str]
) -> AbstractContextManager[Program]:
    """`running_gateway`, with variables that the test has in a dict."""
    return running_gateway(folder, server_url, **environment)  # type: ignore[arg-type] # none of them is one of its arguments


def create_key(name: str, *flags: str, **environment: str) -> Key:
    """Made as an operator makes one; the store is named by `environment`."""
    command = [sys.executable, "-m", "easel", "keys", "create", "--name", name]
    done = subprocess.run(
        [*command, "--json", *flags],
        cwd=BACKEND,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        check=True,
    )
    document = json.loads(done.stdout)
    return Key(document["key"], document["public_id"])

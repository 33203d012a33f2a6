from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.gateway.facades.automatic1111.automatic1111_app import (
    Looks,
    WebUIApi,
    automatic1111_app,
    client_for,
    webui_for,
)
from tests.gateway.facades.automatic1111.served_pool import ServedPool, ServedReplica
from tests.gateway.facades.automatic1111.served_server import (
    FLOW,
    ServedServer,
    model,
)
from tests.gateway.running_gateway import serving
from tests.gateway.store.memory_store import MemoryStore


@pytest.fixture
async def server() -> ServedServer:
    return ServedServer()


@pytest.fixture
def pool() -> ServedPool:
    return ServedPool([ServedReplica([model("fox")]), ServedReplica([FLOW])])


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
async def looks() -> Looks:
    return Looks()


@pytest.fixture
async def base_url(
    server: ServedServer, pool: ServedPool, store: MemoryStore, looks: Looks
) -> AsyncIterator[str]:
    app = automatic1111_app(server, pool, store, looks, max_images=8)
    async with serving(app) as base_url:
        yield base_url


@pytest.fixture
async def other_worker_url(
    server: ServedServer, pool: ServedPool, store: MemoryStore
) -> AsyncIterator[str]:
    """Of a second worker over the same store."""
    app = automatic1111_app(server, pool, store, Looks())
    async with serving(app) as base_url:
        yield base_url


@pytest.fixture
async def webui(base_url: str) -> AsyncIterator[WebUIApi]:
    async with webui_for(base_url) as api:
        yield api


@pytest.fixture
async def http(base_url: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with client_for(base_url) as client:
        yield client


@pytest.fixture
async def elsewhere(other_worker_url: str) -> AsyncIterator[aiohttp.ClientSession]:
    """The same caller, at the second worker."""
    async with client_for(other_worker_url) as client:
        yield client

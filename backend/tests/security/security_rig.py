"""What the security tests have in common: gateways with keys, and whole answers."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from easel.gateway.access.api_keys import KeyTerms
from easel.gateway.access.callers import CallerLimits, KeyScope
from easel.gateway.access.key_registry import KeyRegistry
from easel.gateway.access.pepper import pepper_in
from easel.gateway.access.wall_clock import WallClock
from easel.gateway.app import create_app
from easel.gateway.store.opening import open_store
from tests.gateway.running_gateway import gateway_settings, serving

PATIENCE_S = 15.0
PROMPT = {"prompt": "a fox"}
GENERATE, ADMIN = frozenset[KeyScope]({"generate"}), frozenset[KeyScope]({"admin"})


@dataclass(frozen=True)
class Holder:
    """Who has an API key."""

    public_id: str
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


class ClosedGateway:
    """A gateway that asks for keys, and a client that sends none by itself."""

    def __init__(self, url: str, http: aiohttp.ClientSession, registry: KeyRegistry):
        self.url = url
        self.http = http
        self._registry = registry

    async def holder(
        self,
        name: str = "somebody",
        *,
        scopes: frozenset[KeyScope] = GENERATE,
        models: frozenset[str] | None = None,
        limits: CallerLimits | None = None,
    ) -> Holder:
        terms = KeyTerms(
            name=name, scopes=scopes, models=models, limits=limits or CallerLimits()
        )
        issued = await self._registry.create(terms)
        return Holder(issued.text.public_id, issued.text.reveal())


@asynccontextmanager
async def closed_gateway(
    server_url: str, data_dir: Path, **settings: Any
) -> AsyncIterator[ClosedGateway]:
    pepper = pepper_in(data_dir)
    async with open_store(redis_url=None, data_dir=data_dir) as store:
        # There before anybody is served: it closes the gateway.
        await KeyRegistry(store, pepper, WallClock()).create(KeyTerms(name="first"))
    app = create_app(
        gateway_settings(
            text2image_server_url=server_url, data_dir=data_dir, **settings
        )
    )
    registry = KeyRegistry(app.state.assembly.store, pepper, WallClock())
    async with (
        serving(app) as url,
        aiohttp.ClientSession(url, auto_decompress=False) as http,
    ):
        yield ClosedGateway(url, http, registry)


@dataclass(frozen=True)
class Told:
    """An answer, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def told(
    http: aiohttp.ClientSession, method: str, target: str, **options: Any
) -> Told:
    async with http.request(method, target, **options) as answer:
        return Told(answer.status, answer.headers.copy(), await answer.read())

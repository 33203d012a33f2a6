"""An app that serves `/sdapi`, and the clients before it.

`webui_for` takes any base URL: what is proven here of the façade can be asked of the
whole gateway.
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from urllib.parse import urlsplit

import aiohttp
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from webuiapi import WebUIApi as WebUIApi  # type: ignore[import-untyped] # it has no types

from easel.clock import ManualClock
from easel.errors import Unauthorized
from easel.gateway.access.callers import Caller, CallerLimits, set_caller
from easel.gateway.calls import Dispatch
from easel.gateway.facades.automatic1111.errors import AUTOMATIC1111_DIALECT
from easel.gateway.facades.automatic1111.jobs import Jobs
from easel.gateway.facades.automatic1111.router import automatic1111_router
from easel.gateway.facades.dialect import Dialects
from easel.gateway.replicas.pool import ReplicaPool
from easel.gateway.store.base import Store
from easel.telemetry.metrics import HttpMetrics
from easel.web.body_limit import BodyLimit
from easel.web.edge import Edge
from easel.web.problems import install_problem_handlers, problem_response
from tests.gateway.facades.automatic1111.served_pool import ServedPool

LIMIT_BYTES = 200_000

# By key. `owl` may use one model only, `mole` paint one thing at a time.
CALLERS = {
    "sk-fox": Caller("key_fox", is_anonymous=False),
    "sk-owl": Caller("key_owl", is_anonymous=False, models=frozenset({"fox"})),
    "sk-mole": Caller(
        "key_mole", is_anonymous=False, limits=CallerLimits(max_concurrent=1)
    ),
}


class BasicKeys:
    """Stands for the gateway's authentication: the password is the key."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            sent = Headers(scope=scope).get("authorization", "").removeprefix("Basic ")
            key = base64.b64decode(sent).decode().partition(":")[2]
            if key not in CALLERS:
                error = Unauthorized("There is no such API key.")
                await problem_response(error)(scope, receive, send)
                return
            set_caller(scope, CALLERS[key])
        await self._app(scope, receive, send)


class Looks:
    """The pauses between two looks into the store, ended by the test."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(0)
        self._owed = 0
        self._idle = asyncio.Event()

    async def pause(self, seconds: float) -> None:
        if self._owed == 0:
            self._idle.set()
        await self._turns.acquire()
        self._owed -= 1

    def one(self) -> None:
        self._owed += 1
        self._idle.clear()
        self._turns.release()

    async def until_idle(self) -> None:
        """Return when all looks have been taken."""
        await self._idle.wait()


def automatic1111_app(
    dispatch: Dispatch, pool: ServedPool, store: Store, looks: Looks, **more: Any
) -> FastAPI:
    """One worker: the router with all that the gateway puts around it."""
    app = FastAPI(redirect_slashes=False)
    jobs = Jobs(store, pause=looks.pause)
    offered = cast(ReplicaPool, pool)
    app.include_router(
        automatic1111_router(dispatch, offered, store, jobs=jobs, **more)
    )
    install_problem_handlers(app)
    app.add_middleware(BodyLimit, limit_bytes=LIMIT_BYTES)
    app.add_middleware(BasicKeys)
    metrics = HttpMetrics("gateway", CollectorRegistry())
    app.add_middleware(Edge, metrics=metrics, clock=ManualClock())
    app.add_middleware(Dialects, dialects=[AUTOMATIC1111_DIALECT])
    return app


@asynccontextmanager
async def webui_for(base_url: str, key: str = "sk-fox") -> AsyncIterator[WebUIApi]:
    """`webuiapi` as anyone would use it; call its methods in a thread."""
    address = urlsplit(base_url)
    api = await asyncio.to_thread(
        WebUIApi, host=address.hostname, port=address.port, username="me", password=key
    )
    try:
        yield api
    finally:
        api.session.close()


@asynccontextmanager
async def client_for(
    base_url: str, key: str = "sk-fox"
) -> AsyncIterator[aiohttp.ClientSession]:
    """For what `webuiapi` would not send, or would not show."""
    headers = {"Authorization": aiohttp.encode_basic_auth("me", key)}
    async with aiohttp.ClientSession(base_url, headers=headers) as client:
        yield client

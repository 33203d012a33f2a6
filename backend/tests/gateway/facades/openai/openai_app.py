"""An app that serves OpenAI's API, and OpenAI's own client before it.

`sdk_for` takes any base URL: what is proven here of the façade can be asked of the
whole gateway.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import httpx2
from fastapi import FastAPI
from openai import AsyncOpenAI
from prometheus_client import CollectorRegistry
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from easel.clock import ManualClock
from easel.errors import Unauthorized
from easel.gateway.access.callers import Caller, set_caller
from easel.gateway.calls import Dispatch
from easel.gateway.facades.dialect import Dialects
from easel.gateway.facades.openai.errors import OPENAI_DIALECT
from easel.gateway.facades.openai.routes import openai_router
from easel.gateway.replicas.pool import ReplicaPool
from easel.telemetry.metrics import HttpMetrics
from easel.web.body_limit import BodyLimit
from easel.web.edge import Edge
from easel.web.problems import install_problem_handlers, problem_response

KEY = "sk-fox"
LIMIT_BYTES = 200_000


class OneKey:
    """Stands for the gateway's authentication: who has the key is `caller`."""

    def __init__(self, app: ASGIApp, *, caller: Caller) -> None:
        self._app = app
        self._caller = caller

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if Headers(scope=scope).get("authorization") != f"Bearer {KEY}":
                error = Unauthorized("There is no such API key.")
                await problem_response(error)(scope, receive, send)
                return
            set_caller(scope, self._caller)
        await self._app(scope, receive, send)


def openai_app(
    dispatch: Dispatch, pool: ReplicaPool, *, caller: Caller | None = None, **more: Any
) -> FastAPI:
    """The router with all that the gateway puts around it."""
    app = FastAPI(redirect_slashes=False)
    app.include_router(openai_router(dispatch, pool, link=signed_link, **more))
    install_problem_handlers(app)
    app.add_middleware(BodyLimit, limit_bytes=LIMIT_BYTES)
    app.add_middleware(OneKey, caller=caller or Caller("key_fox", is_anonymous=False))
    metrics = HttpMetrics("gateway", CollectorRegistry())
    app.add_middleware(Edge, metrics=metrics, clock=ManualClock())
    app.add_middleware(Dialects, dialects=[OPENAI_DIALECT])
    return app


def signed_link(path: str, caller: Caller) -> str:
    return f"/signed{path}&for={quote(caller.id)}"


@asynccontextmanager
async def sdk_for(base_url: str, key: str = KEY) -> AsyncIterator[AsyncOpenAI]:
    """OpenAI's client as anyone would use it, but for retries, which only take time."""
    async with (
        httpx2.AsyncClient(trust_env=False) as http,
        AsyncOpenAI(
            api_key=key, base_url=f"{base_url}/v1", max_retries=0, http_client=http
        ) as client,
    ):
        yield client

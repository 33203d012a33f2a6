"""Puts the gateway together."""

import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from prometheus_client import CollectorRegistry
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from easel import __version__
from easel.clock import Clock, MonotonicClock
from easel.contract.replicas import GatewayHealth
from easel.errors import ServerStopping, ServiceError, UpstreamUnavailable
from easel.gateway.access.authentication import Authentication
from easel.gateway.access.limit_headers import limit_headers
from easel.gateway.assembly import Assembly, assemble
from easel.gateway.dispatch import LiveDispatch
from easel.gateway.facades.automatic1111.errors import (
    AUTOMATIC1111_DIALECT,
)
from easel.gateway.facades.automatic1111.router import automatic1111_router
from easel.gateway.facades.dialect import Dialects
from easel.gateway.facades.openai.errors import OPENAI_DIALECT
from easel.gateway.facades.openai.routes import openai_router
from easel.gateway.gauges import kept_gauges
from easel.gateway.loop_watch import watched_loop
from easel.gateway.memory_return import returned_memory
from easel.gateway.metrics import GatewayMetrics
from easel.gateway.replicas.overall_health import overall
from easel.gateway.routes.admin import admin_router
from easel.gateway.routes.generations import generate_endpoint, generation_router
from easel.gateway.routes.health import health_router
from easel.gateway.routes.models import model_router
from easel.gateway.routes.usage import usage_router
from easel.gateway.settings import GatewaySettings
from easel.gateway.upstream import UNAVAILABLE
from easel.telemetry.metrics import HttpMetrics, metrics_text
from easel.web.body_limit import BodyLimit
from easel.web.direct_routes import DirectRoutes, Endpoint
from easel.web.edge import Edge
from easel.web.fronted_app import FrontedApp
from easel.web.head_requests import HeadRequests
from easel.web.openapi import contract_openapi
from easel.web.operation_routes import operation_router
from easel.web.problems import install_problem_handlers

# A request leaves few cycles behind, and is done in a few thousand allocations.
_COLLECTOR_THRESHOLDS = (10_000, 20, 50)

_DIALECTS = (OPENAI_DIALECT, AUTOMATIC1111_DIALECT)


def create_app(settings: GatewaySettings, *, clock: Clock | None = None) -> FrontedApp:
    """The gateway as an ASGI app; `app.state.drain` takes its stop signal.

    Raises:
        StorageUnusable: the data folder cannot be written.
    """
    clock = clock or MonotonicClock()
    registry = CollectorRegistry()
    metrics = GatewayMetrics(registry)
    built = assemble(settings, metrics, clock)

    def is_idle() -> bool:
        return not any(one.outstanding for one in built.parts.pool.documents())

    @asynccontextmanager
    async def lifespan(app: FrontedApp) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await built.start(stack)
            await stack.enter_async_context(watched_loop(clock, metrics.loop_lag))
            await stack.enter_async_context(returned_memory(is_idle))
            await stack.enter_async_context(
                kept_gauges(
                    metrics,
                    built.parts.door,
                    built.parts.pool,
                    store=built.store,
                    keys=built.keys,
                    data_dir=settings.data_dir,
                )
            )
            _spare_the_collector()
            yield

    app = FrontedApp(
        title="Easel gateway",
        version=__version__,
        description="Text to image: one door to the text-to-image servers.",
        lifespan=lifespan,
        # The pages of these load their scripts from a third party's host.
        docs_url=None,
        redoc_url=None,
        # A redirect would name the host that the gateway believes to have.
        redirect_slashes=False,
    )
    app.state.drain = built.drain
    app.state.assembly = built
    dispatch = LiveDispatch(built.parts)
    generate = generate_endpoint(dispatch, webhook_hosts=built.webhook_hosts)
    _add_routes(app, built, settings, registry, dispatch, generate)
    install_problem_handlers(app)
    app.front = _front(
        DirectRoutes(app.behind, endpoints={("POST", "/generate"): generate}),
        built,
        settings,
        HttpMetrics("gateway", registry),
        clock,
    )
    app.openapi = contract_openapi(app, GatewayHealth)  # type: ignore[method-assign] # FastAPI's own way to do it
    return app


def _spare_the_collector() -> None:
    """All that was imported and built stays until the end: it is not looked at again.

    Else Python's garbage collector walks over it again and again, and its walks are
    pauses in the middle of somebody's request.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTOR_THRESHOLDS)


def _add_routes(
    app: FrontedApp,
    built: Assembly,
    settings: GatewaySettings,
    registry: CollectorRegistry,
    dispatch: LiveDispatch,
    generate: Endpoint,
) -> None:
    parts = built.parts

    async def not_ready() -> ServiceError | None:
        if built.drain.has_begun:
            return ServerStopping(f"The gateway is {built.drain.state}.")
        await parts.pool.probe()
        health = overall(parts.pool)
        if health.status == "healthy":
            return None
        return UpstreamUnavailable(f"{UNAVAILABLE}: {health.detail or health.status}")

    def metrics() -> bytes:
        return metrics_text(registry, workers_dir=settings.prometheus_multiproc_dir)

    app.include_router(
        generation_router(dispatch, generate, timeout_s=settings.request_timeout)
    )
    app.include_router(model_router(parts.pool))
    app.include_router(
        health_router(parts.pool, parts.door, built.store, built.keys, built.drain)
    )
    app.include_router(usage_router(parts.accounts))
    app.include_router(
        admin_router(built.drain, parts.door, drain_delay_s=settings.drain_delay_s)
    )
    app.include_router(openai_router(dispatch, parts.pool, link=built.link))
    app.include_router(automatic1111_router(dispatch, parts.pool, built.store))
    app.include_router(operation_router(not_ready=not_ready, metrics=metrics))


def _front(
    app: ASGIApp,
    built: Assembly,
    settings: GatewaySettings,
    metrics: HttpMetrics,
    clock: Clock,
) -> ASGIApp:
    """All middleware, from the innermost to the outermost."""
    token = settings.metrics_token
    app = BodyLimit(app, limit_bytes=settings.max_body_bytes)
    app = HeadRequests(app)
    app = Authentication(
        app,
        authenticator=built.authenticator,
        metrics_token=token.get_secret_value() if token else None,
    )
    if settings.cors_origins:
        app = CORSMiddleware(
            app,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["*"],
            expose_headers=["*"],
        )
    app = Edge(app, metrics=metrics, clock=clock, extra_headers=limit_headers)
    return Dialects(app, dialects=_DIALECTS)

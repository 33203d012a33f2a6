"""Puts the gateway together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from easel import __version__
from easel.clock import Clock, MonotonicClock
from easel.contract.replicas import GatewayHealth, UpstreamHealth
from easel.errors import ServerStopping, ServiceError, UpstreamUnavailable
from easel.gateway.drain import Drain
from easel.gateway.leases import ProcessSlots, SharedSlots, Slots
from easel.gateway.metrics import GatewayMetrics
from easel.gateway.relay import Relays
from easel.gateway.replica import Replica
from easel.gateway.routes.generations import generation_router
from easel.gateway.routes.health import health_router
from easel.gateway.routes.models import model_router
from easel.gateway.settings import GatewaySettings
from easel.gateway.upstream import UNAVAILABLE, Upstream
from easel.telemetry.metrics import HttpMetrics, metrics_text
from easel.web.body_limit import BodyLimit
from easel.web.edge import Edge
from easel.web.head_requests import HeadRequests
from easel.web.openapi import contract_openapi
from easel.web.operation_routes import operation_router
from easel.web.problems import install_problem_handlers


def create_app(settings: GatewaySettings, *, clock: Clock | None = None) -> FastAPI:
    """The gateway as an ASGI app; `app.state.drain` takes its stop signal."""
    clock = clock or MonotonicClock()
    registry = CollectorRegistry()
    drain = Drain()
    upstream = Upstream(str(settings.text2image_server_url))
    replica = Replica(upstream, clock)
    relays = Relays(
        upstream=upstream,
        slots=_slots(settings),
        metrics=GatewayMetrics(registry),
        clock=clock,
        timeout_s=settings.request_timeout,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with upstream:
            yield

    async def not_ready() -> ServiceError | None:
        if drain.has_begun:
            return ServerStopping("The gateway is stopping.")
        return _not_well(await replica.health())

    def metrics() -> bytes:
        return metrics_text(registry, workers_dir=settings.prometheus_multiproc_dir)

    app = FastAPI(
        title="Easel gateway",
        version=__version__,
        description="Text to image: one door to the text-to-image server.",
        lifespan=lifespan,
        # The pages of these load their scripts from a third party's host.
        docs_url=None,
        redoc_url=None,
        # A redirect would name the host that the gateway believes to have.
        redirect_slashes=False,
    )
    app.state.drain = drain
    app.include_router(generation_router(relays))
    app.include_router(model_router(relays))
    app.include_router(health_router(replica, drain))
    app.include_router(operation_router(not_ready=not_ready, metrics=metrics))
    install_problem_handlers(app)
    app.add_middleware(BodyLimit, limit_bytes=settings.max_body_bytes)
    app.add_middleware(HeadRequests)
    app.add_middleware(Edge, metrics=HttpMetrics("gateway", registry), clock=clock)
    app.openapi = contract_openapi(app, GatewayHealth)  # type: ignore[method-assign] # FastAPI's own way to do it
    return app


def _slots(settings: GatewaySettings) -> Slots:
    count = settings.max_concurrent_requests
    if settings.slots_dir is None:
        return ProcessSlots(count)
    return SharedSlots(count, settings.slots_dir)


def _not_well(health: UpstreamHealth) -> ServiceError | None:
    if health.status == "healthy":
        return None
    return UpstreamUnavailable(f"{UNAVAILABLE}: {health.detail or health.status}")

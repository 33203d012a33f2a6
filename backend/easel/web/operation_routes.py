"""The routes for orchestrators and monitoring that are the same in both tiers."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from starlette.responses import Response

from easel.contract.replicas import Liveness, Readiness
from easel.errors import ServiceError
from easel.telemetry.metrics import METRICS_MEDIA_TYPE
from easel.web import native_api

Verdict = ServiceError | None


def operation_router(
    *,
    not_ready: Callable[[], Verdict | Awaitable[Verdict]],
    metrics: Callable[[], bytes],
) -> APIRouter:
    """`/livez`, `/readyz` and `/metrics`.

    Args:
        not_ready: Why no generation would be taken now, or None when one would.
        metrics: The text of `/metrics`.
    """
    router = APIRouter()

    @router.api_route(**native_api.LIVEZ)
    async def livez() -> Liveness:
        return Liveness()

    @router.api_route(**native_api.READYZ)
    async def readyz() -> Readiness:
        verdict = not_ready()
        error = await verdict if isinstance(verdict, Awaitable) else verdict
        if error is not None:
            raise error
        return Readiness()

    # In a thread: over many workers it reads files, some 20 ms for four (measured).
    @router.api_route(**native_api.METRICS)
    def metrics_endpoint() -> Response:
        return Response(metrics(), media_type=METRICS_MEDIA_TYPE)

    return router

"""`GET /health` of the text-to-image server."""

from typing import Literal

from fastapi import APIRouter

from easel import __version__
from easel.contract.replicas import ServerHealth
from easel.text2image.generations import Generations
from easel.web import native_api

Status = Literal["healthy", "loading", "stopping", "unhealthy"]


def health_router(generations: Generations, model_name: str) -> APIRouter:
    router = APIRouter()

    @router.api_route(**native_api.health_operation(ServerHealth))
    async def health() -> ServerHealth:
        device = generations.models.device
        default = generations.models.all()[0] if device else None
        return ServerHealth(
            status=_status(generations),
            model_loaded=device is not None,
            cuda_available=device is not None and device.cuda_available,
            replica=generations.replica,
            model=default.id if default else model_name,
            device=device.name if device else None,
            runtime=default.runtime if default else None,
            queued=generations.present.queued,
            running=generations.present.running,
            backlog_s=generations.backlog_s,
            recent=generations.recent.document(),
            version=__version__,
        )

    return router


def _status(generations: Generations) -> Status:
    """A full queue is not ill: busy servers stay in rotation."""
    if generations.readiness.is_stopping:
        return "stopping"
    if generations.readiness.unavailable_because is not None:
        return "unhealthy"
    if generations.readiness.hung_for_s() is not None:
        return "unhealthy"
    return "healthy" if generations.models.device is not None else "loading"

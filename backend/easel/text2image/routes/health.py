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
        loaded = generations.loaded
        return ServerHealth(
            status=_status(generations),
            model_loaded=loaded is not None,
            cuda_available=loaded is not None and loaded.cuda_available,
            replica=generations.replica,
            model=loaded.model.id if loaded else model_name,
            device=loaded.device if loaded else None,
            queued=len(generations.line.waiting),
            running=generations.line.running is not None,
            backlog_s=generations.line.backlog_s,
            version=__version__,
        )

    return router


def _status(generations: Generations) -> Status:
    """A full queue is not ill: busy servers stay in rotation."""
    if generations.is_stopping:
        return "stopping"
    if generations.unavailable_because is not None:
        return "unhealthy"
    return "healthy" if generations.loaded is not None else "loading"

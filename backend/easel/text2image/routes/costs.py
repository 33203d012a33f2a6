"""`GET /costs`: what this server has measured, for `easel plan`."""

from fastapi import APIRouter

from easel.contract.costs import CostsDocument
from easel.text2image.generations import Generations
from easel.text2image.scheduling.cost_document import cost_document


def costs_router(generations: Generations) -> APIRouter:
    router = APIRouter()

    # Not of the API: the gateway has no such route, and the numbers are for operators.
    @router.get("/costs", include_in_schema=False)
    async def costs() -> CostsDocument:
        device = generations.models.device
        return cost_document(
            generations.board.costs,
            replica=generations.replica,
            device=None if device is None else device.name,
        )

    return router

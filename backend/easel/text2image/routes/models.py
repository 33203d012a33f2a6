"""What this server's models can do, and which of them are on the device."""

from fastapi import APIRouter

from easel.contract.models import ModelDocument, ModelList
from easel.text2image.generations import Generations
from easel.web import native_api


def models_router(generations: Generations) -> APIRouter:
    router = APIRouter()

    @router.api_route(**native_api.LIST_MODELS)
    async def list_models() -> ModelList:
        return ModelList(models=generations.models.all())

    @router.api_route(**native_api.GET_MODEL)
    async def get_model(model_id: str) -> ModelDocument:
        return generations.models.find(model_id)

    @router.api_route(**native_api.LOAD_MODEL)
    async def load_model(model_id: str) -> ModelDocument:
        return await generations.models.load(model_id)

    @router.api_route(**native_api.UNLOAD_MODEL)
    async def unload_model(model_id: str) -> ModelDocument:
        return await generations.models.unload(model_id)

    return router

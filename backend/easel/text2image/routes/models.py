"""What this server's model can do."""

from fastapi import APIRouter

from easel.contract.models import ModelDocument, ModelList
from easel.errors import ModelNotFound
from easel.text2image.generations import Generations
from easel.web import native_api


def models_router(generations: Generations) -> APIRouter:
    router = APIRouter()

    @router.api_route(**native_api.LIST_MODELS)
    async def list_models() -> ModelList:
        return ModelList(models=(generations.model(),))

    @router.api_route(**native_api.GET_MODEL)
    async def get_model(model_id: str) -> ModelDocument:
        model = generations.model()
        if model.id != model_id:
            raise ModelNotFound(f"This server has {model.id!r} only.", param="model")
        return model

    return router

"""What this server's models can do, and which of them are on the device."""

from fastapi import APIRouter, Request

from easel.contract.models import ModelDocument, ModelList
from easel.contract.prompt_tokens import PromptTokens
from easel.text2image.prompt_counting import PromptCounting
from easel.text2image.served_models import ServedModels
from easel.web import native_api
from easel.web.prompt_body import prompt_body


def models_router(models: ServedModels, counting: PromptCounting) -> APIRouter:
    router = APIRouter()

    @router.api_route(**native_api.LIST_MODELS)
    async def list_models() -> ModelList:
        return ModelList(models=models.all())

    @router.api_route(**native_api.GET_MODEL)
    async def get_model(model_id: str) -> ModelDocument:
        return models.find(model_id)

    @router.api_route(**native_api.LOAD_MODEL)
    async def load_model(model_id: str) -> ModelDocument:
        return await models.load(model_id)

    @router.api_route(**native_api.UNLOAD_MODEL)
    async def unload_model(model_id: str) -> ModelDocument:
        return await models.unload(model_id)

    @router.api_route(**native_api.COUNT_TOKENS)
    async def count_tokens(model_id: str, request: Request) -> PromptTokens:
        model = models.find(model_id)
        asked = await prompt_body(request)
        return await counting.count(model.id, asked.prompt)

    return router

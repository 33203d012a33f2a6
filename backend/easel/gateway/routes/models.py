"""What the server's models can do."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from easel.gateway.relay import Relays
from easel.gateway.routes.forwarding import forwarded
from easel.web import native_api


def model_router(relays: Relays) -> APIRouter:
    router = APIRouter()

    @router.api_route(**native_api.LIST_MODELS)
    async def list_models(request: Request) -> Response:
        return relays.document(forwarded(request))

    @router.api_route(**native_api.GET_MODEL)
    async def get_model(model_id: str, request: Request) -> Response:
        return relays.document(forwarded(request))

    return router

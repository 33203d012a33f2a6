"""`POST /generate` and the generations that come of it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from easel.contract.generations import GenerationRequest
from easel.gateway.relay import Relays
from easel.gateway.routes.forwarding import forwarded
from easel.web import native_api
from easel.web.generation_body import generation_body
from easel.web.random_seed import random_seed


def generation_router(relays: Relays) -> APIRouter:
    router = APIRouter()

    @router.api_route(**native_api.GENERATE)
    async def generate(
        body: Annotated[GenerationRequest, Depends(generation_body)], request: Request
    ) -> Response:
        document = with_seed(body).model_dump_json(exclude_unset=True).encode()
        return relays.generation(forwarded(request, document))

    @router.api_route(**native_api.GET_GENERATION)
    async def get_generation(generation_id: str, request: Request) -> Response:
        return relays.document(forwarded(request))

    @router.api_route(**native_api.CANCEL_GENERATION)
    async def cancel_generation(generation_id: str, request: Request) -> Response:
        return relays.document(forwarded(request))

    @router.api_route(**native_api.GET_EVENTS)
    async def follow_generation(
        generation_id: str,
        request: Request,
        last_event_id: native_api.LastEventId = None,
    ) -> Response:
        return relays.follower(forwarded(request))

    @router.api_route(**native_api.GET_IMAGE)
    async def get_image(
        generation_id: str,
        index: native_api.ImageIndex,
        request: Request,
        width: native_api.ThumbnailWidth = None,
    ) -> Response:
        return relays.document(forwarded(request))

    return router


def with_seed(request: GenerationRequest) -> GenerationRequest:
    """The request with a seed, random if it had none.

    Fixed here, the first tier to see it, a generation means the same image wherever
    and however often it is run.
    """
    if request.seed is not None:
        return request
    return request.model_copy(update={"seed": random_seed()})

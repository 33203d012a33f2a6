"""`txt2img`, `img2img`, and what goes on meanwhile."""

import json
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from easel.errors import InvalidRequest
from easel.gateway.access.callers import Caller, caller_of
from easel.gateway.calls import Dispatch, GenerationCall
from easel.gateway.facades.automatic1111.answers import answer_document
from easel.gateway.facades.automatic1111.bodies import json_object, understood
from easel.gateway.facades.automatic1111.fields import (
    ImageToImageFields,
    TextToImageFields,
)
from easel.gateway.facades.automatic1111.jobs import Jobs
from easel.gateway.facades.automatic1111.painting import Painter
from easel.gateway.facades.automatic1111.previews import Previews
from easel.gateway.facades.automatic1111.progress import Progress
from easel.gateway.facades.automatic1111.served_models import ServedModels
from easel.gateway.facades.automatic1111.translation import (
    checkpoint_of,
    first_seed,
    generation_requests,
    in_their_words,
)
from easel.web.disconnect import ClientLeft, unless_client_leaves
from easel.web.random_seed import random_seed

# What nginx logs for a client that left before its answer.
_CLIENT_CLOSED_REQUEST = 499


def generation_routes(
    dispatch: Dispatch,
    jobs: Jobs,
    previews: Previews,
    models: ServedModels,
    *,
    max_images: int,
) -> APIRouter:
    router = APIRouter()
    painter = Painter(dispatch, jobs)
    progress = Progress(dispatch, jobs, previews)

    @router.post("/txt2img")
    async def text_to_image(request: Request) -> Response:
        return await _painted(request, TextToImageFields)

    @router.post("/img2img")
    async def image_to_image(request: Request) -> Response:
        return await _painted(request, ImageToImageFields)

    @router.get("/progress")
    async def how_it_stands(
        request: Request, skip_current_image: bool = False
    ) -> dict[str, Any]:
        return await progress.document(
            caller_of(request.scope), with_preview=not skip_current_image
        )

    @router.post("/interrupt")
    async def interrupt(request: Request) -> dict[str, Any]:
        await progress.interrupt(caller_of(request.scope))
        return {}

    @router.post("/skip")
    async def skip(request: Request) -> None:
        await progress.skip(caller_of(request.scope))

    async def _painted(request: Request, kind: type[TextToImageFields]) -> Response:
        body = await json_object(request)
        fields = understood(kind, body)
        work = _paint(caller_of(request.scope), fields, body)
        try:
            return await unless_client_leaves(request.receive, work)
        except ClientLeft:
            return Response(status_code=_CLIENT_CLOSED_REQUEST)

    async def _paint(
        caller: Caller, fields: TextToImageFields, body: dict[str, Any]
    ) -> Response:
        checkpoint = checkpoint_of(fields)
        model = await models.model(caller, checkpoint)
        seed = first_seed(fields, random=random_seed())
        requests = generation_requests(fields, model, seed=seed, max_images=max_images)
        if checkpoint is not None and not fields.override_settings_restore_afterwards:
            await models.choose(caller, checkpoint)
        # A seed that nobody chose has never been seen before.
        calls = [
            GenerationCall(each, caller, may_reuse=seed == fields.seed)
            for each in requests
        ]
        try:
            completed = await painter.paint(caller, calls)
        except InvalidRequest as error:
            raise in_their_words(error) from error
        document = answer_document(fields, body, requests, completed)
        return Response(json.dumps(document), media_type="application/json")

    return router

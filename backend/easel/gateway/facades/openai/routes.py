"""The routes of OpenAI's Images API, described as far as they are honoured."""

from collections.abc import Mapping
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from easel.errors import ModelNotFound
from easel.gateway.access.callers import caller_of
from easel.gateway.calls import Dispatch
from easel.gateway.facades.openai.image_requests import (
    OpenAiEditBody,
    OpenAiGenerationBody,
    OpenAiVariationBody,
    validated,
)
from easel.gateway.facades.openai.images import Images, Link
from easel.gateway.facades.openai.images_answer import OpenAiImages
from easel.gateway.facades.openai.offered_models import OfferedModels
from easel.gateway.facades.openai.source_forms import read_source_form
from easel.gateway.replicas.pool import ReplicaPool
from easel.web.sse import HEARTBEAT_S, SSE_MEDIA_TYPE

_FILE = {"type": "string", "format": "binary"}
_DATA_URL = {"type": "string", "description": "A `data:` URL."}


class OpenAiModel(BaseModel):
    """One model, as far as OpenAI describes any."""

    id: str
    object: Literal["model"] = "model"
    created: int = Field(default=0, description="Not known.")
    owned_by: str = "easel"


class OpenAiModels(BaseModel):
    """The models that the caller may ask for, the default first."""

    object: Literal["list"] = "list"
    data: list[OpenAiModel]


class OpenAiErrorDetails(BaseModel):
    message: str
    type: str
    param: str | None
    code: str | None


class OpenAiError(BaseModel):
    """Every error of these routes."""

    error: OpenAiErrorDetails
    request_id: str


def openai_router(
    dispatch: Dispatch,
    pool: ReplicaPool,
    *,
    link: Link,
    aliases: Mapping[str, str] | None = None,
    heartbeat_s: float = HEARTBEAT_S,
) -> APIRouter:
    """`/v1/images/*` and `/v1/models`; errors need `Dialects` around the app.

    Args:
        dispatch: Runs the generations.
        pool: Whose models are offered.
        link: Makes of an image's path one that opens without a key.
        aliases: Ids of models by further names, `gpt-image-1` say.
        heartbeat_s: Longest silence of a stream.
    """
    models = OfferedModels(pool, aliases or {})
    images = Images(dispatch, models, link, heartbeat_s)
    router = APIRouter(tags=["openai"], responses=_ERRORS)

    @router.post(
        "/v1/images/generations",
        operation_id="openaiGenerateImages",
        summary="Paint images from a prompt.",
        responses=_IMAGES_OR_EVENTS,
    )
    async def generate(body: OpenAiGenerationBody, request: Request) -> Response:
        return images.document_or_stream(request, body, {}, "image_generation")

    @router.post(
        "/v1/images/edits",
        operation_id="openaiEditImage",
        summary="Paint anew what is masked, or the whole image.",
        responses=_IMAGES_OR_EVENTS,
        openapi_extra=_form_body(OpenAiEditBody, "image", "mask"),
    )
    async def edit(request: Request) -> Response:
        form = await read_source_form(request)
        body = validated(OpenAiEditBody, form.fields)
        return images.document_or_stream(request, body, form.source, "image_edit")

    @router.post(
        "/v1/images/variations",
        operation_id="openaiVaryImage",
        summary="Paint images that resemble one.",
        responses=_IMAGES,
        openapi_extra=_form_body(OpenAiVariationBody, "image"),
    )
    async def vary(request: Request) -> Response:
        form = await read_source_form(request)
        body = validated(OpenAiVariationBody, form.fields)
        return images.document(request, body, form.source)

    @router.get(
        "/v1/models",
        operation_id="openaiListModels",
        summary="The models that can be asked for.",
    )
    async def list_models(request: Request) -> OpenAiModels:
        names = models.names(caller_of(request.scope))
        return OpenAiModels(data=[OpenAiModel(id=name) for name in names])

    @router.get(
        "/v1/models/{model:path}",
        operation_id="openaiGetModel",
        summary="One model.",
    )
    async def get_model(model: str, request: Request) -> OpenAiModel:
        if model not in models.names(caller_of(request.scope)):
            raise ModelNotFound(f"The model {model!r} does not exist.", param="model")
        return OpenAiModel(id=model)

    return router


_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"description": "OpenAI's error object.", "model": OpenAiError}
    for status in (400, 401, 403, 404, 409, 413, 415, 429, 500, 502, 503, 504, 507)
}
_IMAGES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The images.", "model": OpenAiImages}
}
_EVENT = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "event": {"type": "string", "description": "The data's `type`."},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}
_IMAGES_OR_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        **_IMAGES[200],
        "description": "The images; with `stream` their events.",
        "content": {SSE_MEDIA_TYPE: {"itemSchema": _EVENT}},
    }
}


def _form_body(model: type[BaseModel], *images: str) -> dict[str, Any]:
    """For the OpenAPI document: FastAPI does not see a body that is read by hand."""
    schema = model.model_json_schema()
    required = ["image", *schema.get("required", [])]
    content = {
        media_type: {
            "schema": {
                **schema,
                "required": required,
                "properties": schema["properties"] | dict.fromkeys(images, image),
            }
        }
        for media_type, image in (
            ("multipart/form-data", _FILE),
            ("application/json", _DATA_URL),
        )
    }
    return {"requestBody": {"required": True, "content": content}}

"""The native API, declared once: both tiers register these very operations.

A route module writes `@router.api_route(**GENERATE)`; path, method, documented
answers and operation id come from here, so the tiers cannot drift apart.
"""

from enum import Enum
from typing import Annotated, Any, Literal, TypedDict, get_args

from fastapi import Header, Path, Query
from pydantic import BaseModel, TypeAdapter

from easel.contract.errors import PROBLEM_MEDIA_TYPE, Problem
from easel.contract.events import GenerationEvent
from easel.contract.generations import MAX_SIDE_PX, Generation, GenerationRequest
from easel.contract.models import ModelDocument, ModelList
from easel.contract.prompt_tokens import PromptToCount, PromptTokens
from easel.contract.replicas import Liveness, Readiness
from easel.web.generation_body import REQUEST_BODY
from easel.web.sse import SSE_MEDIA_TYPE

_SCHEMA_REF = "#/components/schemas/{model}"


ImageIndex = Annotated[int, Path(ge=0)]
ThumbnailWidth = Annotated[int | None, Query(ge=16, le=MAX_SIDE_PX)]
LastEventId = Annotated[int | None, Header(alias="Last-Event-ID", ge=0)]


class Operation(TypedDict):
    """The arguments of FastAPI's `api_route` that describe one operation."""

    path: str
    methods: list[str]
    operation_id: str
    summary: str
    tags: list[str | Enum]
    status_code: int
    responses: dict[int | str, dict[str, Any]]
    response_model: None
    openapi_extra: dict[str, Any]


def _schema(name: str) -> dict[str, Any]:
    return {"schema": {"$ref": _SCHEMA_REF.format(model=name)}}


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {PROBLEM_MEDIA_TYPE: _schema("Problem")}
    return {
        status: {"description": "Problem document (RFC 9457).", "content": content}
        for status in statuses
    }


def _event(event: type[BaseModel]) -> dict[str, Any]:
    """One event as it is on the wire: the data is JSON in text."""
    (name,) = get_args(event.model_fields["event"].annotation)
    data = event.model_fields["data"].annotation
    # What is no model is the union of the generation's states.
    # What is no class is the union of the states that a generation can be in.
    model = data.__name__ if isinstance(data, type) else "Generation"
    return {
        "type": "object",
        "required": ["event", "data"],
        "properties": {
            "event": {"const": name},
            "data": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": {"$ref": _SCHEMA_REF.format(model=model)},
            },
            "id": {"type": "string", "description": "For `Last-Event-ID`."},
        },
    }


_EVENT_TYPES = get_args(get_args(GenerationEvent)[0])
_BYTES = {"schema": {"type": "string", "format": "binary"}}
# As OpenAPI 3.2 describes streams; what knows only 3.1 takes it for text.
_EVENTS = {SSE_MEDIA_TYPE: {"itemSchema": {"oneOf": [*map(_event, _EVENT_TYPES)]}}}
_IMAGE_FILE = {media: _BYTES for media in ("image/png", "image/webp", "image/jpeg")}
_UPSTREAM_PROBLEMS = (502, 503, 504)


def _prefer(description: str) -> dict[str, Any]:
    """Declared by hand: the routes read it by hand, as it may come several times."""
    parameter = {
        "name": "Prefer",
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string"},
    }
    return {"parameters": [parameter]}


def _header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}


_LOCATION = {"Location": _header("`/generations/{id}`")}
_TAG = {"ETag": _header("Of the images: the same tag, the same bytes.")}
_APPLIED = {"Preference-Applied": _header("What of `Prefer` was honoured.")}


def _operation(
    method: str,
    path: str,
    operation_id: str,
    summary: str,
    *,
    tag: str,
    content: dict[str, Any],
    problems: tuple[int, ...] = (),
    status_code: int = 200,
    also: dict[int | str, dict[str, Any]] | None = None,
    openapi_extra: dict[str, Any] | None = None,
    headers: dict[str, Any] | None = None,
) -> Operation:
    done: dict[int | str, dict[str, Any]] = {
        status_code: {"description": summary, "content": content}
    }
    if headers:
        done[status_code]["headers"] = headers
    return Operation(
        path=path,
        methods=[method],
        operation_id=operation_id,
        summary=summary,
        tags=[tag],
        status_code=status_code,
        responses=done | (also or {}) | _problems(*problems),
        response_model=None,
        openapi_extra=openapi_extra or {},
    )


GENERATE = _operation(
    "POST",
    "/generate",
    "generate",
    "Paint images from a prompt; the request's headers choose the form of the answer.",
    tag="generations",
    content={
        "application/json": _schema("CompletedGeneration"),
        **_EVENTS,
        **_IMAGE_FILE,
    },
    also={
        202: {
            "description": "With `Prefer: respond-async`: accepted.",
            "content": {"application/json": _schema("Generation")},
            "headers": _LOCATION | _APPLIED,
        }
    },
    headers=_LOCATION | _TAG | _APPLIED,
    problems=(400, 404, 406, 409, 413, 415, 422, 500, *_UPSTREAM_PROBLEMS, 507),
    openapi_extra=REQUEST_BODY
    | _prefer(
        "`respond-async`: 202 at once; with `wait=10` the images, if they are there "
        "within 10 s, or else 202. `wait=10` alone: no later than in 10 s, or 504."
    ),
)
GET_GENERATION = _operation(
    "GET",
    "/generations/{generation_id}",
    "getGeneration",
    "How a generation stands.",
    tag="generations",
    content={"application/json": _schema("Generation")},
    headers=_APPLIED,
    problems=(404, *_UPSTREAM_PROBLEMS),
    openapi_extra=_prefer(
        "`wait=10`: answer when it ends, or after 10 s; 60 s at most."
    ),
)
GET_EVENTS = _operation(
    "GET",
    "/generations/{generation_id}/events",
    "followGeneration",
    "Follow a generation: a snapshot, then its events; `Last-Event-ID` replays.",
    tag="generations",
    content=_EVENTS,
    problems=(404, 422, *_UPSTREAM_PROBLEMS),
)
GET_IMAGE = _operation(
    "GET",
    "/generations/{generation_id}/images/{index}",
    "getImage",
    "One image's file; `?width=` makes it a thumbnail.",
    tag="generations",
    content=_IMAGE_FILE,
    also={
        206: {"description": "The `Range` of the file.", "content": _IMAGE_FILE},
        304: {"description": "The `If-None-Match` tag still holds."},
    },
    problems=(404, 422, *_UPSTREAM_PROBLEMS),
)
CANCEL_GENERATION = _operation(
    "DELETE",
    "/generations/{generation_id}",
    "cancelGeneration",
    "Cancel a generation; asking again changes nothing.",
    tag="generations",
    content={"application/json": _schema("Generation")},
    problems=(404, *_UPSTREAM_PROBLEMS),
)
LIST_MODELS = _operation(
    "GET",
    "/models",
    "listModels",
    "The models and what each can do; the first is the default.",
    tag="models",
    content={"application/json": _schema("ModelList")},
    problems=_UPSTREAM_PROBLEMS,
)
GET_MODEL = _operation(
    "GET",
    "/models/{model_id:path}",
    "getModel",
    "What one model can do.",
    tag="models",
    content={"application/json": _schema("ModelDocument")},
    problems=(404, *_UPSTREAM_PROBLEMS),
)
LOAD_MODEL = _operation(
    "POST",
    "/models/{model_id:path}/load",
    "loadModel",
    "Bring a model onto the device; `GET /models` tells how far it is.",
    tag="models",
    content={"application/json": _schema("ModelDocument")},
    status_code=202,
    problems=(404, *_UPSTREAM_PROBLEMS),
)
UNLOAD_MODEL = _operation(
    "POST",
    "/models/{model_id:path}/unload",
    "unloadModel",
    "Take an idle model off the device.",
    tag="models",
    content={"application/json": _schema("ModelDocument")},
    problems=(404, 409, *_UPSTREAM_PROBLEMS),
)
COUNT_TOKENS = _operation(
    "POST",
    "/models/{model_id:path}/tokens",
    "countTokens",
    "How long a prompt is for a model, and how much of it the model reads.",
    tag="models",
    content={"application/json": _schema("PromptTokens")},
    problems=(400, 404, 413, 415, 422, *_UPSTREAM_PROBLEMS),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": _schema("PromptToCount")},
        }
    },
)
LIVEZ = _operation(
    "GET",
    "/livez",
    "livez",
    "The process answers.",
    tag="operation",
    content={"application/json": _schema("Liveness")},
)
READYZ = _operation(
    "GET",
    "/readyz",
    "readyz",
    "A generation would be taken now.",
    tag="operation",
    content={"application/json": _schema("Readiness")},
    problems=(503,),
)
METRICS = _operation(
    "GET",
    "/metrics",
    "metrics",
    "Metrics in Prometheus' text format.",
    tag="operation",
    content={"text/plain": {"schema": {"type": "string"}}},
)


def health_operation(document: type[BaseModel]) -> Operation:
    """`GET /health`: the one native route whose answer differs between the tiers."""
    return _operation(
        "GET",
        "/health",
        "health",
        "How this tier and what it needs are doing; 200 as long as it runs.",
        tag="operation",
        content={"application/json": _schema(document.__name__)},
    )


def add_contract_schemas(openapi: dict[str, Any], *more: type[BaseModel]) -> None:
    """Put every type that the operations refer to into `components.schemas`."""
    schemas = openapi.setdefault("components", {}).setdefault("schemas", {})
    roots: dict[str, TypeAdapter[Any]] = {
        "Generation": TypeAdapter(Generation),
        "GenerationEvent": TypeAdapter(GenerationEvent),
    }
    documents: tuple[type[BaseModel], ...] = (
        GenerationRequest,
        Problem,
        ModelDocument,
        ModelList,
        PromptToCount,
        PromptTokens,
        Liveness,
        Readiness,
        *more,
    )
    roots |= {document.__name__: TypeAdapter(document) for document in documents}
    modes: dict[str, Literal["validation", "serialization"]] = {
        GenerationRequest.__name__: "validation",
        PromptToCount.__name__: "validation",
    }
    for name, adapter in roots.items():
        schema = adapter.json_schema(
            ref_template=_SCHEMA_REF, mode=modes.get(name, "serialization")
        )
        schemas.update(schema.pop("$defs", {}))
        schemas[name] = schema

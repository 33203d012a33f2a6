"""What the models of all servers can do."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress

from fastapi import APIRouter, Request
from starlette.responses import Response

from easel.contract.models import ModelDocument, ModelList
from easel.errors import ModelNotFound, UpstreamFault, UpstreamUnreachable
from easel.gateway.access.callers import Caller, caller_of
from easel.gateway.replicas.asking import open_at
from easel.gateway.replicas.pool import Replica, ReplicaPool
from easel.gateway.routes.forwarding import target
from easel.gateway.upstream import CANNOT_CONNECT, UpstreamRequest
from easel.web import native_api
from easel.web.prompt_body import prompt_body

# A model's document is a few kilobytes.
_DOCUMENT_BYTES = 2**20

# It says at once that it has begun.
_SILENCE_S = 30.0

# Of the same model on two servers, the state that serves a caller best.
_BEST_FIRST = ("ready", "loading", "unloaded", "failed")


def model_router(pool: ReplicaPool) -> APIRouter:
    router = APIRouter()

    @router.api_route(**native_api.LIST_MODELS)
    async def list_models(request: Request) -> Response:
        models = await _models(pool, caller_of(request.scope))
        return _json(ModelList(models=tuple(models.values())).model_dump_json())

    @router.api_route(**native_api.LOAD_MODEL)
    async def load_model(model_id: str, request: Request) -> Response:
        return await _on_all(request, model_id)

    @router.api_route(**native_api.UNLOAD_MODEL)
    async def unload_model(model_id: str, request: Request) -> Response:
        return await _on_all(request, model_id)

    @router.api_route(**native_api.GET_MODEL)
    async def get_model(model_id: str, request: Request) -> Response:
        models = await _models(pool, caller_of(request.scope))
        if model_id not in models:
            raise ModelNotFound(f"There is no model {model_id!r} here.")
        return _json(models[model_id].model_dump_json())

    @router.api_route(**native_api.COUNT_TOKENS)
    async def count_tokens(model_id: str, request: Request) -> Response:
        models = await _models(pool, caller_of(request.scope))
        asked = await prompt_body(request)
        if model_id not in models:
            raise ModelNotFound(f"There is no model {model_id!r} here.")
        counting = UpstreamRequest(
            "POST",
            target(request),
            headers={"Content-Type": "application/json"},
            body=asked.model_dump_json().encode(),
        )
        return await _ask_one(_best_first(pool, model_id), counting)

    async def _on_all(request: Request, model_id: str) -> Response:
        """Ask every server that has the model; the first one's answer is passed on."""
        await _models(pool, caller_of(request.scope))
        having = _having(pool, model_id)
        if not having:
            raise ModelNotFound(f"There is no model {model_id!r} here.")
        asked = UpstreamRequest("POST", target(request), headers={})
        answers = await asyncio.gather(*(_ask(replica, asked) for replica in having))
        return answers[0]

    return router


def _having(pool: ReplicaPool, model_id: str) -> list[Replica]:
    return [
        replica
        for replica in pool.replicas
        if any(document.id == model_id for document in replica.models)
    ]


def _best_first(pool: ReplicaPool, model_id: str) -> list[Replica]:
    """Those that have the model; the ones that cannot be reached last."""
    having = _having(pool, model_id)
    return sorted(having, key=lambda one: one.health.status == "unreachable")


async def _ask_one(replicas: Sequence[Replica], request: UpstreamRequest) -> Response:
    """The answer of the first that can be reached."""
    *others, last = replicas
    for replica in others:
        with suppress(UpstreamFault):
            return await _ask(replica, request)
    return await _ask(last, request)


async def _ask(replica: Replica, request: UpstreamRequest) -> Response:
    async with open_at(replica, request, silence_s=_SILENCE_S) as answer:
        if answer.status >= 400:
            raise await answer.error()
        body = await answer.read(_DOCUMENT_BYTES)
        return _json(body, status_code=answer.status)


async def _models(pool: ReplicaPool, caller: Caller) -> dict[str, ModelDocument]:
    """Of all servers that the caller may use, by id, the default first.

    Raises:
        UpstreamUnreachable: no server has ever named its models.
    """
    if not any(replica.models for replica in pool.replicas):
        await pool.probe()
    if not any(replica.models for replica in pool.replicas):
        raise UpstreamUnreachable(CANNOT_CONNECT)
    best: dict[str, ModelDocument] = {}
    for document in _documents(pool):
        if caller.models is not None and document.id not in caller.models:
            continue
        known = best.get(document.id)
        if known is None or _rank(document) < _rank(known):
            best[document.id] = document
    return best


def _documents(pool: ReplicaPool) -> Iterable[ModelDocument]:
    return (document for replica in pool.replicas for document in replica.models)


def _rank(document: ModelDocument) -> int:
    return _BEST_FIRST.index(document.state)


def _json(body: str | bytes, *, status_code: int = 200) -> Response:
    return Response(body, status_code, media_type="application/json")

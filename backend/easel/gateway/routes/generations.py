"""`POST /generate` and the generations that come of it."""

from collections.abc import Collection

from fastapi import APIRouter, Request
from starlette.responses import Response

from easel.contract.generations import GenerationRequest
from easel.errors import InvalidRequest
from easel.gateway.access.callers import caller_of
from easel.gateway.calls import GenerationCall
from easel.gateway.dispatch import LiveDispatch
from easel.gateway.relay import DocumentRelay, GenerationRelay
from easel.gateway.routes.forwarding import passed_headers, target
from easel.gateway.webhooks.guard import WEBHOOK_HEADER, checked_url
from easel.web import native_api
from easel.web.direct_routes import Endpoint
from easel.web.generation_body import generation_body
from easel.web.preferences import read_preferences
from easel.web.sse import HEARTBEAT_S

# A server that lives sends a heartbeat; three missed ones are no coincidence.
_FOLLOWER_SILENCE_S = 3 * HEARTBEAT_S

# What a client sends to have its picture painted anew.
_NOT_AGAIN = ("no-cache", "no-store")


def generate_endpoint(
    dispatch: LiveDispatch, *, webhook_hosts: Collection[str] | None
) -> Endpoint:
    """
    Args:
        dispatch: Runs the generations.
        webhook_hosts: See `checked_url`; None where there are no webhooks.
    """

    async def generate(request: Request) -> Response:
        body = await generation_body(request)
        return GenerationRelay(dispatch, _call(request, body, webhook_hosts))

    return generate


def generation_router(
    dispatch: LiveDispatch, generate: Endpoint, *, timeout_s: float
) -> APIRouter:
    """
    Args:
        dispatch: Asks of generations.
        generate: Of `generate_endpoint`.
        timeout_s: In which an answer about one must be there.
    """
    router = APIRouter()
    router.api_route(**native_api.GENERATE)(generate)

    def about(
        request: Request,
        *,
        timeout_s: float | None = timeout_s,
        silence_s: float | None = None,
    ) -> Response:
        whole = target(request)
        return DocumentRelay(
            lambda: dispatch.ask(
                caller_of(request.scope),
                request.method,
                whole,
                passed_headers(request),
                silence_s=silence_s,
            ),
            timeout_s=timeout_s,
        )

    @router.api_route(**native_api.GET_GENERATION)
    async def get_generation(generation_id: str, request: Request) -> Response:
        return about(request)

    @router.api_route(**native_api.CANCEL_GENERATION)
    async def cancel_generation(generation_id: str, request: Request) -> Response:
        return about(request)

    @router.api_route(**native_api.GET_EVENTS)
    async def follow_generation(
        generation_id: str,
        request: Request,
        last_event_id: native_api.LastEventId = None,
    ) -> Response:
        return about(request, timeout_s=None, silence_s=_FOLLOWER_SILENCE_S)

    @router.api_route(**native_api.GET_IMAGE)
    async def get_image(
        generation_id: str,
        index: native_api.ImageIndex,
        request: Request,
        width: native_api.ThumbnailWidth = None,
    ) -> Response:
        return about(request)

    return router


def _call(
    request: Request, body: GenerationRequest, webhook_hosts: Collection[str] | None
) -> GenerationCall:
    headers = request.headers
    cache_control = headers.get("cache-control", "")
    prefer = headers.get("prefer")
    return GenerationCall(
        body,
        caller_of(request.scope),
        accept=headers.get("accept", "application/json"),
        prefer=prefer,
        idempotency_key=headers.get("idempotency-key"),
        webhook=_webhook(headers.get(WEBHOOK_HEADER), prefer, webhook_hosts),
        may_reuse=not any(word in cache_control for word in _NOT_AGAIN),
    )


def _webhook(
    url: str | None, prefer: str | None, hosts: Collection[str] | None
) -> str | None:
    """Raises InvalidRequest if there can be none, or none there."""
    if url is None:
        return None
    if hosts is None or not read_preferences(prefer).responds_async:
        reason = (
            "this gateway has no webhooks"
            if hosts is None
            else "needs `Prefer: respond-async`"
        )
        raise InvalidRequest(f"{WEBHOOK_HEADER}: {reason}", param=WEBHOOK_HEADER)
    return checked_url(url, hosts)

"""What a call needs of a server, what is sent there, and when two calls are equal."""

from functools import partial

from easel.contract.generations import GenerationRequest, ImageFormat
from easel.contract.models import ModelDocument
from easel.errors import InvalidRequest
from easel.gateway.access.callers import Caller
from easel.gateway.calls import GenerationCall
from easel.gateway.flights import FlightKey, content_key, idempotency_key
from easel.gateway.parts import Parts
from easel.gateway.replicas.pool import Need, ReplicaPool
from easel.gateway.upstream import UpstreamRequest
from easel.web.parameters import resolve_parameters
from easel.web.tier_headers import (
    GENERATION_ID_HEADER,
    KEEP_HEADER,
    SEED_DRAWN_HEADER,
    TIMEOUT_HEADER,
    USER_HEADER,
)

_FORMATS: dict[str, ImageFormat] = {
    "image/png": "png",
    "image/webp": "webp",
    "image/jpeg": "jpeg",
}


def pinned(request: GenerationRequest, pool: ReplicaPool) -> GenerationRequest:
    """With its model named, where another server might have another default."""
    if request.model is not None or len(pool.replicas) == 1:
        return request
    if pool.default_model is None:
        return request
    return request.model_copy(update={"model": pool.default_model})


def need_of(parts: Parts, request: GenerationRequest, caller: Caller) -> Need:
    model = request.model
    documents = (
        document
        for replica in parts.pool.replicas
        for document in replica.models
        if model is None or document.id == model
    )
    return Need(
        model,
        parts.costs.of(request, next(documents, None)),
        # One caller's poisonous prompt fails for one reason, however often.
        blame=str(hash((caller.id, request.prompt))),
        fits=partial(_fits, request),
    )


def _fits(request: GenerationRequest, model: ModelDocument) -> bool:
    try:
        resolve_parameters(
            request, model, random_seed=0, output_format="png", may_skip_safety=True
        )
    except InvalidRequest:
        return False
    return True


def with_format(request: GenerationRequest, accept: str) -> GenerationRequest:
    """A file of another format is another answer."""
    image_format = _FORMATS.get(accept.partition(";")[0].strip())
    if image_format is None or request.output_format is not None:
        return request
    return request.model_copy(update={"output_format": image_format})


def flight_key(
    call: GenerationCall,
    *,
    ttl_s: float | None,
    is_shared: bool,
    is_asynchronous: bool,
) -> FlightKey | None:
    """Under which an earlier one like it is found; None if it is painted in any case.

    Args:
        call: What is asked.
        ttl_s: How long an answer is found by the request alone; None: never.
        is_shared: Whether callers share those answers.
        is_asynchronous: It is painted for its caller alone, who may cancel it.

    Raises:
        InvalidRequest: its `Idempotency-Key` is none.
    """
    caller = call.caller.id
    if call.idempotency_key is not None:
        request = with_format(call.request, call.accept)
        return idempotency_key(caller, call.idempotency_key, request)
    is_open = call.request.seed is None or is_asynchronous
    if is_open or ttl_s is None or not call.may_reuse:
        return None
    request = with_format(call.request, call.accept)
    return content_key(None if is_shared else caller, request, ttl_s=ttl_s)


def upstream_request(
    call: GenerationCall,
    document: bytes,
    *,
    generation_id: str | None,
    timeout_s: float | None,
    is_retry: bool,
) -> UpstreamRequest:
    """
    Args:
        call: What is asked.
        document: The body, with its seed.
        generation_id: Chosen by us; None where the server's own id is not known.
        timeout_s: Seconds that the answer may still take; None: any time.
        is_retry: It was sent before, and broke off.
    """
    headers = {
        "Accept": call.accept,
        "Content-Type": "application/json",
        USER_HEADER: call.caller.id,
    }
    if call.prefer is not None:
        headers["Prefer"] = call.prefer
    if generation_id is not None:
        headers[GENERATION_ID_HEADER] = generation_id
    if call.idempotency_key is not None:
        headers[KEEP_HEADER] = "1"
    if call.request.seed is None:
        headers[SEED_DRAWN_HEADER] = "1"
    if timeout_s is not None:
        headers[TIMEOUT_HEADER] = f"{timeout_s:.3f}"
    return UpstreamRequest("POST", "/generate", headers, document, is_retry=is_retry)

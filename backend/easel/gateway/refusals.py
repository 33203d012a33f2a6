"""What the gateway says instead when its server, or a proxy before it, refuses."""

from pydantic import ValidationError

from easel.contract.errors import PROBLEM_MEDIA_TYPE, ErrorCode, Problem
from easel.errors import (
    DeadlineUnreachable,
    InvalidRequest,
    OutOfMemory,
    ServiceError,
    UpstreamTimeout,
    UpstreamUnavailable,
    UpstreamUnreachable,
)
from easel.gateway.replicas.pool import ReplicaPool
from easel.gateway.upstream import (
    CANNOT_CONNECT,
    TIMED_OUT,
    UNAVAILABLE,
    UpstreamAnswer,
)

# A problem document is a few hundred bytes; a proxy's error page may be anything.
_PROBLEM_BYTES = 64 * 1024

# Nothing was begun, and another server may have room, or this one soon.
_NOT_NOW = frozenset(
    {ErrorCode.QUEUE_FULL, ErrorCode.SERVER_STOPPING, ErrorCode.ENGINE_HUNG}
)


class Busy(UpstreamUnavailable):
    """The server did not take it; another one may."""


class Starting(UpstreamUnavailable):
    """The server will take it when its model is loaded."""


def may_refuse(answer: UpstreamAnswer) -> bool:
    """Whether `raise_for_refusal` has anything to look at."""
    return answer.status in (502, 503, 504)


async def raise_for_refusal(answer: UpstreamAnswer) -> None:
    """Return if `answer` is to be passed on as it is.

    The server's own 4xx, 500 and 507 say it best. Its 503 means "not now", which
    callers of the gateway know under the words of the setup guide. And 502, 503 or
    504 without a problem document come from something between the two.

    Raises:
        UpstreamUnavailable: 503, with the server's reason and its `retry_after_s`.
        OutOfMemory: 503 that only a smaller request changes.
        DeadlineUnreachable: 503 that only more time changes.
        UpstreamUnreachable: 502 of a proxy.
        UpstreamTimeout: 504 of a proxy.
    """
    if answer.status == 503:
        raise await _unavailable(answer)
    if answer.media_type == PROBLEM_MEDIA_TYPE:
        return
    if answer.status == 502:
        raise UpstreamUnreachable(CANNOT_CONNECT)
    if answer.status == 504:
        raise UpstreamTimeout(TIMED_OUT)


async def _unavailable(answer: UpstreamAnswer) -> ServiceError:
    try:
        problem = Problem.model_validate_json(await answer.read(_PROBLEM_BYTES))
    except ValidationError:
        return UpstreamUnavailable(UNAVAILABLE)
    retry_after_s = problem.retry_after_s
    detail = f"{UNAVAILABLE}: {problem.detail}"
    match problem.code:
        case ErrorCode.OUT_OF_MEMORY:
            return OutOfMemory(
                problem.detail, param=problem.param, retry_after_s=retry_after_s
            )
        case ErrorCode.DEADLINE_UNREACHABLE:
            return DeadlineUnreachable(detail, retry_after_s=retry_after_s)
        case ErrorCode.MODEL_LOADING:
            return Starting(detail, retry_after_s=retry_after_s)
        case code if code in _NOT_NOW:
            return Busy(detail, retry_after_s=retry_after_s)
        case _:
            return UpstreamUnavailable(detail, retry_after_s=retry_after_s)


def no_server(pool: ReplicaPool, model: str | None) -> ServiceError:
    """Why none of the pool can take a generation of this model."""
    replicas = pool.replicas
    listed = [replica.models for replica in replicas if replica.models]
    if model is not None and len(listed) == len(replicas):
        ids = {document.id for models in listed for document in models}
        if model not in ids:
            return InvalidRequest(
                f"model: there is no {model!r}; GET /models lists them.", param="model"
            )
    health = [replica.health for replica in replicas]
    if all(document.status == "unreachable" for document in health):
        return UpstreamUnreachable(CANNOT_CONNECT)
    details = {document.detail or document.status for document in health}
    return UpstreamUnavailable(f"{UNAVAILABLE}: {'; '.join(sorted(details))}")

"""What the gateway says instead when its server, or a proxy before it, refuses."""

from pydantic import ValidationError

from easel.contract.errors import PROBLEM_MEDIA_TYPE, ErrorCode, Problem
from easel.errors import (
    OutOfMemory,
    UpstreamTimeout,
    UpstreamUnavailable,
    UpstreamUnreachable,
)
from easel.gateway.upstream import (
    CANNOT_CONNECT,
    TIMED_OUT,
    UNAVAILABLE,
    UpstreamAnswer,
)

# A problem document is a few hundred bytes; a proxy's error page may be anything.
_PROBLEM_BYTES = 64 * 1024


async def raise_for_refusal(answer: UpstreamAnswer) -> None:
    """Return if `answer` is to be passed on as it is.

    The server's own 4xx, 500 and 507 say it best. Its 503 means "not now", which
    callers of the gateway know under the words of the setup guide. And 502, 503 or
    504 without a problem document come from something between the two.

    Raises:
        UpstreamUnavailable: 503, with the server's reason and its `retry_after_s`.
        OutOfMemory: 503 that only a smaller request changes.
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


async def _unavailable(answer: UpstreamAnswer) -> UpstreamUnavailable | OutOfMemory:
    try:
        problem = Problem.model_validate_json(await answer.read(_PROBLEM_BYTES))
    except ValidationError:
        return UpstreamUnavailable(UNAVAILABLE)
    if problem.code is ErrorCode.OUT_OF_MEMORY:
        return OutOfMemory(
            problem.detail, param=problem.param, retry_after_s=problem.retry_after_s
        )
    return UpstreamUnavailable(
        f"{UNAVAILABLE}: {problem.detail}", retry_after_s=problem.retry_after_s
    )

"""Errors as OpenAI's clients know them. Pure."""

import json
import math
from typing import Any, NamedTuple

from starlette.responses import Response

from easel.contract.errors import ErrorCode, Problem
from easel.errors import ServiceError
from easel.gateway.facades.dialect import Dialect
from easel.telemetry.request_id import current_request_id

_PATHS = ("/v1/images", "/v1/models")

_INVALID = "invalid_request_error"


class _Words(NamedTuple):
    """The `type` and `code` of an error."""

    type: str
    code: str


# Where OpenAI has a name of its own; the others keep ours as their code.
_WORDS = {
    ErrorCode.UNAUTHORIZED: _Words(_INVALID, "invalid_api_key"),
    ErrorCode.FORBIDDEN: _Words(_INVALID, "insufficient_permissions"),
    ErrorCode.NOT_FOUND: _Words(_INVALID, "unknown_url"),
    ErrorCode.CONTENT_REFUSED: _Words(_INVALID, "content_policy_violation"),
    ErrorCode.RATE_LIMITED: _Words("requests", "rate_limit_exceeded"),
    ErrorCode.TOO_MANY_CONCURRENT: _Words("requests", "rate_limit_exceeded"),
    ErrorCode.QUOTA_EXCEEDED: _Words("insufficient_quota", "insufficient_quota"),
}

# Where the very same request may succeed later, or elsewhere. Not after a timeout:
# the SDK tries three times, and each try would paint until its deadline.
_WORTH_RETRYING = frozenset(
    {
        *(ErrorCode.RATE_LIMITED, ErrorCode.TOO_MANY_CONCURRENT),
        *(ErrorCode.QUEUE_FULL, ErrorCode.EVICTED_FROM_QUEUE),
        *(ErrorCode.DEADLINE_UNREACHABLE, ErrorCode.STORE_UNAVAILABLE),
        *(ErrorCode.MODEL_LOADING, ErrorCode.ENGINE_HUNG, ErrorCode.SERVER_STOPPING),
        *(ErrorCode.UPSTREAM_UNREACHABLE, ErrorCode.UPSTREAM_UNAVAILABLE),
    }
)

# Fields that go by another name here.
_PARAMS = {"width": "size", "height": "size", "num_images": "n"}


def speaks_openai(path: str) -> bool:
    """Whether `path` is of this façade, a route or not."""
    return any(path == root or path.startswith(f"{root}/") for root in _PATHS)


def openai_status(problem: Problem) -> int:
    """OpenAI has one status for a body that is malformed and one that is refused."""
    return 400 if problem.status == 422 else problem.status


def openai_error(problem: Problem) -> dict[str, Any]:
    """The body of the answer, and the data of an `error` event."""
    fallback = _INVALID if problem.status < 500 else "server_error"
    words = _WORDS.get(problem.code, _Words(fallback, problem.code))
    param = None if problem.param is None else _PARAMS.get(problem.param, problem.param)
    return {
        "error": {
            "message": problem.detail,
            "type": words.type,
            "param": param,
            "code": words.code,
        },
        "request_id": problem.request_id,
    }


def render_openai(problem: Problem) -> Response:
    is_worth_it = problem.code in _WORTH_RETRYING
    headers = {"X-Should-Retry": "true" if is_worth_it else "false"}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(math.ceil(problem.retry_after_s))
    return Response(
        json.dumps(openai_error(problem)),
        status_code=openai_status(problem),
        headers=headers,
        media_type="application/json",
    )


def openai_error_response(error: ServiceError) -> Response:
    """For what refuses a request before it reaches `Dialects`."""
    return render_openai(error.problem(current_request_id()))


OPENAI_DIALECT = Dialect(speaks=speaks_openai, render=render_openai)

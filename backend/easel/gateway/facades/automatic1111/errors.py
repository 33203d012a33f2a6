"""Errors as AUTOMATIC1111 words them.

Its own errors are `{"error", "detail", "body", "errors"}`; what FastAPI refuses for it
has a list under `detail`. Here every error has the four, and a 422 the list.
"""

import json
import math
from typing import Any

from starlette.responses import Response

from easel.contract.errors import ErrorCode, Problem
from easel.errors import ServiceError
from easel.gateway.facades.dialect import Dialect
from easel.telemetry.request_id import current_request_id

_ROOT = "/sdapi"


def speaks_automatic1111(path: str) -> bool:
    """Whether `path` is of this façade, a route or not."""
    return path == _ROOT or path.startswith(f"{_ROOT}/")


def render_automatic1111(problem: Problem) -> Response:
    headers: dict[str, str] = {}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(math.ceil(problem.retry_after_s))
    if problem.code is ErrorCode.UNAUTHORIZED:
        # `--api-auth`: its clients send a name and a password when they are asked.
        headers["WWW-Authenticate"] = 'Basic realm="AUTOMATIC1111 API"'
    return Response(
        json.dumps(_document(problem)),
        status_code=problem.status,
        headers=headers,
        media_type="application/json",
    )


def automatic1111_error_response(error: ServiceError) -> Response:
    """For what refuses a request before it reaches `Dialects`."""
    return render_automatic1111(error.problem(current_request_id()))


def _document(problem: Problem) -> dict[str, Any]:
    detail: object = problem.detail
    if problem.status == 422:
        inner = problem.param.split(".") if problem.param else []
        location = ["body", *(part for part in inner if part != "body")]
        detail = [{"loc": location, "msg": problem.detail, "type": problem.code}]
    return {
        "error": _error_name(problem.code),
        "detail": detail,
        "body": "",
        "errors": problem.detail,
        "request_id": problem.request_id,
    }


def _error_name(code: ErrorCode) -> str:
    """`queue_full` as `QueueFull`: there it is the name of a Python exception."""
    return "".join(word.capitalize() for word in code.split("_"))


AUTOMATIC1111_DIALECT = Dialect(
    speaks=speaks_automatic1111, render=render_automatic1111
)

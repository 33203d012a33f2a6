"""The one place that turns an error into an HTTP answer."""

import math
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from easel.contract.errors import PROBLEM_MEDIA_TYPE, Problem
from easel.errors import (
    BodyTooLarge,
    InternalError,
    InvalidJson,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    ServiceError,
)
from easel.telemetry.request_id import current_request_id

# Enough to mend a request by; the names of unknown fields come from the caller.
_MAX_FAULTS = 5
_MAX_NAME_CHARACTERS = 100

# What nginx logs for a client that left; nobody receives it.
_CLIENT_CLOSED_REQUEST = 499


def problem_response(
    error: ServiceError, headers: Mapping[str, str] | None = None
) -> Response:
    """`error` as `application/problem+json`, with `Retry-After` where it has one."""
    return render_problem(error.problem(current_request_id()), headers)


def render_problem(
    problem: Problem, headers: Mapping[str, str] | None = None
) -> Response:
    sent = dict(headers or {})
    if problem.retry_after_s is not None:
        sent["Retry-After"] = str(math.ceil(problem.retry_after_s))
    return Response(
        problem.model_dump_json(exclude_none=True),
        status_code=problem.status,
        headers=sent,
        media_type=PROBLEM_MEDIA_TYPE,
    )


def install_problem_handlers(app: FastAPI) -> None:
    """Make every error of `app` a problem document, its own and the framework's.

    What no handler knows is a bug; `Edge` answers it.
    """
    app.add_exception_handler(ServiceError, _on_service_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(ClientDisconnect, _on_client_disconnect)


async def problem_answer(request: Request, error: Exception) -> Response | None:
    """How an app with these handlers answers `error`; None for a bug."""
    match error:
        case ServiceError():
            return await _on_service_error(request, error)
        case RequestValidationError():
            return await _on_invalid_request(request, error)
        case HTTPException():
            return await _on_http_exception(request, error)
        case ClientDisconnect():
            return await _on_client_disconnect(request, error)
        case _:
            return None


async def _on_service_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)
    return problem_response(error)


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = error.errors()
    if faults[0]["type"] == "json_invalid":
        reason = faults[0].get("ctx", {}).get("error", "malformed")
        return problem_response(
            InvalidJson(f"The body is not valid JSON: {reason}.", param="body")
        )
    told = [f"{_field(fault)}: {_sentence(fault)}" for fault in faults[:_MAX_FAULTS]]
    if len(faults) > _MAX_FAULTS:
        told.append(f"and {len(faults) - _MAX_FAULTS} more")
    detail = "; ".join(told)
    return problem_response(InvalidRequest(detail, param=_field(faults[0])))


def _field(fault: Mapping[str, Any]) -> str:
    """`height` for a fault at ("body", "height"); `body` for one of the whole."""
    location = fault["loc"]
    inner = location[1:] if len(location) > 1 else location
    return ".".join(str(part) for part in inner)[:_MAX_NAME_CHARACTERS]


def _sentence(fault: Mapping[str, Any]) -> str:
    """What pydantic says of the limit; never the value, which may be a prompt."""
    if fault["type"] == "extra_forbidden":
        return "unknown field"
    message = str(fault["msg"])
    return message[:1].lower() + message[1:]


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = str(error.detail)
    headers = dict(error.headers or {})
    match error.status_code:
        case 400:
            return problem_response(InvalidJson(detail, param="body"), headers)
        case 404:
            return problem_response(NotFound(f"No route {request.url.path}."), headers)
        case 405:
            detail = f"{request.method} is not possible at {request.url.path}."
            return problem_response(MethodNotAllowed(detail), headers)
        case 413:
            return problem_response(BodyTooLarge(detail, param="body"), headers)
        case _:
            return problem_response(InternalError(detail), headers)


async def _on_client_disconnect(request: Request, error: Exception) -> Response:
    """It left before its request was complete: no bug, and nobody to tell."""
    return Response(status_code=_CLIENT_CLOSED_REQUEST)

"""A body of JSON, read by hand, with FastAPI's own errors for what is wrong with it."""

import json
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

JSON = "application/json"

M = TypeVar("M", bound=BaseModel)


def media_type_of(request: Request) -> str:
    """What the body is declared as, in lower case and without parameters."""
    content_type = request.headers.get("content-type", "")
    return content_type.partition(";")[0].strip().lower()


def parsed(body: bytes) -> Any:
    """Raises RequestValidationError: there is none, or it is no JSON."""
    if not body:
        missing = {"type": "missing", "loc": ("body",), "msg": "Field required"}
        raise RequestValidationError([missing])
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "malformed"
        raise RequestValidationError(
            [{"type": "json_invalid", "loc": ("body",), "ctx": {"error": reason}}]
        ) from error


def validated(document: type[M], fields: Any) -> M:
    """Raises RequestValidationError: `fields` are not what the contract says."""
    try:
        return document.model_validate(fields)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise RequestValidationError(
            [{**fault, "loc": ("body", *fault["loc"])} for fault in faults]
        ) from error

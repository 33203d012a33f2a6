"""The JSON bodies of `/sdapi/v1`: read, held against the fields, refused by name."""

import json
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from easel.errors import UnsupportedMediaType
from easel.gateway.facades.automatic1111.refused_fields import (
    fault,
    refused_fields,
)

_JSON = "application/json"

Body = TypeVar("Body", bound=BaseModel)


async def json_object(request: Request) -> dict[str, Any]:
    """The body.

    Raises:
        UnsupportedMediaType: it is declared as something else, or not at all; a
            browser sends such bodies for any page, without asking us.
        RequestValidationError: it is no JSON object.
    """
    content_type = request.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != _JSON:
        raise UnsupportedMediaType(
            f"Content-Type is {media_type or 'missing'!r}; send {_JSON}.",
            param="Content-Type",
        )
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "malformed"
        raise RequestValidationError(
            [{"type": "json_invalid", "loc": ("body",), "ctx": {"error": reason}}]
        ) from error
    if not isinstance(body, dict):
        raise RequestValidationError([fault(("body",), "has to be an object")])
    return body


def understood(fields: type[Body], body: dict[str, Any]) -> Body:
    """`body` as `fields`; null is as good as left out.

    Raises:
        RequestValidationError: a value is not one of the field's, or asks for what
            cannot be had.
    """
    if faults := refused_fields(body):
        raise RequestValidationError(faults)
    given = {name: value for name, value in body.items() if value is not None}
    try:
        return fields.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError(
            [
                fault(("body", *each["loc"]), each["msg"])
                for each in error.errors(include_url=False, include_input=False)
            ]
        ) from error

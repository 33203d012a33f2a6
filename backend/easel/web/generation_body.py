"""The body of `POST /generate`: JSON, or a form with image files (multipart)."""

import base64
import json
from typing import Any

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from easel.contract.generations import (
    MAX_FIELDS,
    MAX_IMAGE_CHARACTERS,
    GenerationRequest,
)
from easel.errors import InvalidRequest, UnsupportedMediaType
from easel.web.json_body import JSON, media_type_of, parsed, validated

_FORM = "multipart/form-data"

# Base64 writes three bytes as four characters.
_MAX_FILE_BYTES = MAX_IMAGE_CHARACTERS // 4 * 3
_FILE_FIELDS = ("image", "mask")

# In a form every field is text; those that are text in JSON stay as they are.
_TEXT_FIELDS = frozenset(
    {
        *("prompt", "negative_prompt", "model", "sampler", "output_format"),
        *("determinism", "priority", *_FILE_FIELDS),
    }
)

# For the OpenAPI document: FastAPI does not see a body that is read by hand.
REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            media_type: {"schema": {"$ref": "#/components/schemas/GenerationRequest"}}
            for media_type in (JSON, _FORM)
        },
    }
}


async def generation_body(request: Request) -> GenerationRequest:
    """Dependency.

    Raises:
        UnsupportedMediaType: the body is declared as something else, or not at all.
        RequestValidationError: it is not what the contract says.
        InvalidRequest: a file is too large, or no file.
    """
    media_type = media_type_of(request)
    if media_type == JSON:
        fields = parsed(await request.body())
    elif media_type == _FORM:
        fields = await _form_fields(request)
    else:
        raise UnsupportedMediaType(
            f"Content-Type is {media_type or 'missing'!r}; send {JSON} or {_FORM}.",
            param="Content-Type",
        )
    return validated(GenerationRequest, fields)


async def _form_fields(request: Request) -> dict[str, Any]:
    await _refuse_half_a_form(request)
    try:
        form = await request.form(max_files=len(_FILE_FIELDS), max_fields=MAX_FIELDS)
    except HTTPException as error:
        if error.status_code != 400:
            raise
        raise InvalidRequest(f"body: {error.detail}", param="body") from error
    try:
        if twice := [name for name in form if len(form.getlist(name)) > 1]:
            raise InvalidRequest(f"{twice[0]}: is there twice", param=twice[0])
        return {name: await _value(name, form[name]) for name in form}
    finally:
        await form.close()


async def _refuse_half_a_form(request: Request) -> None:
    """The parser would leave out a file without an end, and paint without it."""
    _, options = parse_options_header(request.headers["content-type"])
    boundary = options.get(b"boundary", b"")
    if boundary and b"--" + boundary + b"--" not in await request.body():
        raise InvalidRequest("body: the form has no end", param="body")


async def _value(name: str, value: UploadFile | str) -> Any:
    if isinstance(value, UploadFile):
        if name not in _FILE_FIELDS:
            raise InvalidRequest(f"{name}: is a file, and should not be", param=name)
        content = await value.read(_MAX_FILE_BYTES + 1)
        if len(content) > _MAX_FILE_BYTES:
            limit = _MAX_FILE_BYTES // 2**20
            raise InvalidRequest(f"{name}: is larger than {limit} MiB", param=name)
        return base64.b64encode(content).decode()
    if name in _TEXT_FIELDS:
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        # What is no number is for the contract to refuse, by its own words.
        return value

"""The bodies that bring an image: forms with files (multipart), or JSON with images.

In JSON an image is a `data:` URL, alone or as OpenAI's `{"image_url": …}`. Nothing is
fetched from elsewhere: a gateway that opens addresses which callers name can be made
to open what is behind the firewall.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from easel.contract.generations import MAX_FIELDS, MAX_IMAGE_CHARACTERS
from easel.contract.mask_reading import REPAINT_TRANSPARENT
from easel.errors import InvalidJson, InvalidRequest, UnsupportedMediaType

_JSON = "application/json"
_FORM = "multipart/form-data"

_IMAGE_NAMES = ("image", "images", "image[]", "images[]")
_FILE_NAMES = (*_IMAGE_NAMES, "mask", "markup")
# As many as OpenAI takes, a mask and a markup: enough to say what is wrong with them.
_MAX_FILES = 18
# Base64 writes three bytes as four characters.
_MAX_FILE_BYTES = MAX_IMAGE_CHARACTERS // 4 * 3


@dataclass(frozen=True, slots=True)
class SourceForm:
    """
    Attributes:
        fields: Everything but the images, as it came.
        source: `image`, and `mask` if there is one, as the native contract has them.
    """

    fields: dict[str, Any]
    source: dict[str, str]


async def read_source_form(request: Request) -> SourceForm:
    """
    Raises:
        UnsupportedMediaType: the body is declared as something else, or not at all.
        InvalidJson: it is declared as JSON and is none.
        InvalidRequest: there is not exactly one image, or something is no image.
    """
    fields = await _fields(request)
    images = [
        image for name in _IMAGE_NAMES for image in _listed(fields.pop(name, None))
    ]
    masks = _listed(fields.pop("mask", None))
    if "markup" in fields:
        raise InvalidRequest("markup: is not supported; send a mask", param="markup")
    if not images:
        raise InvalidRequest("image: field required", param="image")
    if len(images) > 1:
        raise InvalidRequest(
            f"image: there are {len(images)}; one can be edited at a time",
            param="image",
        )
    if len(masks) > 1:
        raise InvalidRequest(f"mask: there are {len(masks)}", param="mask")
    source = {"image": _image_text(images[0], "image")}
    if masks:
        source["mask"] = _mask_text(_image_text(masks[0], "mask"))
    return SourceForm(fields, source)


async def _fields(request: Request) -> dict[str, Any]:
    content_type = request.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == _JSON:
        return _from_json(await request.body())
    if media_type == _FORM:
        return await _from_form(request)
    raise UnsupportedMediaType(
        f"Content-Type is {media_type or 'missing'!r}; send {_FORM} or {_JSON}.",
        param="Content-Type",
    )


def _from_json(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "malformed"
        raise InvalidJson(
            f"The body is not valid JSON: {reason}.", param="body"
        ) from error
    if not isinstance(fields, dict):
        raise InvalidRequest("body: is not a JSON object", param="body")
    return {name: value for name, value in fields.items() if value is not None}


async def _from_form(request: Request) -> dict[str, Any]:
    await _refuse_half_a_form(request)
    try:
        form = await request.form(max_files=_MAX_FILES, max_fields=MAX_FIELDS)
    except HTTPException as error:
        if error.status_code != 400:
            raise
        raise InvalidRequest(f"body: {error.detail}", param="body") from error
    try:
        return {name: await _values(name, form) for name in form}
    finally:
        await form.close()


async def _refuse_half_a_form(request: Request) -> None:
    """The parser would leave out a file without an end, and paint without it."""
    _, options = parse_options_header(request.headers["content-type"])
    boundary = options.get(b"boundary", b"")
    if boundary and b"--" + boundary + b"--" not in await request.body():
        raise InvalidRequest("body: the form has no end", param="body")


async def _values(name: str, form: FormData) -> Any:
    """What came under `name`; images as a list, for several may have one name."""
    values = [await _value(name, value) for value in form.getlist(name)]
    if name in _IMAGE_NAMES or name == "mask":
        return values
    if len(values) > 1:
        raise InvalidRequest(f"{name}: is there twice", param=name)
    return values[0]


async def _value(name: str, value: UploadFile | str) -> str:
    if not isinstance(value, UploadFile):
        return value
    if name not in _FILE_NAMES:
        raise InvalidRequest(f"{name}: is a file, and should not be", param=name)
    content = await value.read(_MAX_FILE_BYTES + 1)
    if len(content) > _MAX_FILE_BYTES:
        limit = _MAX_FILE_BYTES // 2**20
        raise InvalidRequest(f"{name}: is larger than {limit} MiB", param=name)
    return base64.b64encode(content).decode()


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _image_text(image: Any, param: str) -> str:
    """Base64, or a `data:` URL."""
    if isinstance(image, dict):
        image = image.get("image_url")
    if not isinstance(image, str) or image.startswith(("http:", "https:")):
        raise InvalidRequest(
            f"{param}: send the image itself, as a file or a data: URL", param=param
        )
    return image


def _mask_text(image: str) -> str:
    """OpenAI's masks have holes where there is to be something new."""
    prefix, is_url, b64 = image.partition(";base64,")
    if not is_url:
        prefix, b64 = "data:image/png", image
    return f"{prefix};{REPAINT_TRANSPARENT};base64,{b64}"

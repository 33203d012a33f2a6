"""The answer that is not a stream: all images at once, in OpenAI's shape. Pure."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel, Field

from easel.contract.generations import ImageFormat
from easel.gateway.facades.openai.painted_documents import PaintedDocument
from easel.gateway.facades.openai.usage import OpenAiUsage, usage_of


class OpenAiImage(BaseModel):
    """One image: its file in base64, or where to fetch it."""

    b64_json: str | None = None
    url: str | None = None
    seed: int = Field(description="Gives the same image again. Ours.")


class OpenAiImages(BaseModel):
    """The answer of `POST /v1/images/*`."""

    created: int = Field(description="Seconds since 1970.")
    data: list[OpenAiImage]
    background: str
    output_format: ImageFormat
    size: str
    usage: OpenAiUsage
    safety_identifier: str | None = None
    warnings: list[str] = Field(
        default=[], description="What the caller should know of the images. Ours."
    )


def images_answer(
    documents: Sequence[PaintedDocument],
    *,
    url_of: Callable[[str], str] | None,
    safety_identifier: str | None,
) -> bytes:
    """The JSON body; the pictures are copied into it, once, unread.

    Args:
        documents: The generations of one request, in the order of their images.
        url_of: Makes a link of an image's path; None puts the pictures in instead.
        safety_identifier: Of the request.
    """
    envelope = _envelope(documents)
    if safety_identifier:
        envelope["safety_identifier"] = safety_identifier
    pieces: list[bytes | memoryview] = []
    for document in documents:
        for image, picture in zip(
            document.generation.images, document.pictures, strict=True
        ):
            if url_of is None:
                pieces += [
                    b',{"b64_json":"',
                    picture,
                    b'",',
                    _rest({"seed": image.seed}),
                ]
            else:
                pieces += [b",", _json({"url": url_of(image.url), "seed": image.seed})]
    # The first image follows the bracket, not a comma.
    pieces[0] = pieces[0][1:]
    return b"".join((b'{"data":[', *pieces, b"],", _rest(envelope)))


def _envelope(documents: Sequence[PaintedDocument]) -> dict[str, Any]:
    first = documents[0].generation
    warnings = [text for part in documents for text in part.generation.warnings]
    told = {"warnings": list(dict.fromkeys(warnings))} if warnings else {}
    return {
        "created": int(first.created_at.timestamp()),
        "background": "opaque",
        "output_format": first.parameters.output_format,
        "size": f"{first.parameters.width}x{first.parameters.height}",
        "usage": _usage(documents).model_dump(),
        **told,
    }


def _usage(documents: Sequence[PaintedDocument]) -> OpenAiUsage:
    """The prompts count once, however many generations they took."""
    num_images = sum(len(document.pictures) for document in documents)
    return usage_of(documents[0].generation.parameters, num_images)


def _rest(members: dict[str, Any]) -> bytes:
    """What follows the members before in an object that is open already."""
    return _json(members)[1:]


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()

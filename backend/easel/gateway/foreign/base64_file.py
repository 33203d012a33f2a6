"""Image files in base64, as every dialect carries them."""

import asyncio
import base64
from typing import Any

from easel.errors import EngineFailed, InvalidRequest


async def decoded(text: Any) -> bytes:
    """A file in an answer. Raises EngineFailed if it is none."""
    try:
        return await asyncio.to_thread(_bytes, text)
    except (TypeError, ValueError) as error:
        raise EngineFailed("The server that was to paint it gave no image.") from error


async def source_bytes(text: str, name: str) -> bytes:
    """A file in a request, in base64 or as a `data:` URL.

    Args:
        text: The field.
        name: Of the field.

    Raises:
        InvalidRequest: it is no base64.
    """
    try:
        return await asyncio.to_thread(_bytes, text)
    except ValueError as error:
        raise InvalidRequest(f"{name}: is no base64", param=name) from error


def _bytes(text: str) -> bytes:
    if not isinstance(text, str) or not text:
        raise TypeError("no text")
    payload = text.partition(",")[2] if text.startswith("data:") else text
    return base64.b64decode(payload, validate=True)

"""What a text-to-image server wrote, as far as a façade reads it. Pure.

A server that says something else than the contract is unavailable, as one that says
nothing; and what it said is not repeated, for it may quote a prompt.
"""

import re
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from easel.errors import UpstreamUnavailable
from easel.gateway.upstream import UNAVAILABLE

Document = TypeVar("Document", bound=BaseModel)

# Appended to the server's address it must not make another one of it.
_IMAGE_PATH = re.compile(
    r"/generations/[A-Za-z0-9_-]{1,200}/images/[0-9]{1,4}(\?[A-Za-z0-9=&_-]{0,200})?"
)


def read_as(model: type[Document], text: bytes) -> Document:
    """Raises UpstreamUnavailable."""
    try:
        return model.model_validate_json(text)
    except ValidationError:
        raise UpstreamUnavailable(UNAVAILABLE) from None


def image_path(url: str) -> str:
    """`url` if it is an image's path. Raises UpstreamUnavailable."""
    if _IMAGE_PATH.fullmatch(url) is None:
        raise UpstreamUnavailable(UNAVAILABLE)
    return url

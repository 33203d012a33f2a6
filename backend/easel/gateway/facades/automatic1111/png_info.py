"""`POST /sdapi/v1/png-info`: how an image was made, as far as its file says."""

import base64
import binascii
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from easel.errors import InvalidRequest
from easel.gateway.facades.automatic1111.infotext import read_infotext
from easel.gateway.facades.automatic1111.png_chunks import read_chunks, texts

# The keyword under which AUTOMATIC1111, and this service, describe an image.
_INFOTEXT = "parameters"


class PngInfoFields(BaseModel):
    """The body."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    image: str = Field(description="A PNG file in base64, as a `data:` URL or not.")


def png_info(fields: PngInfoFields) -> dict[str, Any]:
    """The answer; what the file does not say is empty.

    Raises:
        InvalidRequest: it is no PNG file.
    """
    try:
        file = base64.b64decode(fields.image.rpartition(",")[2])
        items = texts(read_chunks(file))
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest(
            "image: is not a whole PNG file in base64", param="image"
        ) from error
    text = items.pop(_INFOTEXT, "")
    return {"info": text, "items": items, "parameters": read_infotext(text)}

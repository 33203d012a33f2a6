"""How a preview travels."""

import base64
import io

from PIL.Image import Image, Resampling

MAX_PREVIEW_PX = 256
_JPEG_QUALITY = 70


def preview_url(image: Image) -> str:
    """`image`, at most 256 px wide and high, as a `data:` URL of a few kilobytes."""
    image = image.convert("RGB")
    image.thumbnail((MAX_PREVIEW_PX, MAX_PREVIEW_PX), Resampling.BILINEAR)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_JPEG_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"

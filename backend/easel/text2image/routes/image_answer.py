"""How an image file is sent: cached for ever, because its bytes never change."""

from starlette.responses import FileResponse

from easel.text2image.images.image_files import StoredImage
from easel.text2image.live_generation import LiveGeneration

IMMUTABLE = "private, max-age=31536000, immutable"


def image_response(
    live: LiveGeneration, index: int, stored: StoredImage
) -> FileResponse:
    """The bytes of a finished image with a strong `ETag`."""
    return FileResponse(
        stored.path,
        media_type=stored.media_type,
        headers=image_headers(live, index, stored),
    )


def image_headers(
    live: LiveGeneration, index: int, stored: StoredImage
) -> dict[str, str]:
    name = f"{live.id}-{index}{stored.path.suffix}"
    return {
        "ETag": f'"{stored.sha256}"',
        "Cache-Control": IMMUTABLE,
        "Content-Disposition": f'inline; filename="{name}"',
    }

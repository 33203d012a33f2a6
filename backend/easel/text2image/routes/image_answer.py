"""How an image file is sent: cached for ever, because its bytes never change."""

from starlette.responses import FileResponse

from easel.text2image.images.image_files import StoredImage
from easel.text2image.live_generation import LiveGeneration

IMMUTABLE = "private, max-age=31536000, immutable"


def image_response(
    live: LiveGeneration,
    index: int,
    stored: StoredImage,
    headers: dict[str, str] | None = None,
) -> FileResponse:
    """The bytes of a finished image with a strong `ETag`."""
    name = f"{live.id}-{index}{stored.path.suffix}"
    return FileResponse(
        stored.path,
        media_type=stored.media_type,
        headers={
            "ETag": f'"{stored.sha256}"',
            "Cache-Control": IMMUTABLE,
            "Content-Disposition": f'inline; filename="{name}"',
            **(headers or {}),
        },
    )

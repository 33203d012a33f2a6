"""The door for JSON bodies: anything else is a 415, not a puzzling 422."""

from fastapi import Request

from easel.errors import UnsupportedMediaType


async def require_json(request: Request) -> None:
    """Dependency.

    Raises:
        UnsupportedMediaType: the body is declared as something else, or not at all.
    """
    content_type = request.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaType(
            f"Content-Type is {media_type or 'missing'!r}; send application/json.",
            param="Content-Type",
        )

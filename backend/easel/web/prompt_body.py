"""The body of `POST /models/{id}/tokens`."""

from fastapi import Request

from easel.contract.prompt_tokens import PromptToCount
from easel.errors import BodyTooLarge, UnsupportedMediaType
from easel.web.json_body import JSON, media_type_of, parsed, validated

# The longest prompt, with every character written as two `\\uXXXX`, and some room.
_LIMIT_BYTES = 64 * 1024


async def prompt_body(request: Request) -> PromptToCount:
    """
    Raises:
        UnsupportedMediaType: the body is declared as something else, or not at all.
        BodyTooLarge: no prompt is as long as that.
        RequestValidationError: it is not what the contract says.
    """
    media_type = media_type_of(request)
    if media_type != JSON:
        raise UnsupportedMediaType(
            f"Content-Type is {media_type or 'missing'!r}; send {JSON}.",
            param="Content-Type",
        )
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LIMIT_BYTES:
            raise BodyTooLarge(
                f"The body is more than {_LIMIT_BYTES} bytes long.", param="body"
            )
    return validated(PromptToCount, parsed(bytes(body)))

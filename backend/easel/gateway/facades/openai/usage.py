"""How much was painted, in the unit that OpenAI's clients add up. Pure.

No model here counts as OpenAI's do, so these are estimates of one kind for all of
them: four bytes of a prompt are a text token, and a patch of 16 x 16 pixels, which is
one token to most diffusion transformers, is an image token.
"""

from pydantic import BaseModel

from easel.contract.generations import Parameters

_PATCH_PX = 16
_BYTES_PER_TOKEN = 4


class InputTokens(BaseModel):
    image_tokens: int
    text_tokens: int


class OpenAiUsage(BaseModel):
    """Estimates: a text token is 4 bytes of a prompt, an image token 16 x 16 pixels."""

    input_tokens: int
    input_tokens_details: InputTokens
    output_tokens: int
    total_tokens: int


def usage_of(parameters: Parameters, num_images: int) -> OpenAiUsage:
    """Of `num_images` painted; the prompts, and the image begun with, count once."""
    text = f"{parameters.prompt}{parameters.negative_prompt or ''}".encode()
    text_tokens = -(-len(text) // _BYTES_PER_TOKEN)
    columns = -(-parameters.width // _PATCH_PX)
    rows = -(-parameters.height // _PATCH_PX)
    begins_with_image = parameters.strength is not None
    source_tokens = columns * rows if begins_with_image else 0
    painted_tokens = columns * rows * num_images
    return OpenAiUsage(
        input_tokens=source_tokens + text_tokens,
        input_tokens_details=InputTokens(
            image_tokens=source_tokens, text_tokens=text_tokens
        ),
        output_tokens=painted_tokens,
        total_tokens=source_tokens + text_tokens + painted_tokens,
    )

"""What OpenAI's clients may ask, and what it is in native words. Pure.

Fields that nobody documented are ignored, as OpenAI's clients send new ones before we
know them. Of those that are documented, a hint about how to paint (`quality`, `style`,
`moderation`, …) is accepted and changes nothing, because every model here has one way
to paint; what would make another picture or file than the caller relies on (a
transparent background, GIF, SVG, `markup`) is refused.
"""

from typing import Annotated, Any, Literal, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from easel.contract.generations import GenerationRequest, ImageFormat

MAX_N = 10
MAX_PARTIAL_IMAGES = 3

ResponseFormat = Literal["b64_json", "url"]
Strength = Annotated[
    float | None,
    Field(description="How much of the image is given up to noise. Ours."),
]
Body = TypeVar("Body", bound=BaseModel)


class ImageOptions(BaseModel):
    """What all three operations share; a field that is null takes its default."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)

    model: str | None = Field(
        default=None, description="A name from `GET /v1/models`; the first if left out."
    )
    n: int | None = Field(
        default=None, ge=1, le=MAX_N, description="How many images; one if left out."
    )
    size: str | None = Field(
        default=None,
        pattern=r"^(auto|[0-9]{1,5}x[0-9]{1,5})$",
        description="`WIDTHxHEIGHT` in pixels, or `auto` for the model's own size.",
    )
    response_format: ResponseFormat | None = Field(
        default=None, description="Base64 if left out; `url` gives a signed link."
    )
    user: str | None = Field(default=None, description="As `safety_identifier`.")
    safety_identifier: str | None = Field(
        default=None, description="Given back in the answer; changes nothing."
    )
    seed: int | None = Field(
        default=None, description="Image `i` starts from noise of `seed + i`. Ours."
    )
    negative_prompt: str | None = Field(
        default=None, description="What the image must not show. Ours."
    )
    num_inference_steps: int | None = Field(default=None, description="Ours.")
    guidance_scale: float | None = Field(default=None, description="Ours.")

    @property
    def wanted(self) -> int:
        return self.n or 1

    @property
    def gives_urls(self) -> bool:
        return self.response_format == "url"

    @property
    def effective_safety_identifier(self) -> str | None:
        return self.safety_identifier or self.user or None

    def native_fields(self) -> dict[str, Any]:
        """As `GenerationRequest` names them; what is left out takes the default."""
        fields: dict[str, Any] = {
            "negative_prompt": self.negative_prompt,
            "num_inference_steps": self.num_inference_steps,
            "guidance_scale": self.guidance_scale,
        }
        if self.size is not None and self.size != "auto":
            width, _, height = self.size.partition("x")
            fields |= {"width": int(width), "height": int(height)}
        return fields


class PromptedOptions(ImageOptions):
    """What generations and edits share."""

    prompt: str = Field(description="What the image shows.")
    output_format: ImageFormat | None = Field(
        default=None, description="File format; PNG if left out."
    )
    background: Literal["auto", "opaque"] | None = Field(
        default=None, description="Pictures are opaque: `transparent` is refused."
    )
    stream: bool | None = Field(
        default=None, description="Whether the answer is an event stream."
    )
    partial_images: int | None = Field(
        default=None,
        ge=0,
        le=MAX_PARTIAL_IMAGES,
        description="Of a stream: the most previews to send of each image.",
    )
    quality: (
        Literal["auto", "low", "medium", "high", "xhigh", "max", "standard", "hd"]
        | None
    ) = Field(default=None, description="Accepted; changes nothing.")
    complexity: Literal["low", "medium", "high"] | None = Field(
        default=None, description="Accepted; changes nothing."
    )
    moderation: Literal["low", "auto"] | None = Field(
        default=None, description="Accepted; changes nothing."
    )
    output_compression: int | None = Field(
        default=None, ge=0, le=100, description="Accepted; changes nothing."
    )

    def native_fields(self) -> dict[str, Any]:
        return {
            **super().native_fields(),
            "prompt": self.prompt,
            "output_format": self.output_format,
        }


class OpenAiGenerationBody(PromptedOptions):
    """The body of `POST /v1/images/generations`."""

    style: Literal["vivid", "natural"] | None = Field(
        default=None, description="Accepted; changes nothing."
    )


class OpenAiEditBody(PromptedOptions):
    """The fields of `POST /v1/images/edits` beside its files."""

    strength: Strength = None
    input_fidelity: Literal["high", "low"] | None = Field(
        default=None, description="Accepted; changes nothing: `strength` does."
    )

    def native_fields(self) -> dict[str, Any]:
        return {**super().native_fields(), "strength": self.strength}


# Enough of the original is kept to recognize it.
_VARIATION_STRENGTH = 0.6

# Says as little as a prompt can: the contract wants one.
_VARIATION_PROMPT = "a picture"


class OpenAiVariationBody(ImageOptions):
    """The fields of `POST /v1/images/variations` beside its file.

    DALL-E 2 read the picture's content; here noise is laid over the picture itself and
    painted away again, so a variation keeps its composition.
    """

    prompt: str | None = Field(
        default=None,
        description="OpenAI has none; saying what is there makes better variations.",
    )
    strength: Strength = None

    def native_fields(self) -> dict[str, Any]:
        strength = _VARIATION_STRENGTH if self.strength is None else self.strength
        return {
            **super().native_fields(),
            "prompt": _VARIATION_PROMPT if self.prompt is None else self.prompt,
            "strength": strength,
        }


def native_request(fields: dict[str, Any]) -> GenerationRequest:
    """Held against the contract, which knows the limits.

    Raises:
        RequestValidationError: with the contract's own words.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    return validated(GenerationRequest, given)


def validated(model: type[Body], fields: Any) -> Body:
    """`fields` as the body of a request.

    Raises:
        RequestValidationError: as FastAPI raises it for the bodies that it reads.
    """
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise RequestValidationError(
            [{**fault, "loc": ("body", *fault["loc"])} for fault in faults]
        ) from error

"""A generation: what a person asks for, and the document that says how it stands."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from easel.contract.errors import Problem

MAX_PROMPT_CHARACTERS = 4_000
MIN_SIDE_PX = 32
MAX_SIDE_PX = 4_096
MAX_STEPS = 200
MAX_GUIDANCE_SCALE = 30.0
MAX_IMAGES = 4
MAX_FIELDS = 64
MAX_LORAS = 8
MAX_LORA_SCALE = 4.0
# Base64 of 8 MiB: what a photograph of the largest size takes, with room.
MAX_IMAGE_CHARACTERS = 12 * 2**20
# The largest seed that every tool of the field accepts: AUTOMATIC1111's is 32-bit.
MAX_SEED = 2**32 - 1

ImageFormat = Literal["png", "webp", "jpeg"]
MediaType = Literal["image/png", "image/webp", "image/jpeg"]
Priority = Literal["interactive", "batch", "background"]
DeterminismLevel = Literal["seed", "exact"]
Prompt = Annotated[str, StringConstraints(max_length=MAX_PROMPT_CHARACTERS)]
ImageText = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_IMAGE_CHARACTERS)
]
SidePx = Annotated[int, Field(ge=MIN_SIDE_PX, le=MAX_SIDE_PX)]


class Lora(BaseModel):
    """A low-rank adapter that takes part in a generation."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False
    )

    id: str = Field(min_length=1, max_length=200)
    scale: float = Field(default=1.0, ge=-MAX_LORA_SCALE, le=MAX_LORA_SCALE)


class GenerationRequest(BaseModel):
    """The body of `POST /generate`. What is left out takes the model's default."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False
    )

    @model_validator(mode="before")
    @classmethod
    def _not_a_heap_of_fields(cls, fields: object) -> object:
        """Naming a million unknown fields one by one would take seconds."""
        if isinstance(fields, dict) and len(fields) > MAX_FIELDS:
            raise ValueError(f"more than {MAX_FIELDS} fields")
        return fields

    prompt: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True, min_length=1, max_length=MAX_PROMPT_CHARACTERS
        ),
    ] = Field(description="What the image shows.")
    negative_prompt: Prompt | None = Field(
        default=None, description="What the image must not show, if the model can."
    )
    model: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="An id from `GET /models`; the first of them if left out.",
    )
    width: SidePx | None = Field(default=None, description="Pixels.")
    height: SidePx | None = Field(default=None, description="Pixels.")
    num_inference_steps: int | None = Field(default=None, ge=1, le=MAX_STEPS)
    guidance_scale: float | None = Field(default=None, ge=0, le=MAX_GUIDANCE_SCALE)
    seed: int | None = Field(
        default=None,
        ge=0,
        le=MAX_SEED,
        description="Image `i` starts from noise of `seed + i`; random if left out.",
    )
    num_images: int = Field(default=1, ge=1, le=MAX_IMAGES)
    output_format: ImageFormat | None = Field(
        default=None,
        description="File format; what `Accept` names, or else PNG, if left out.",
    )
    sampler: str | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        description="One of the model's `samplers`.",
    )
    # A list on the wire, which strict validation would not take for a tuple.
    loras: Annotated[tuple[Lora, ...], Field(strict=False)] = Field(
        default=(),
        max_length=MAX_LORAS,
        description="Adapters that the model lists; the order changes nothing.",
    )
    image: ImageText | None = Field(
        default=None,
        description="Image to start from, in base64 or as a `data:` URL (PNG, JPEG or "
        "WebP): image-to-image.",
    )
    mask: ImageText | None = Field(
        default=None,
        description="Where to repaint `image` (white) and where to keep it (black): "
        "inpainting.",
    )
    strength: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="How much of `image` is given up to noise; needs `image`.",
    )
    determinism: DeterminismLevel = Field(
        default="seed",
        description="`seed`: equal to the eye in any company; `exact`: painted alone, "
        "bit-equal to the stock diffusers pipeline, or, where the model's `runtime` is "
        "`onnx`, each time on the same machine.",
    )
    priority: Priority = Field(
        default="interactive",
        description="Who goes first when there is more to do than the server can.",
    )
    provenance: bool = Field(
        default=True,
        description="Whether the file says how it was made; false leaves no metadata "
        "at all, where the server allows it.",
    )
    safety_check: bool = Field(
        default=True,
        description="False leaves the safety check out, where the server allows it.",
    )


class NativeSize(BaseModel):
    """The size at which a model painted, where it differs from the size asked."""

    model_config = ConfigDict(frozen=True)

    width: int
    height: int


class Parameters(BaseModel):
    """The request with no default left open."""

    model_config = ConfigDict(frozen=True)

    prompt: str
    negative_prompt: str | None
    width: int
    height: int
    num_inference_steps: int
    guidance_scale: float
    seed: int
    num_images: int
    sampler: str = Field(description="Name of the noise schedule and solver.")
    loras: tuple[Lora, ...] = ()
    output_format: ImageFormat = "png"
    native_size: NativeSize | None = Field(
        default=None, description="Set where the model painted at another size."
    )
    strength: float | None = Field(
        default=None, description="Set where the generation began with an image."
    )
    image_sha256: str | None = Field(
        default=None, description="Of that image's bytes, in hexadecimal."
    )
    mask_sha256: str | None = None
    determinism: DeterminismLevel = "seed"
    priority: Priority = "interactive"
    provenance: bool = True
    safety_check: bool = True


class ImageSafety(BaseModel):
    """What the safety check said of one image."""

    model_config = ConfigDict(frozen=True)

    flagged: bool
    score: float = Field(ge=0, description="The checker's own measure.")
    action: Literal["none", "blurred"]


class GeneratedImage(BaseModel):
    """One image of a completed generation."""

    model_config = ConfigDict(frozen=True)

    index: int = Field(ge=0)
    seed: int
    width: int
    height: int
    media_type: MediaType
    sha256: str = Field(description="Of the file's bytes, in hexadecimal.")
    url: str = Field(description="Path of the bytes, relative to the API's root.")
    b64_json: str | None = Field(
        default=None,
        description="The file in base64; only in the JSON answer of `POST /generate`.",
    )
    safety: ImageSafety | None = Field(
        default=None, description="Null where no safety check ran."
    )


class Timings(BaseModel):
    """Where the time went, in seconds."""

    model_config = ConfigDict(frozen=True)

    queued_s: float
    encode_s: float
    denoise_s: float
    decode_s: float
    total_s: float


class Determinism(BaseModel):
    """How closely the same request will give the same image again."""

    model_config = ConfigDict(frozen=True)

    level: DeterminismLevel = Field(
        description="`exact`: bit-equal on the same machine; `seed`: equal to the eye."
    )
    largest_batch: int = Field(
        ge=1, description="Most images that shared one denoiser pass with one of these."
    )


class _GenerationDocument(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str
    status: str
    model: str
    created_at: datetime
    parameters: Parameters
    warnings: tuple[str, ...] = ()


class QueuedGeneration(_GenerationDocument):
    """Waiting for its turn."""

    status: Literal["queued"] = "queued"
    position: int = Field(ge=1, description="1 is next.")
    eta_s: float | None = Field(description="Seconds to the images; null if unknown.")


class RunningGeneration(_GenerationDocument):
    """Being painted."""

    status: Literal["running"] = "running"
    step: int = Field(ge=0, description="Steps done, of `num_inference_steps`.")
    eta_s: float | None = Field(description="Seconds to the images; null if unknown.")


class CompletedGeneration(_GenerationDocument):
    """Done: the images are there."""

    status: Literal["completed"] = "completed"
    images: tuple[GeneratedImage, ...]
    timings: Timings
    determinism: Determinism


class FailedGeneration(_GenerationDocument):
    """Ended without images."""

    status: Literal["failed"] = "failed"
    problem: Problem


class CancelledGeneration(_GenerationDocument):
    """Stopped because its caller asked, left, or had no more time."""

    status: Literal["cancelled"] = "cancelled"
    reason: Literal["requested", "client_disconnected", "deadline"]


Generation = Annotated[
    QueuedGeneration
    | RunningGeneration
    | CompletedGeneration
    | FailedGeneration
    | CancelledGeneration,
    Field(discriminator="status"),
]

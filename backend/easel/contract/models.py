"""What a model can do: the capability document behind `GET /models`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from easel.contract.generations import NativeSize


class IntRange(BaseModel):
    """Both ends included."""

    model_config = ConfigDict(frozen=True)

    minimum: int
    maximum: int


class FloatRange(BaseModel):
    """Both ends included."""

    model_config = ConfigDict(frozen=True)

    minimum: float
    maximum: float


class SizeSupport(BaseModel):
    """Which widths and heights a model accepts, in pixels."""

    model_config = ConfigDict(frozen=True)

    minimum: int
    maximum: int
    multiple_of: int = Field(description="Both sides must be a multiple of this.")
    native: tuple[NativeSize, ...] = Field(
        description="Sizes that the model was made for, best first."
    )
    enlarges: bool = Field(
        description="Other sizes are painted at the nearest native shape and resized."
    )


class ModelDefaults(BaseModel):
    """What a request gets for the fields that it leaves out."""

    model_config = ConfigDict(frozen=True)

    width: int
    height: int
    num_inference_steps: int
    guidance_scale: float


class ModelFeatures(BaseModel):
    """Which optional parts of a request the model honours; the rest is refused."""

    model_config = ConfigDict(frozen=True)

    negative_prompt: bool
    guidance_scale: bool
    previews: bool
    image_to_image: bool = False
    inpainting: bool = False
    loras: bool = False
    exact: bool = Field(
        default=True, description="Whether `determinism: exact` can be had."
    )
    batching: bool = Field(
        default=False, description="Whether generations share denoiser passes."
    )


class Style(BaseModel):
    """A look that the model was taught, or that its maker knows to work with it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=60)
    prompt: str = Field(
        pattern=r"\{prompt\}",
        max_length=1_000,
        description="What to ask for; `{prompt}` stands for what the person wrote.",
    )
    negative_prompt: str | None = Field(
        default=None,
        max_length=1_000,
        description="Added to the person's own, where the model honours one.",
    )


ModelState = Literal["unloaded", "loading", "ready", "failed"]
Runtime = Literal["torch", "onnx"]


class ModelDocument(BaseModel):
    """One model as `GET /models/{id}` describes it."""

    model_config = ConfigDict(frozen=True)

    id: str
    display_name: str
    description: str
    license: str | None
    pipeline: str = Field(description="The diffusers pipeline class that paints.")
    runtime: Runtime | None = Field(
        default=None,
        description="`torch`, or `onnx`: ONNX Runtime on the CPU, without torch. Null: "
        "neither, or an older server.",
    )
    sizes: SizeSupport
    num_inference_steps: IntRange
    guidance_scale: FloatRange
    max_images: int
    max_prompt_tokens: int | None = Field(
        description="Longer prompts are cut; null if the model does not say."
    )
    sampler: str = Field(description="The one that a request gets by default.")
    samplers: tuple[str, ...] = ()
    loras: tuple[str, ...] = Field(
        default=(), description="Ids of the adapters that fit this model."
    )
    defaults: ModelDefaults
    features: ModelFeatures
    example_prompts: tuple[str, ...] = ()
    styles: tuple[Style, ...] | None = Field(
        default=None,
        description="Empty: the model knows no styles; null: nothing is known of it.",
    )
    state: ModelState = Field(
        default="ready",
        description="Whether it is on the device; a generation loads it if need be.",
    )
    load_progress: float | None = Field(
        default=None, ge=0, le=1, description="While it loads: how much is there."
    )


class ModelList(BaseModel):
    """The answer of `GET /models`; the first model is the default."""

    model_config = ConfigDict(frozen=True)

    models: tuple[ModelDocument, ...]

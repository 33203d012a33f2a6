"""What a model can do: the capability document behind `GET /models`."""

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


class ModelDocument(BaseModel):
    """One model as `GET /models/{id}` describes it."""

    model_config = ConfigDict(frozen=True)

    id: str
    display_name: str
    description: str
    license: str | None
    pipeline: str = Field(description="The diffusers pipeline class that paints.")
    sizes: SizeSupport
    num_inference_steps: IntRange
    guidance_scale: FloatRange
    max_images: int
    max_prompt_tokens: int | None = Field(
        description="Longer prompts are cut; null if the model does not say."
    )
    sampler: str
    defaults: ModelDefaults
    features: ModelFeatures
    example_prompts: tuple[str, ...] = ()


class ModelList(BaseModel):
    """The answer of `GET /models`; the first model is the default."""

    model_config = ConfigDict(frozen=True)

    models: tuple[ModelDocument, ...]

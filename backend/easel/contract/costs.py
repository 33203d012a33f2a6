"""What device time costs on a text-to-image server, as it has measured it."""

from pydantic import BaseModel, ConfigDict, Field

MAX_ROWS = 4096


class StepSeconds(BaseModel):
    """One point of a curve."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    rows: int = Field(
        ge=1,
        le=MAX_ROWS,
        description="Of a denoiser pass: two for an image with guidance, else one.",
    )
    seconds: float = Field(gt=0)


class ShapeCosts(BaseModel):
    """Of one model at one size."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    model: str = Field(min_length=1, max_length=200)
    width: int = Field(ge=1, description="Painted pixels.")
    height: int = Field(ge=1, description="Painted pixels.")
    text_length: int = Field(
        default=0, ge=0, description="Padded tokens; 0 where all prompts are alike."
    )
    dtype: str = Field(default="float32", description="Of the denoiser.")
    step_seconds: tuple[StepSeconds, ...] = Field(
        min_length=1, description="Of a step, by growing rows."
    )
    overhead_seconds: float | None = Field(
        default=None,
        ge=0,
        description="All but the steps, for one image: encode, decode; null: unknown.",
    )
    cap_rows: int | None = Field(
        default=None,
        ge=1,
        description="Rows beyond which nothing is gained; null while that is tried.",
    )


class CostsDocument(BaseModel):
    """`GET /costs` of a text-to-image server, for those who plan."""

    model_config = ConfigDict(frozen=True)

    replica: str = Field(default="", description="Which server has measured them.")
    device: str | None = Field(default=None, description="Null while loading.")
    max_rows: int | None = Field(
        default=None, ge=1, description="Rows of a pass that the operator allows."
    )
    costs: tuple[ShapeCosts, ...]

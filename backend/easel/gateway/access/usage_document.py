"""`GET /v1/usage`: what a caller has used, and may still use."""

import datetime

from pydantic import BaseModel, ConfigDict, Field


class DayUsage(BaseModel):
    """What was delivered on one UTC day."""

    model_config = ConfigDict(frozen=True)

    date: datetime.date
    images: int = Field(ge=0)
    generations: int = Field(ge=0, description="That delivered at least one image.")
    cost_units: float = Field(
        ge=0, description="Megapixels x steps x images x the model's weight."
    )


class UsageLimits(BaseModel):
    """Of the calling key; null is no limit."""

    model_config = ConfigDict(frozen=True)

    rate: str | None = Field(description="Generations per time, as `60/minute`.")
    max_concurrent: int | None = Field(
        description="Generations in flight or queued at the same time."
    )
    images_per_day: int | None = Field(description="From midnight to midnight, UTC.")


class Usage(BaseModel):
    """What the calling key has used."""

    model_config = ConfigDict(frozen=True)

    caller: str = Field(description="The key's public id.")
    limits: UsageLimits
    images_left_today: int | None = Field(
        ge=0, description="Not counting those being painted; null is no limit."
    )
    resets_in_s: float = Field(gt=0, description="Seconds until the day ends.")
    today: DayUsage
    days: list[DayUsage] = Field(description="The last 30 with today, newest first.")

"""A trace of arrivals in a file: JSON lines, in the words of the API."""

import json
from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from easel.contract.generations import (
    MAX_GUIDANCE_SCALE,
    MAX_IMAGES,
    MAX_STEPS,
    Priority,
)
from easel.planning.kinds import Kind
from easel.planning.traffic import Arrival, RecordedTraffic

_MAX_PX = 16_384
Side = Annotated[int, Field(ge=1, le=_MAX_PX)]


class WrongTrace(ValueError):
    """Says which line, which field, and the limit that it met."""


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    at_s: float = Field(ge=0)
    model: str | None = Field(default=None, min_length=1, max_length=200)
    width: Side | None = None
    height: Side | None = None
    num_inference_steps: int | None = Field(default=None, ge=1, le=MAX_STEPS)
    guidance_scale: float | None = Field(default=None, ge=0, le=MAX_GUIDANCE_SCALE)
    num_images: int = Field(default=1, ge=1, le=MAX_IMAGES)
    priority: Priority = "interactive"
    caller: str = Field(default="caller", min_length=1, max_length=200)


def read_trace(lines: Iterable[str], default: Kind) -> RecordedTraffic:
    """
    Args:
        lines: Each an object with `at_s` and what else differs from the default;
            empty ones are passed over.
        default: Of what a line leaves out.

    Raises:
        WrongTrace: a line is none, the times fall, or there is none.
    """
    arrivals: list[Arrival] = []
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        line = _parsed(number, text)
        if arrivals and line.at_s < arrivals[-1].at_s:
            raise WrongTrace(
                f"line {number}: at_s: must not be less than the line before's "
                f"{arrivals[-1].at_s:g} (got {line.at_s:g})"
            )
        arrivals.append(Arrival(line.at_s, _kind(line, default), line.caller))
    if not arrivals:
        raise WrongTrace("there is no line in it")
    last_s = arrivals[-1].at_s
    # As if one more were to come after the usual time.
    duration_s = last_s + max(last_s / len(arrivals), 1e-3)
    return RecordedTraffic(tuple(arrivals), duration_s)


def _parsed(number: int, text: str) -> _Line:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise WrongTrace(f"line {number}: is not JSON: {error}") from None
    try:
        return _Line.model_validate(document)
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(str(part) for part in fault["loc"])
        where = f"line {number}: {field}" if field else f"line {number}"
        got = "" if fault["type"] == "missing" else f" (got {fault['input']!r})"
        raise WrongTrace(f"{where}: {fault['msg']}{got}") from None


def _kind(line: _Line, default: Kind) -> Kind:
    scale = line.guidance_scale
    return Kind(
        model=line.model or default.model,
        width=line.width or default.width,
        height=line.height or default.height,
        steps=line.num_inference_steps or default.steps,
        images=line.num_images,
        is_guided=default.is_guided if scale is None else scale > 1,
        priority=line.priority,
    )

"""What a generation says while it runs: server-sent events.

On the wire `event` is the SSE event name, `id` its id (counting from 1 within a
generation) and `data` the JSON of the data line. A stream begins with a
`snapshot` and ends with `completed`, `failed` or `cancelled`.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from easel.contract.errors import Problem
from easel.contract.generations import CompletedGeneration, Generation


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True)


class QueuedData(_Data):
    position: int = Field(ge=1, description="1 is next.")
    eta_s: float | None


class StartedData(_Data):
    """Denoising begins."""


class ProgressData(_Data):
    step: int = Field(ge=1, description="Steps done.")
    num_inference_steps: int
    eta_s: float | None = Field(description="Seconds to the images; null if unknown.")


class PreviewData(_Data):
    step: int = Field(ge=1)
    index: int = Field(ge=0, description="Which image of the generation.")
    image: str = Field(description="A small picture, as a `data:image/…;base64,` URL.")


class ImageData(_Data):
    index: int = Field(ge=0)
    seed: int
    url: str
    sha256: str


class CancelledData(_Data):
    reason: Literal["requested", "client_disconnected", "deadline"]


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: int = Field(ge=0)


class SnapshotEvent(_Event):
    """How the generation stands at the moment of connecting."""

    event: Literal["snapshot"] = "snapshot"
    data: Generation


class QueuedEvent(_Event):
    event: Literal["queued"] = "queued"
    data: QueuedData


class StartedEvent(_Event):
    event: Literal["started"] = "started"
    data: StartedData = StartedData()


class ProgressEvent(_Event):
    event: Literal["progress"] = "progress"
    data: ProgressData


class PreviewEvent(_Event):
    event: Literal["preview"] = "preview"
    data: PreviewData


class ImageEvent(_Event):
    event: Literal["image"] = "image"
    data: ImageData


class CompletedEvent(_Event):
    event: Literal["completed"] = "completed"
    data: CompletedGeneration


class FailedEvent(_Event):
    event: Literal["failed"] = "failed"
    data: Problem


class CancelledEvent(_Event):
    event: Literal["cancelled"] = "cancelled"
    data: CancelledData


GenerationEvent = Annotated[
    SnapshotEvent
    | QueuedEvent
    | StartedEvent
    | ProgressEvent
    | PreviewEvent
    | ImageEvent
    | CompletedEvent
    | FailedEvent
    | CancelledEvent,
    Field(discriminator="event"),
]

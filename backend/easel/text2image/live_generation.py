"""One generation of this server from acceptance to its end: its document and events.

Lives on the event loop. The runner's thread sees `parameters` and `stop` only.
"""

import asyncio
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel

from easel.contract.errors import Problem
from easel.contract.events import (
    CancelledData,
    ImageData,
    PreviewData,
    ProgressData,
    QueuedData,
    StartedData,
)
from easel.contract.generations import (
    CancelledGeneration,
    CompletedGeneration,
    Determinism,
    FailedGeneration,
    GeneratedImage,
    Generation,
    Parameters,
    QueuedGeneration,
    RunningGeneration,
    Timings,
)
from easel.errors import ServiceError
from easel.text2image.event_log import EventLog
from easel.text2image.image_files import StoredImage

StopReason = Literal["requested", "client_disconnected"]

_ENDED = (CompletedGeneration, FailedGeneration, CancelledGeneration)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is fixed when a generation is accepted."""

    id: str
    model: str
    parameters: Parameters
    request_id: str
    accepted_at_s: float


class LiveGeneration:
    """`document` is always what a caller may see; every change is also an event."""

    def __init__(
        self,
        accepted: Accepted,
        warnings: tuple[str, ...],
        *,
        position: int,
        eta_s: float | None,
    ) -> None:
        self.accepted = accepted
        self.stop = threading.Event()
        self.log = EventLog()
        self.ended = asyncio.Event()
        self.ended_at_s: float | None = None
        self.started_at_s: float | None = None
        self.images: tuple[StoredImage, ...] = ()
        self._warnings = warnings
        self._created_at = datetime.now(UTC)
        self.document: Generation
        self.move_to(position, eta_s)

    @property
    def id(self) -> str:
        return self.accepted.id

    @property
    def parameters(self) -> Parameters:
        return self.accepted.parameters

    @property
    def has_ended(self) -> bool:
        return isinstance(self.document, _ENDED)

    def move_to(self, position: int, eta_s: float | None) -> None:
        """It waits, at this place in the queue."""
        self.document = QueuedGeneration(
            **self._fields(), position=position, eta_s=eta_s
        )
        self.log.append("queued", QueuedData(position=position, eta_s=eta_s))

    def expect(self, eta_s: float | None) -> None:
        """The time left has been counted down; no event tells of it."""
        if isinstance(self.document, QueuedGeneration | RunningGeneration):
            self.document = self.document.model_copy(update={"eta_s": eta_s})

    def start(self, now_s: float, eta_s: float | None) -> None:
        self.started_at_s = now_s
        self.document = RunningGeneration(**self._fields(), step=0, eta_s=eta_s)
        self.log.append("started", StartedData())

    def progress(self, step: int, eta_s: float | None) -> None:
        steps = self.parameters.num_inference_steps
        self.document = RunningGeneration(**self._fields(), step=step, eta_s=eta_s)
        self.log.append(
            "progress", ProgressData(step=step, num_inference_steps=steps, eta_s=eta_s)
        )

    def preview(self, step: int, index: int, image_url: str) -> None:
        self.log.append("preview", PreviewData(step=step, index=index, image=image_url))

    def complete(
        self,
        images: tuple[StoredImage, ...],
        seeds: tuple[int, ...],
        timings: Timings,
        warnings: tuple[str, ...],
        now_s: float,
    ) -> None:
        self.images = images
        self._warnings += warnings
        described = tuple(
            GeneratedImage(
                index=index,
                seed=seed,
                width=image.size.width,
                height=image.size.height,
                media_type=image.media_type,
                sha256=image.sha256,
                url=f"/generations/{self.id}/images/{index}",
            )
            for index, (image, seed) in enumerate(zip(images, seeds, strict=True))
        )
        for image in described:
            self.log.append(
                "image",
                ImageData(
                    index=image.index,
                    seed=image.seed,
                    url=image.url,
                    sha256=image.sha256,
                ),
            )
        document = CompletedGeneration(
            **self._fields(),
            images=described,
            timings=timings,
            # A generation's images share each forward pass, and no other's do: alone,
            # an image is bit-equal every time; in company only equal to the eye.
            determinism=Determinism(
                level="exact" if len(images) == 1 else "seed",
                largest_batch=len(images),
            ),
        )
        self._end(document, "completed", document, now_s)

    def fail(self, error: ServiceError, now_s: float) -> None:
        problem: Problem = error.problem(self.accepted.request_id)
        document = FailedGeneration(**self._fields(), problem=problem)
        self._end(document, "failed", problem, now_s)

    def cancel(self, reason: StopReason, now_s: float) -> None:
        document = CancelledGeneration(**self._fields(), reason=reason)
        self._end(document, "cancelled", CancelledData(reason=reason), now_s)

    def _end(
        self, document: Generation, event: str, data: BaseModel, now_s: float
    ) -> None:
        self.stop.set()
        self.document = document
        self.ended_at_s = now_s
        self.log.append(event, data)
        self.log.close()
        self.ended.set()

    def _fields(self) -> dict[str, Any]:
        """What every document of this generation has in common."""
        return {
            "id": self.id,
            "model": self.accepted.model,
            "created_at": self._created_at,
            "parameters": self.parameters,
            "warnings": self._warnings,
        }

"""One generation of this server from acceptance to its end: its document and events.

Lives on the event loop. The runner's thread sees `parameters` and `stop` only.
"""

import asyncio
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime
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
    Priority,
    QueuedGeneration,
    RunningGeneration,
    Timings,
)
from easel.errors import ServiceError
from easel.text2image.engine_thread.painting import SampleTimes
from easel.text2image.eta import Eta
from easel.text2image.event_log import EventLog
from easel.text2image.images.image_delivery import Delivered
from easel.text2image.images.image_files import StoredImage
from easel.web.parameters import image_seeds

StopReason = Literal["requested", "client_disconnected", "deadline"]

_ENDED = (CompletedGeneration, FailedGeneration, CancelledGeneration)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is fixed when a generation is accepted.

    Args:
        number: Counts up with every generation of this process.
        user: On whose account it runs.
        accepted_at_s: By the server's clock.
        created_at: The same moment in UTC.
        is_durable: Whether it goes on without its callers, and is in the journal and
            survives a restart.
        fingerprint: Of the request, where a gateway chose the id.
    """

    id: str
    number: int
    model: str
    parameters: Parameters
    request_id: str
    user: str
    accepted_at_s: float
    created_at: datetime
    is_durable: bool = False
    fingerprint: str = ""

    @property
    def priority(self) -> Priority:
        return self.parameters.priority


@dataclass(slots=True)
class _Painted:
    """What has come of a generation so far."""

    images: dict[int, StoredImage] = field(default_factory=dict)
    described: dict[int, GeneratedImage] = field(default_factory=dict)
    times: list[SampleTimes] = field(default_factory=list)
    largest_batch: int = 1


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
        # Nothing more will come of it in this process.
        self.settled = asyncio.Event()
        self.ended_at_s: float | None = None
        self.started_at_s: float | None = None
        self.watchers = 0
        self.callers = 0
        self.promised_s = eta_s
        self.warnings = warnings
        self._has_preview = False
        self._eta = Eta()
        self._painted = _Painted()
        self.document: Generation
        self.move_to(position, eta_s, accepted.accepted_at_s)

    @classmethod
    def ended_before(
        cls,
        accepted: Accepted,
        document: CompletedGeneration | FailedGeneration | CancelledGeneration,
        images: tuple[StoredImage, ...],
        ended_at_s: float,
    ) -> "LiveGeneration":
        """One that ended in an earlier process, as the journal remembers it."""
        live = cls(accepted, document.warnings, position=1, eta_s=None)
        live._painted.images = dict(enumerate(images))
        if isinstance(document, CompletedGeneration):
            for image in document.images:
                live._tell_image(image)
            live._end(document, "completed", document, ended_at_s)
        elif isinstance(document, FailedGeneration):
            live._end(document, "failed", document.problem, ended_at_s)
        else:
            reason = CancelledData(reason=document.reason)
            live._end(document, "cancelled", reason, ended_at_s)
        return live

    @property
    def id(self) -> str:
        return self.accepted.id

    @property
    def is_watched(self) -> bool:
        """Whether somebody follows its events."""
        return self.watchers > 0

    @property
    def request_id(self) -> str:
        return self.accepted.request_id

    @property
    def parameters(self) -> Parameters:
        return self.accepted.parameters

    @property
    def images(self) -> tuple[StoredImage, ...]:
        """In the order of their index, as far as they are finished without a gap."""
        stored = self._painted.images
        finished = range(len(stored))
        return tuple(stored[index] for index in finished if index in stored)

    @property
    def has_ended(self) -> bool:
        return isinstance(self.document, _ENDED)

    @property
    def is_suspended(self) -> bool:
        """Whether it goes on in the next process."""
        return self.settled.is_set() and not self.has_ended

    @property
    def is_completed(self) -> bool:
        return isinstance(self.document, CompletedGeneration)

    @property
    def position(self) -> int | None:
        """In the queue; None once it has begun."""
        if isinstance(self.document, QueuedGeneration):
            return self.document.position
        return None

    @property
    def has_all_images(self) -> bool:
        return len(self._painted.images) == self.parameters.num_images

    def image(self, index: int) -> StoredImage | None:
        """Also of a generation that is still being painted."""
        return self._painted.images.get(index)

    def move_to(self, position: int, eta_s: float | None, now_s: float) -> None:
        """It waits, at this place in the queue."""
        self._eta.tell(eta_s, now_s, may_grow=True)
        eta_s = self._eta.at(now_s)
        self.document = QueuedGeneration(
            **self._fields(), position=position, eta_s=eta_s
        )
        self.log.append("queued", QueuedData(position=position, eta_s=eta_s))

    def expect(self, eta_s: float | None, now_s: float) -> None:
        """A new prediction; no event tells of it by itself."""
        is_queued = isinstance(self.document, QueuedGeneration)
        self._eta.tell(eta_s, now_s, may_grow=is_queued)

    def refresh(self, now_s: float) -> None:
        """Count the time in the document down to now."""
        if isinstance(self.document, QueuedGeneration | RunningGeneration):
            eta_s = self._eta.at(now_s)
            self.document = self.document.model_copy(update={"eta_s": eta_s})

    def start(self, now_s: float) -> None:
        self.started_at_s = now_s
        self.document = RunningGeneration(
            **self._fields(), step=0, eta_s=self._eta.at(now_s)
        )
        self.log.append("started", StartedData())

    def progress(self, step: int, now_s: float) -> None:
        steps = self.parameters.num_inference_steps
        eta_s = self._eta.at(now_s)
        self.document = RunningGeneration(**self._fields(), step=step, eta_s=eta_s)
        self.log.append(
            "progress", ProgressData(step=step, num_inference_steps=steps, eta_s=eta_s)
        )

    def preview(self, step: int, index: int, image_url: str) -> bool:
        """Whether it is the first."""
        self.log.append("preview", PreviewData(step=step, index=index, image=image_url))
        is_first = not self._has_preview
        self._has_preview = True
        return is_first

    def warn(self, warnings: tuple[str, ...]) -> None:
        """Shown with every document from now on."""
        self.warnings += warnings
        self.document = self.document.model_copy(update={"warnings": self.warnings})

    def deliver(
        self, index: int, delivered: Delivered, times: SampleTimes, largest_batch: int
    ) -> None:
        """One of its images can be fetched."""
        stored = delivered.stored
        painted = self._painted
        painted.images[index] = stored
        painted.times.append(times)
        painted.largest_batch = max(painted.largest_batch, largest_batch)
        image = GeneratedImage(
            index=index,
            seed=image_seeds(self.parameters)[index],
            width=stored.size.width,
            height=stored.size.height,
            media_type=stored.media_type,
            sha256=stored.sha256,
            url=f"/generations/{self.id}/images/{index}",
            safety=delivered.safety,
        )
        painted.described[index] = image
        self._tell_image(image)

    def complete(self, now_s: float) -> None:
        """All of its images have been delivered."""
        painted = self._painted
        document = CompletedGeneration(
            **self._fields(),
            images=tuple(painted.described[index] for index in sorted(painted.images)),
            timings=self._timings(now_s),
            determinism=Determinism(
                level=self.parameters.determinism, largest_batch=painted.largest_batch
            ),
        )
        self._end(document, "completed", document, now_s)

    def keep(self, is_durable: bool) -> None:
        """Whether it goes on without its callers, from now on."""
        self.accepted = replace(self.accepted, is_durable=is_durable)

    def suspend(self) -> None:
        """It goes on in the next process: readers are sent away without an end."""
        self.stop.set()
        self.log.close()
        self.settled.set()

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
        self.settled.set()

    def _fields(self) -> dict[str, Any]:
        """What every document of this generation has in common."""
        return {
            "id": self.id,
            "model": self.accepted.model,
            "created_at": self.accepted.created_at,
            "parameters": self.parameters,
            "warnings": self.warnings,
        }

    def _tell_image(self, image: GeneratedImage) -> None:
        data = ImageData(
            index=image.index, seed=image.seed, url=image.url, sha256=image.sha256
        )
        self.log.append("image", data)

    def _timings(self, now_s: float) -> Timings:
        """Of images that were painted together, the time that passed, not the sum."""
        times = self._painted.times
        accepted_at_s = self.accepted.accepted_at_s
        started_at_s = now_s if self.started_at_s is None else self.started_at_s
        denoise_s = max(each.last_step_at for each in times) - min(
            each.first_step_at for each in times
        )
        return Timings(
            queued_s=round(started_at_s - accepted_at_s, 4),
            encode_s=round(sum(each.encode_s for each in times), 4),
            denoise_s=round(denoise_s, 4),
            decode_s=round(sum(each.decode_s for each in times), 4),
            total_s=round(now_s - accepted_at_s, 4),
        )

"""The documents of a generation on a server of another make, and their events. Pure.

Ids of events count the same in every process, for they follow from the document: 1 is
queued, 2 started, then come the steps, the images and the end. So a reader can go on
in another process where it stopped in this one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from easel.contract.events import (
    CancelledData,
    ImageData,
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
    MediaType,
    Parameters,
    QueuedGeneration,
    RunningGeneration,
    Timings,
)
from easel.contract.models import ModelDocument

_QUEUED, _STARTED = 1, 2

ENDED = (CompletedGeneration, FailedGeneration, CancelledGeneration)


@dataclass(frozen=True, slots=True)
class Event:
    id: int
    name: str
    data: BaseModel


@dataclass(frozen=True, slots=True)
class File:
    """A finished picture, as its header describes it.

    Attributes:
        sha256: Of its bytes, in hexadecimal.
        seed: That it was painted with.
    """

    width: int
    height: int
    media_type: MediaType
    sha256: str
    seed: int


def queued(
    generation_id: str,
    model: str,
    created_at: datetime,
    parameters: Parameters,
    warnings: tuple[str, ...],
) -> QueuedGeneration:
    return QueuedGeneration(
        id=generation_id,
        model=model,
        created_at=created_at,
        parameters=parameters,
        warnings=warnings,
        position=1,
        eta_s=None,
    )


def running(document: Generation, step: int = 0) -> RunningGeneration:
    return RunningGeneration(**_lasting(document), step=step, eta_s=None)


def completed(
    document: Generation,
    model: ModelDocument,
    files: Sequence[File],
    *,
    queued_s: float,
    painting_s: float,
) -> CompletedGeneration:
    """How the painting's time was spent is not told: all of it counts as denoising."""
    lasting = _lasting(document)
    lasting["warnings"] += _warnings(document.parameters, model, files)
    return CompletedGeneration(
        **lasting,
        images=tuple(
            GeneratedImage(
                index=index,
                seed=file.seed,
                width=file.width,
                height=file.height,
                media_type=file.media_type,
                sha256=file.sha256,
                url=f"/generations/{document.id}/images/{index}",
            )
            for index, file in enumerate(files)
        ),
        timings=Timings(
            queued_s=queued_s,
            encode_s=0.0,
            denoise_s=painting_s,
            decode_s=0.0,
            total_s=queued_s + painting_s,
        ),
        determinism=Determinism(
            level="seed" if model.features.seed else "none", largest_batch=1
        ),
    )


def failed(document: Generation, problem: Any) -> FailedGeneration:
    return FailedGeneration(**_lasting(document), problem=problem)


def cancelled(document: Generation, reason: Any) -> CancelledGeneration:
    return CancelledGeneration(**_lasting(document), reason=reason)


def events_of(document: Generation, beyond: int) -> Iterator[Event]:
    """What has happened to it so far, from the event after `beyond` on."""
    return (event for event in _all_events(document) if event.id > beyond)


def resume_id(document: Generation, last_event_id: int | None) -> int:
    """Where a reader goes on; whoever comes back gets the end in any case."""
    end = _end_id(document.parameters)
    newest = end - 1 if isinstance(document, ENDED) else end
    return min(max(last_event_id or 0, 0), newest)


def _all_events(document: Generation) -> Iterator[Event]:
    parameters = document.parameters
    steps = parameters.num_inference_steps
    end = _end_id(parameters)
    match document:
        case QueuedGeneration():
            data = QueuedData(position=document.position, eta_s=document.eta_s)
            yield Event(_QUEUED, "queued", data)
        case RunningGeneration():
            yield Event(_STARTED, "started", StartedData())
            if step := min(document.step, steps):
                progress = ProgressData(
                    step=step, num_inference_steps=steps, eta_s=document.eta_s
                )
                yield Event(_STARTED + step, "progress", progress)
        case CompletedGeneration():
            yield Event(_STARTED, "started", StartedData())
            first = _STARTED + steps + 1
            for image in document.images:
                told = ImageData(
                    index=image.index,
                    seed=image.seed,
                    url=image.url,
                    sha256=image.sha256,
                )
                yield Event(first + image.index, "image", told)
            yield Event(end, "completed", document)
        case FailedGeneration():
            yield Event(end, "failed", document.problem)
        case CancelledGeneration():
            yield Event(end, "cancelled", CancelledData(reason=document.reason))


def _end_id(parameters: Parameters) -> int:
    return _STARTED + parameters.num_inference_steps + parameters.num_images + 1


def _lasting(document: Generation) -> dict[str, Any]:
    """What all of its documents have in common."""
    return {
        name: getattr(document, name)
        for name in ("id", "model", "created_at", "parameters", "warnings")
    }


def _warnings(
    parameters: Parameters, model: ModelDocument, files: Sequence[File]
) -> tuple[str, ...]:
    warnings = []
    if not model.features.seed:
        warnings.append("The model takes no seed: this one changed nothing.")
    asked = (parameters.width, parameters.height)
    sizes = {(file.width, file.height) for file in files}
    if other := sorted(sizes - {asked}):
        painted = ", ".join(f"{width} x {height}" for width, height in other)
        warnings.append(
            f"The server painted {painted} instead of {asked[0]} x {asked[1]}."
        )
    if {file.media_type for file in files} != {f"image/{parameters.output_format}"}:
        given = ", ".join(sorted({file.media_type for file in files}))
        warnings.append(f"The server gave {given}.")
    return tuple(warnings)

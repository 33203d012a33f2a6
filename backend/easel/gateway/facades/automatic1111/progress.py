"""`/sdapi/v1/progress`, `interrupt` and `skip`: about the caller's own calls only."""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from easel.contract.generations import (
    Generation,
    QueuedGeneration,
    RunningGeneration,
)
from easel.errors import ServiceError
from easel.gateway.access.callers import Caller
from easel.gateway.calls import Dispatch
from easel.gateway.facades.automatic1111.jobs import JobRecord, Jobs
from easel.gateway.facades.automatic1111.previews import Previews

# Documents without images are a few kilobytes.
_DOCUMENT_BYTES = 2**20

# AUTOMATIC1111's progress of what has only begun: 0 would mean that nothing is on.
_BEGUN = 0.01

_GENERATION: TypeAdapter[Generation] = TypeAdapter(Generation)
_NOTHING: dict[str, Any] = {
    "skipped": False,
    "interrupted": False,
    "stopping_generation": False,
    "job": "",
    "job_count": 0,
    "job_timestamp": "0",
    "job_no": 0,
    "sampling_step": 0,
    "sampling_steps": 0,
}


# A server that does not answer is not waited for: the client asks again.
_PATIENCE_S = 5.0


class Progress:
    """
    Args:
        dispatch: Knows the generations.
        jobs: Knows which are whose.
        previews: Of those that are running.
        patience_s: How long a server has to say how a generation stands.
    """

    def __init__(
        self,
        dispatch: Dispatch,
        jobs: Jobs,
        previews: Previews,
        *,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self._dispatch = dispatch
        self._jobs = jobs
        self._previews = previews
        self._patience_s = patience_s

    async def document(self, caller: Caller, *, with_preview: bool) -> dict[str, Any]:
        """How the newest of the caller's calls stands, as AUTOMATIC1111 says it."""
        records = await self._jobs.of(caller.id)
        if not records:
            return _document(0.0, 0.0, _NOTHING)
        record = records[0]
        found = await asyncio.gather(
            *(self._generation(caller, id_) for id_ in record.generation_ids)
        )
        generations = [generation for generation in found if generation is not None]
        running = [each for each in generations if isinstance(each, RunningGeneration)]
        preview = None
        if with_preview and running:
            preview = await self._previews.newest(caller, running[0].id)
        return _document(
            _fraction(record, generations),
            _eta_s(record, generations),
            _state(record, running),
            preview,
            _place(record, generations),
        )

    async def interrupt(self, caller: Caller) -> None:
        """Stop all of the caller's calls, queued or running, in whichever worker."""
        elsewhere = await self._jobs.interrupt(caller.id)
        await asyncio.gather(*(self._cancel(caller, id_) for id_ in elsewhere))

    async def skip(self, caller: Caller) -> None:
        """Give up the batch that is being painted; the rest of the call goes on."""
        for record in await self._jobs.of(caller.id):
            if record.generation_ids:
                await self._cancel(caller, record.generation_ids[0])
                return

    async def _cancel(self, caller: Caller, generation_id: str) -> None:
        """What has ended meanwhile is as good as cancelled.

        So is, here, what its server does not answer for: its own worker will look.
        """
        with suppress(ServiceError, TimeoutError):
            async with (
                asyncio.timeout(self._patience_s),
                self._dispatch.ask(
                    caller, "DELETE", f"/generations/{generation_id}"
                ) as answer,
            ):
                await answer.read(_DOCUMENT_BYTES)

    async def _generation(
        self, caller: Caller, generation_id: str
    ) -> Generation | None:
        """None if its server does not say."""
        with suppress(ServiceError, TimeoutError, ValidationError):
            async with (
                asyncio.timeout(self._patience_s),
                self._dispatch.ask(
                    caller, "GET", f"/generations/{generation_id}"
                ) as answer,
            ):
                if answer.status < 400:
                    document = await answer.read(_DOCUMENT_BYTES)
                    return _GENERATION.validate_json(document)
        return None


def job_timestamp(moment: datetime) -> str:
    """As AUTOMATIC1111 writes it."""
    return moment.strftime("%Y%m%d%H%M%S")


def _fraction(record: JobRecord, generations: list[Generation]) -> float:
    done = float(record.done)
    for generation in generations:
        match generation:
            case RunningGeneration():
                done += generation.step / generation.parameters.num_inference_steps
            case QueuedGeneration():
                pass
            case _:
                done += 1
    return min(max(done / record.batches, _BEGUN), 1.0)


def _eta_s(record: JobRecord, generations: list[Generation]) -> float:
    """Until the last of its batches is there, as far as anyone knows; else 0."""
    known = [
        generation.eta_s
        for generation in generations
        if isinstance(generation, QueuedGeneration | RunningGeneration)
    ]
    return max((eta_s or 0.0 for eta_s in [*known, record.eta_s]), default=0.0)


def _state(record: JobRecord, running: list[RunningGeneration]) -> dict[str, Any]:
    steps = {}
    if running:
        first = running[0]
        steps = {
            "sampling_step": first.step,
            "sampling_steps": first.parameters.num_inference_steps,
        }
    return {
        **_NOTHING,
        **steps,
        "job": record.id,
        "job_count": record.batches,
        "job_timestamp": job_timestamp(record.started_at),
        "job_no": record.done,
    }


def _place(record: JobRecord, generations: list[Generation]) -> str | None:
    """A few words for who waits."""
    queued = [each for each in generations if isinstance(each, QueuedGeneration)]
    positions = [each.position for each in queued]
    if len(positions) < len(generations):
        return None
    if record.position is not None:
        positions.append(record.position)
    return f"waiting: {min(positions)} in the queue" if positions else None


def _document(
    progress: float,
    eta_s: float,
    state: dict[str, Any],
    preview: str | None = None,
    text: str | None = None,
) -> dict[str, Any]:
    return {
        "progress": progress,
        "eta_relative": eta_s,
        "state": state,
        "current_image": preview,
        "textinfo": text,
    }

"""Several generations as one call, painted side by side, that can be interrupted."""

import asyncio
from collections.abc import Sequence

from easel.contract.generations import CompletedGeneration
from easel.errors import GenerationCancelled
from easel.gateway.access.callers import Caller
from easel.gateway.calls import Dispatch, GenerationCall
from easel.gateway.facades.automatic1111.jobs import Job, Jobs
from easel.gateway.facades.server_words import read_as
from easel.gateway.upstream import UpstreamAnswer


class Painter:
    def __init__(self, dispatch: Dispatch, jobs: Jobs) -> None:
        self._dispatch = dispatch
        self._jobs = jobs

    async def paint(
        self, caller: Caller, calls: Sequence[GenerationCall]
    ) -> list[CompletedGeneration]:
        """Those of `calls` that were painted, in order.

        All of them, unless the caller interrupts: then those that were done by then.
        If one fails, the others are given up.

        Raises:
            ServiceError: as the first one that failed says.
        """
        at_once = asyncio.Semaphore(caller.limits.max_concurrent or len(calls))
        async with self._jobs.begin(caller.id, len(calls)) as job:
            try:
                async with asyncio.TaskGroup() as group:
                    batches = [
                        group.create_task(self._batch(job, index, call, at_once))
                        for index, call in enumerate(calls)
                    ]
                    watch = group.create_task(_interrupted(job, batches))
                    await asyncio.wait(batches)
                    watch.cancel()
            except ExceptionGroup as errors:
                raise errors.exceptions[0] from None
        ended = [batch.result() for batch in batches if not batch.cancelled()]
        return [generation for generation in ended if generation is not None]

    async def _batch(
        self, job: Job, index: int, call: GenerationCall, at_once: asyncio.Semaphore
    ) -> CompletedGeneration | None:
        """None if it was cancelled."""

        async def assigned(generation_id: str) -> None:
            await self._jobs.assigned(job, index, generation_id)

        async with at_once:
            try:
                async with self._dispatch.open(
                    call, on_place=job.waits_at, on_assigned=assigned
                ) as answer:
                    return await _completed(answer)
            except GenerationCancelled:
                return None
            finally:
                await self._jobs.ended(job, index)


async def _interrupted(
    job: Job, batches: Sequence[asyncio.Task[CompletedGeneration | None]]
) -> None:
    """Leaving its answer stops a generation, wherever it stands."""
    await job.interrupted.wait()
    for batch in batches:
        batch.cancel()


async def _completed(answer: UpstreamAnswer) -> CompletedGeneration:
    if answer.status >= 400:
        raise await answer.error()
    body = b"".join([chunk async for chunk in answer.chunks()])
    return read_as(CompletedGeneration, body)

"""What each caller has going on, known to every worker of the gateway.

AUTOMATIC1111 has one job at a time and one `progress` and `interrupt` for everyone.
Here they are about the caller's own calls, and may be asked of another worker than the
one that serves the call; so each call is written into the store, where its own worker
also looks whether it has been interrupted elsewhere. While the store is down, a worker
knows its own calls only.
"""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, ValidationError

from easel.errors import StoreUnavailable
from easel.gateway.admission.tickets import Place
from easel.gateway.store.base import Store

log = logging.getLogger(__name__)

T = TypeVar("T")

# How soon an interrupt reaches a call that waits in another worker.
_LOOK_S = 1.0
_LOOKS_TO_RENEW = 10
# A worker that died leaves its calls behind for so long.
_ENTRY_TTL_S = 30.0
_INTERRUPT_TTL_S = 60.0


class JobRecord(BaseModel):
    """A call as every worker sees it.

    Attributes:
        batches: Native generations that it takes.
        done: Of them, those that have ended, one way or another.
        generation_ids: Those that a server has and that have not ended.
        position, eta_s: Where it stands in the gateway's queue, if it does.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    started_at: datetime
    batches: int
    done: int = 0
    generation_ids: tuple[str, ...] = ()
    position: int | None = None
    eta_s: float | None = None


@dataclass(eq=False)
class Job:
    """A call of this worker."""

    caller_id: str
    batches: int
    started_at: datetime
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    done: int = 0
    generation_ids: dict[int, str] = field(default_factory=dict)
    place: Place | None = None
    interrupted: asyncio.Event = field(default_factory=asyncio.Event)

    def waits_at(self, place: Place) -> None:
        self.place = place

    def record(self) -> JobRecord:
        place = self.place
        return JobRecord(
            id=self.id,
            started_at=self.started_at,
            batches=self.batches,
            done=self.done,
            generation_ids=tuple(self.generation_ids.values()),
            position=None if place is None else place.position,
            eta_s=None if place is None else place.eta_s,
        )


class Jobs:
    """
    Args:
        store: Shared by all workers.
        now: The time of day.
        pause: Waits so many seconds.
    """

    def __init__(
        self,
        store: Store,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._now = now
        self._pause = pause
        self._own: dict[str, Job] = {}

    @asynccontextmanager
    async def begin(self, caller_id: str, batches: int) -> AsyncIterator[Job]:
        """A call that is known to all workers until the block is left."""
        job = Job(caller_id, batches, self._now())
        self._own[job.id] = job
        keeper = asyncio.create_task(self._keep(job))
        try:
            yield job
        finally:
            del self._own[job.id]
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
            await self._attempt(self._store.delete(_entry_key(job)), None)

    async def assigned(self, job: Job, batch: int, generation_id: str) -> None:
        """One of the call's batches is about to be sent to a server."""
        job.place = None
        job.generation_ids[batch] = generation_id
        await self._publish(job)

    async def ended(self, job: Job, batch: int) -> None:
        job.generation_ids.pop(batch, None)
        job.done += 1
        if job.done < job.batches:
            await self._publish(job)

    async def of(self, caller_id: str) -> list[JobRecord]:
        """The caller's calls that have not ended, the newest first."""
        own = [job.record() for job in self._own_of(caller_id)]
        records = own + await self._elsewhere(caller_id)
        return sorted(records, key=lambda record: record.started_at, reverse=True)

    async def interrupt(self, caller_id: str) -> list[str]:
        """Stop all of the caller's calls.

        Returns:
            Ids of generations that other workers wait for, to be cancelled: sooner
            than those workers will look.
        """
        for job in self._own_of(caller_id):
            job.interrupted.set()
        elsewhere = await self._elsewhere(caller_id)
        for record in elsewhere:
            flag = self._store.put(
                _interrupt_key(record.id), b"1", ttl_s=_INTERRUPT_TTL_S
            )
            await self._attempt(flag, None)
        return [id_ for record in elsewhere for id_ in record.generation_ids]

    def _own_of(self, caller_id: str) -> list[Job]:
        return [job for job in self._own.values() if job.caller_id == caller_id]

    async def _elsewhere(self, caller_id: str) -> list[JobRecord]:
        entries = await self._attempt(self._store.items(_entries(caller_id)), {})
        records = []
        for value in entries.values():
            try:
                records.append(JobRecord.model_validate_json(value))
            except ValidationError:
                log.warning("an entry of another version is in the store")
        return [record for record in records if record.id not in self._own]

    async def _keep(self, job: Job) -> None:
        """Keep the entry alive, and see whether another worker has interrupted."""
        while not job.interrupted.is_set():
            await self._publish(job)
            for _ in range(_LOOKS_TO_RENEW):
                await self._pause(_LOOK_S)
                flag = self._store.get(_interrupt_key(job.id))
                if await self._attempt(flag, None):
                    job.interrupted.set()
                    break

    async def _publish(self, job: Job) -> None:
        value = job.record().model_dump_json().encode()
        put = self._store.put(_entry_key(job), value, ttl_s=_ENTRY_TTL_S)
        await self._attempt(put, None)

    async def _attempt(self, operation: Awaitable[T], otherwise: T) -> T:
        try:
            return await operation
        except StoreUnavailable:
            return otherwise


def _entries(caller_id: str) -> str:
    return f"sdapi-job/{quote(caller_id, safe='')}/"


def _entry_key(job: Job) -> str:
    return _entries(job.caller_id) + job.id


def _interrupt_key(job_id: str) -> str:
    return f"sdapi-interrupt/{job_id}"

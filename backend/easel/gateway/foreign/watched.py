"""One generation as its readers see it: run by this process, or by another one."""

import asyncio
from typing import Protocol

from easel.contract.generations import Generation
from easel.errors import ServiceError, UpstreamUnavailable
from easel.gateway.foreign import stages
from easel.gateway.foreign.kept_paintings import KeptPaintings, Record
from easel.gateway.replicas.probed_pool import Pause
from easel.gateway.upstream import UNAVAILABLE
from easel.telemetry.request_id import current_request_id

# Between two looks at what another process does.
LOOK_S = 0.5

_LOST = f"{UNAVAILABLE}: the gateway process that waited for it has ended."


class Watched(Protocol):
    @property
    def document(self) -> Generation:
        """As it stands."""
        ...

    @property
    def fault(self) -> ServiceError | None:
        """Why this process could not have it painted; None if it could, or did not."""
        ...

    async def change(self, within_s: float) -> None:
        """Return when the document has changed, or after so many seconds."""
        ...

    async def image(self, index: int) -> bytes | None:
        """A picture of a completed one; None if it is gone."""
        ...


class StoredPainting:
    """`Watched`, of another process or of the past.

    Args:
        record: As last read.
        kept: Where it is read again.
        pause: Between two looks.
    """

    fault: ServiceError | None = None

    def __init__(self, record: Record, kept: KeptPaintings, pause: Pause) -> None:
        self.record = record
        self._kept = kept
        self._pause = pause
        self._never = asyncio.Event()

    @property
    def document(self) -> Generation:
        return self.record.document

    async def change(self, within_s: float) -> None:
        """See `Watched.change`. Raises StoreUnavailable."""
        if not isinstance(self.document, stages.ENDED):
            await self._pause(min(within_s, LOOK_S), self._never)
            await self.look()

    async def look(self) -> None:
        """How it stands now; what nobody waits for any more has failed."""
        generation_id = self.document.id
        found = await self._kept.find(generation_id)
        if found is None:
            # Its process took it back, because no server had begun it.
            document = stages.cancelled(self.document, "client_disconnected")
            found = self.record.model_copy(update={"document": document})
        has_ended = isinstance(found.document, stages.ENDED)
        if not has_ended and not await self._kept.is_held(generation_id):
            found = await self._given_up(found)
        self.record = found

    async def image(self, index: int) -> bytes | None:
        return await self._kept.image(self.record, index)

    async def _given_up(self, record: Record) -> Record:
        problem = UpstreamUnavailable(_LOST).problem(current_request_id())
        lost = record.model_copy(
            update={"document": stages.failed(record.document, problem)}
        )
        if await self._kept.replace(record, lost):
            return lost
        return await self._kept.find(record.document.id) or lost

"""What one server of another make has, and how it is: asked aside, answered at once.

The gateway's probes give up after a second; a server far away may take longer, and
one that counts calls is not to be asked every few seconds.
"""

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import Literal

from easel.clock import Clock
from easel.contract.models import ModelDocument
from easel.contract.replicas import ServerHealth
from easel.errors import (
    ServiceError,
    UpstreamTimeout,
    UpstreamUnavailable,
    UpstreamUnreachable,
)
from easel.gateway.foreign.adapter import Adapter
from easel.gateway.foreign.places import Places
from easel.gateway.foreign.server_url import ForeignServer
from easel.gateway.upstream import TIMED_OUT, UNAVAILABLE

log = logging.getLogger(__name__)

_LOOK_TIMEOUT_S = 10.0

# Less than the gateway's probes have.
_PATIENCE_S = 0.7

_NOTHING_TO_OFFER = "It has none of the models that are to be offered."
_SILENT = (UpstreamUnreachable, UpstreamTimeout)


class Outlook:
    """
    Args:
        server: Whose.
        adapter: To it.
        places: Tell how much of ours it has to do.
        clock: Of all measurements.
        fresh_s: For how long a good answer is believed.
    """

    def __init__(
        self,
        server: ForeignServer,
        adapter: Adapter,
        places: Places,
        *,
        clock: Clock,
        fresh_s: float,
    ) -> None:
        self._server = server
        self._adapter = adapter
        self._places = places
        self._clock = clock
        self._fresh_s = fresh_s
        self._models: dict[str, ModelDocument] | None = None
        self._fault: ServiceError | None = None
        self._looked_at_s: float | None = None
        self._looking: asyncio.Task[None] | None = None

    async def models(self) -> dict[str, ModelDocument]:
        """By id, as last told.

        Raises:
            UpstreamUnavailable: it has not told any yet.
        """
        if self._models is None:
            await self._look()
        if not self._models:
            raise self._fault or UpstreamUnavailable(
                f"{UNAVAILABLE}: it tells no models."
            )
        return self._models

    async def health(self) -> bytes:
        """JSON, as the health of one of our own servers, with a `detail`.

        Raises:
            UpstreamUnreachable, UpstreamTimeout: it does not answer.
        """
        if not self._is_fresh():
            await self._look()
        if isinstance(self._fault, _SILENT):
            raise self._fault
        return self._document()

    def doubt(self) -> None:
        """It did not do as it should: the next probe asks it."""
        self._looked_at_s = None

    async def end(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    def _is_fresh(self) -> bool:
        if self._fault is not None or self._looked_at_s is None:
            return False
        return self._clock.now() - self._looked_at_s < self._fresh_s

    async def _look(self) -> None:
        """Whoever comes while it is asked waits for the same answer, for a moment."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._ask())
        await asyncio.wait({self._looking}, timeout=_PATIENCE_S)

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(_LOOK_TIMEOUT_S):
                found = await self._adapter.models()
        except TimeoutError:
            self._fault = UpstreamTimeout(TIMED_OUT)
        except ServiceError as fault:
            # It is busy, and told its models before: that is no fault.
            is_busy = fault.retry_after_s is not None and self._models is not None
            self._fault = None if is_busy else fault
        except Exception:
            log.exception("a bug: a server's list of models could not be read")
            self._fault = UpstreamUnavailable(
                f"{UNAVAILABLE}: it cannot be understood."
            )
        else:
            self._told(found)
        self._looked_at_s = self._clock.now()

    def _told(self, found: Sequence[ModelDocument]) -> None:
        self._models = {model.id: model for model in found}
        self._fault = None if found else UpstreamUnavailable(_NOTHING_TO_OFFER)

    def _document(self) -> bytes:
        models = self._models
        detail = None if self._fault is None else self._fault.detail
        status: Literal["healthy", "loading", "unhealthy"] = "healthy"
        if self._fault is not None:
            status = "unhealthy"
        elif models is None:
            status, detail = "loading", "It has not answered yet."
        health = ServerHealth(
            status=status,
            model_loaded=bool(models),
            cuda_available=False,
            replica=self._server.id,
            model=next(iter(models or ()), ""),
            device=None,
            queued=self._places.waiting,
            running=self._places.inside,
            backlog_s=None,
            version=self._server.dialect,
        )
        return json.dumps({**health.model_dump(), "detail": detail}).encode()

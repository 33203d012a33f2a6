"""From a call to a server's answer: limits, queue, replica, retry, deadline, charge.

The order is that of what it costs to refuse: the caller's own limits first, then the
queue, and only who has passed both is sent to a server.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from easel.errors import (
    GenerationNotFound,
    ServiceError,
    UpstreamUnavailable,
    UpstreamUnreachable,
)
from easel.gateway.access.callers import Caller
from easel.gateway.calls import GenerationCall, OnAssigned, OnPlace
from easel.gateway.deadline import Deadline, time_allowed_s
from easel.gateway.journey import Journey
from easel.gateway.metrics import Outcome
from easel.gateway.parts import Parts
from easel.gateway.replicas.asking import open_at
from easel.gateway.replicas.pool import Replica
from easel.gateway.upstream import UNAVAILABLE, UpstreamAnswer, UpstreamRequest
from easel.web.preferences import read_preferences
from easel.web.tier_headers import USER_HEADER

# Eight images of 4096 x 4096 in base64, and more.
_DOCUMENT_BYTES = 512 * 2**20


class LiveDispatch:
    """`Dispatch`, over real servers."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @asynccontextmanager
    async def open(
        self,
        call: GenerationCall,
        *,
        on_place: OnPlace | None = None,
        on_assigned: OnAssigned | None = None,
    ) -> AsyncIterator[UpstreamAnswer]:
        """See `Dispatch.open`."""
        parts = self._parts
        preferences = read_preferences(call.prefer)
        allowed_s = time_allowed_s(preferences, parts.timeout_s)
        journey = Journey(parts, call, Deadline(parts.clock, allowed_s), on_assigned)
        outcome: Outcome | None = None
        try:
            async with asyncio.timeout(allowed_s):
                await journey.begin()
                async with parts.accounts.admitted(
                    call.caller,
                    images=call.request.num_images,
                    cost=journey.cost,
                    joint=call.joint,
                ) as charge:
                    await journey.until_servable(on_place)
                    async with journey.at_the_door(on_place) as passage:
                        with journey:
                            yield await journey.answer(charge)
                            passage.is_typical = journey.was_painted
            outcome = "answered"
        except TimeoutError as error:
            outcome = "timeout"
            raise journey.too_late() from error
        except ServiceError as error:
            outcome = _outcome(error)
            if not journey.has_left_queue:
                parts.metrics.refused(error.code)
            raise
        finally:
            if outcome is None:
                # The last byte and the client's leaving may arrive together.
                outcome = "answered" if journey.is_delivered else "client_left"
            parts.metrics.ended(outcome)

    async def document(self, call: GenerationCall) -> bytes:
        """See `Dispatch.document`."""
        async with self.open(call) as answer:
            if answer.status < 400:
                return await answer.read(_DOCUMENT_BYTES)
            error = await answer.error()
        # An answer all the same, and counted as one: its server counts the failure.
        raise error

    @asynccontextmanager
    async def ask(
        self,
        caller: Caller,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        *,
        silence_s: float | None = None,
    ) -> AsyncIterator[UpstreamAnswer]:
        """See `Dispatch.ask`.

        Args:
            caller: Whose generation it must be, unless the gateway is open.
            method: Of the request.
            path: With the query, quoted as it goes on the wire.
            headers: Of the request.
            silence_s: Longest wait between two bytes, if there is to be one.
        """
        replica = await self._owner(path.split("/")[2])
        sent = dict(headers or {})
        if not caller.is_anonymous:
            sent[USER_HEADER] = caller.id
        request = UpstreamRequest(method, path, sent)
        async with open_at(replica, request, silence_s=silence_s) as answer:
            yield answer

    async def _owner(self, generation_id: str) -> Replica:
        replicas = self._parts.pool.replicas
        if len(replicas) == 1:
            return replicas[0]
        replica = self._parts.pool.owner_of(generation_id)
        if replica is None:
            await self._parts.pool.probe()
            replica = self._parts.pool.owner_of(generation_id)
        if replica is not None:
            return replica
        if any(replica.id is None for replica in replicas):
            # It may be one that never answered yet.
            raise UpstreamUnavailable(f"{UNAVAILABLE}: the one that has it is away.")
        raise GenerationNotFound(f"No generation {generation_id}.")


def _outcome(error: ServiceError) -> Outcome:
    match error:
        case UpstreamUnreachable():
            return "unreachable"
        case _ if error.http_status == 504:
            return "timeout"
        case _ if error.http_status < 500:
            return "refused"
        case _:
            return "unavailable"

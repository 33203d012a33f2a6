"""One answer of the text-to-image server, passed on as it comes.

Nothing is parsed and nothing is kept: every piece is sent before the next is read,
so a slow client slows its server and not this process's memory. A client that
leaves closes the connection to the server at once, also before the first byte.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from easel.clock import Clock
from easel.errors import (
    ServerStopping,
    ServiceError,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from easel.gateway.downstream import Downstream
from easel.gateway.leases import NoSlot, Slots, held_slot
from easel.gateway.metrics import GatewayMetrics, Outcome
from easel.gateway.refusals import raise_for_refusal
from easel.gateway.upstream import TIMED_OUT, Upstream, UpstreamRequest
from easel.web.disconnect import ClientLeft, unless_client_leaves
from easel.web.problems import problem_response
from easel.web.sse import HEARTBEAT_S

# A server that lives sends a heartbeat; three missed ones are no coincidence.
_FOLLOWER_SILENCE_S = 3 * HEARTBEAT_S


@dataclass(frozen=True)
class Relays:
    """Makes the answers of all routes that the server owns."""

    upstream: Upstream
    slots: Slots
    metrics: GatewayMetrics
    clock: Clock
    timeout_s: float

    def generation(self, request: UpstreamRequest) -> "Relay":
        """Takes a slot; ends with the deadline, and says so to who listens."""
        return Relay(self, request, timeout_s=self.timeout_s, generates=True)

    def document(self, request: UpstreamRequest) -> "Relay":
        return Relay(self, request, timeout_s=self.timeout_s)

    def follower(self, request: UpstreamRequest) -> "Relay":
        """Events of a generation that goes on without this connection.

        It has no deadline, and when it breaks the generation has not failed: the
        connection is cut, and the follower comes back with `Last-Event-ID`.
        """
        return Relay(self, request, silence_s=_FOLLOWER_SILENCE_S)


class Relay(Response):
    """Pure ASGI: FastAPI hands over the connection and is out of the way."""

    def __init__(
        self,
        relays: Relays,
        request: UpstreamRequest,
        *,
        timeout_s: float | None = None,
        silence_s: float | None = None,
        generates: bool = False,
    ) -> None:
        super().__init__()
        self._relays = relays
        self._request = request
        self._timeout_s = timeout_s
        self._silence_s = silence_s
        self._generates = generates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        downstream = Downstream(send)
        try:
            with self._slot():
                fault = await unless_client_leaves(receive, self._pass_on(downstream))
        except ClientLeft:
            # The last byte and the client's leaving may arrive together.
            has_all = downstream.is_complete
            self._relays.metrics.ended("answered" if has_all else "client_left")
            return
        except asyncio.CancelledError:
            # The grace of a stop signal is over: uvicorn cancels what still runs.
            self._relays.metrics.ended("stopped")
            fault = ServerStopping("The gateway is stopping.")
        if fault is None:
            return
        if not downstream.has_started:
            await problem_response(fault)(scope, receive, send)
        else:
            await downstream.break_off(fault if self._generates else None)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._generates:
            yield
            return
        metrics = self._relays.metrics
        try:
            with held_slot(self._relays.slots), metrics.generation_in_flight():
                yield
        except NoSlot:
            metrics.rejected("no_slot")
            raise

    async def _pass_on(self, downstream: Downstream) -> ServiceError | None:
        """Why the answer could not be passed on, or None."""
        metrics = self._relays.metrics
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._pass_on_whole(downstream)
        except TimeoutError:
            metrics.ended("timeout")
            return UpstreamTimeout(TIMED_OUT)
        except ServiceError as fault:
            metrics.ended(_outcome(fault))
            return fault
        metrics.ended("answered")
        return None

    async def _pass_on_whole(self, downstream: Downstream) -> None:
        relays = self._relays
        asked_at = relays.clock.now()
        opening = relays.upstream.open(self._request, silence_s=self._silence_s)
        async with opening as answer:
            relays.metrics.first_byte(relays.clock.now() - asked_at)
            await raise_for_refusal(answer)
            await downstream.start(answer.status, answer.headers(), answer.media_type)
            async for chunk in answer.chunks():
                await downstream.send(chunk)
            await downstream.end()


def _outcome(fault: ServiceError) -> Outcome:
    match fault:
        case UpstreamTimeout():
            return "timeout"
        case UpstreamUnreachable():
            return "unreachable"
        case _:
            return "unavailable"

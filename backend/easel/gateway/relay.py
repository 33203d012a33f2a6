"""One answer of a text-to-image server, passed on as it comes.

Nothing is parsed and nothing is kept: every piece is sent before the next is read,
so a slow client slows its server and not this process's memory. A client that
leaves closes the connection to the server at once, also before the first byte.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from easel.errors import ServerStopping, ServiceError, UpstreamTimeout
from easel.gateway.calls import Dispatch, GenerationCall
from easel.gateway.downstream import Downstream
from easel.gateway.queue_events import QueueEvents
from easel.gateway.upstream import TIMED_OUT, UpstreamAnswer
from easel.web.disconnect import ClientLeft, unless_client_leaves
from easel.web.problems import problem_response
from easel.web.sse import SSE_MEDIA_TYPE

_STOPPING = "The gateway is stopping."


class _Relay(Response, ABC):
    """Pure ASGI: FastAPI hands over the connection and is out of the way."""

    # Whether a caller who listens to events is told of a failure in an event.
    tells_failures = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        downstream = Downstream(send)
        try:
            fault = await unless_client_leaves(receive, self._fault(downstream))
        except ClientLeft:
            return
        except asyncio.CancelledError:
            # The grace of a stop signal is over: uvicorn cancels what still runs.
            fault = ServerStopping(_STOPPING)
        if fault is None:
            return
        if not downstream.has_started:
            await problem_response(fault)(scope, receive, send)
        else:
            await downstream.break_off(fault if self.tells_failures else None)

    async def _fault(self, downstream: Downstream) -> ServiceError | None:
        """Why the answer could not be passed on, or None."""
        try:
            await self._pass_on(downstream)
        except ServiceError as fault:
            return fault
        return None

    @abstractmethod
    async def _pass_on(self, downstream: Downstream) -> None:
        """Raises ServiceError: it could not be."""


class GenerationRelay(_Relay):
    """The answer of `POST /generate`."""

    tells_failures = True

    def __init__(self, dispatch: Dispatch, call: GenerationCall) -> None:
        super().__init__()
        self._dispatch = dispatch
        self._call = call

    async def _pass_on(self, downstream: Downstream) -> None:
        listens = self._call.accept.startswith(SSE_MEDIA_TYPE)
        if listens:
            await self._pass_on_with_places(downstream)
            return
        async with self._dispatch.open(self._call) as answer:
            await _send_all(downstream, answer)

    async def _pass_on_with_places(self, downstream: Downstream) -> None:
        waiting = QueueEvents(downstream)
        opening = self._dispatch.open(self._call, on_place=waiting.saw)
        try:
            async with opening as answer:
                await waiting.stop()
                if downstream.has_started:
                    await _continue(downstream, answer)
                else:
                    await _send_all(downstream, answer)
        finally:
            await waiting.abandon()


class DocumentRelay(_Relay):
    """Any other answer of a server.

    Events of a generation that goes on without this connection have no deadline, and
    when they break off the generation has not failed: the connection is cut, and the
    follower comes back with `Last-Event-ID`.
    """

    def __init__(
        self,
        opening: Callable[[], AbstractAsyncContextManager[UpstreamAnswer]],
        *,
        timeout_s: float | None,
    ) -> None:
        super().__init__()
        self._opening = opening
        self._timeout_s = timeout_s

    async def _pass_on(self, downstream: Downstream) -> None:
        try:
            async with asyncio.timeout(self._timeout_s), self._opening() as answer:
                await _send_all(downstream, answer)
        except TimeoutError as error:
            raise UpstreamTimeout(TIMED_OUT) from error


async def _send_all(downstream: Downstream, answer: UpstreamAnswer) -> None:
    await downstream.start(answer.status, answer.headers(), answer.media_type)
    await _send_body(downstream, answer)


async def _continue(downstream: Downstream, answer: UpstreamAnswer) -> None:
    """The status went out with the first place in the queue."""
    if answer.status >= 400:
        raise await answer.error()
    await _send_body(downstream, answer)


async def _send_body(downstream: Downstream, answer: UpstreamAnswer) -> None:
    while chunk := await answer.next_chunk():
        await downstream.send(chunk)
    await downstream.end()

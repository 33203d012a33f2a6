"""uvicorn's HTTP protocol, without its endless patience for a request to arrive.

By itself it waits for ever for the rest of a head or a body. Whoever opens thousands of
connections and says next to nothing (slowloris) would use up memory and descriptors.
"""

import asyncio
import math
from typing import Any

from easel.web.strict_http import StrictProtocol

# From a head's first byte to its last.
HEAD_S = 20.0
# Between two pieces of a body, while there is room for them.
PIECE_S = 30.0

_MESSAGE = b"The request did not arrive in time."
_TOO_LATE = (
    b"HTTP/1.1 408 Request Timeout\r\n"
    b"content-type: text/plain; charset=utf-8\r\n"
    b"content-length: %d\r\n"
    b"connection: close\r\n"
    b"\r\n"
    b"%s"
) % (len(_MESSAGE), _MESSAGE)


class TimelyProtocol(StrictProtocol):
    """Answers 408 and hangs up; only hangs up where nothing at all was said.

    One timer looks whether what is expected is overdue, and if not, when it will be: a
    request that arrives in one piece does not touch it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_in_body = False
        self._due_at = math.inf
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        super().connection_made(transport)
        self._expect(self.timeout_keep_alive)

    def data_received(self, data: bytes) -> None:
        was_in_head = self._is_in_head
        super().data_received(data)
        if self._is_in_body:
            self._expect(PIECE_S)
        elif not self._is_in_head:
            self._due_at = math.inf
        elif not was_in_head:
            self._expect(HEAD_S)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._is_in_body = True

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._is_in_body = False

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._timer is not None:
            self._timer.cancel()

    def _expect(self, within_s: float) -> None:
        self._due_at = self.loop.time() + within_s
        if self._timer is not None and self._timer.when() > self._due_at:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self.loop.call_at(self._due_at, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._due_at == math.inf or self.transport.is_closing():
            return
        if self._is_ours_to_wait:
            self._expect(PIECE_S)
        elif self.loop.time() < self._due_at:
            self._timer = self.loop.call_at(self._due_at, self._look)
        else:
            self._give_up()

    @property
    def _is_ours_to_wait(self) -> bool:
        """There is no room for more, or an answer is under way."""
        if self.flow.read_paused:
            return True
        cycle = self.cycle
        is_answering = cycle is not None and not cycle.response_complete
        # Of a request whose body is still to come an answer may not have begun.
        return is_answering and (cycle.response_started or not self._is_in_body)

    def _give_up(self) -> None:
        is_answered = self._is_in_body and self.cycle.response_complete
        if (self._is_in_head or self._is_in_body) and not is_answered:
            self.transport.write(_TOO_LATE)
        self.transport.close()

"""A connection that does not close in a request's face when its server stops.

uvicorn closes idle connections at once when it is told to stop: also one that a client
has just opened and one into which it writes at that moment. What comes within half
a second is served here, each answer with `Connection: close`.
"""

import asyncio
from typing import Any

from easel.web.timely_http import TimelyProtocol

# Longer than a request needs from a client to here, and within the shortest grace.
LINGER_S = 0.5


class LingeringProtocol(TimelyProtocol):
    """uvicorn's HTTP protocol, but for its end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_last = False
        self._linger: asyncio.TimerHandle | None = None

    def shutdown(self) -> None:
        """No more than one request from now on."""
        self._is_last = True
        if self.cycle is None or self.cycle.response_complete:
            self._linger = self.loop.call_later(LINGER_S, super().shutdown)
        else:
            super().shutdown()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self._is_last and self.cycle is not None:
            self.cycle.keep_alive = False

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._linger is not None:
            self._linger.cancel()

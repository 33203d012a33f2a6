"""What the stub servers of other makes have in common: a real socket, and patience."""

import asyncio
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any, Self

from aiohttp import web


class StubApp(ABC):
    """On a free port.

    Attributes:
        bodies: Of all requests to paint, in their order.
        gate: While it is cleared, who paints waits.
        refusal: Answered instead of pictures, if there is one.
        breaks_off: Drop the connection instead.
        abandoned: Set when a client has left before its pictures.
    """

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.refusal: tuple[int, Any, dict[str, str]] | None = None
        self.breaks_off = False
        self.abandoned = asyncio.Event()
        self.arrived = asyncio.Event()
        self.looks = 0
        self.port = 0

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 2**20)
        self.add_routes(app)
        self._runner = web.AppRunner(
            app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._runner.cleanup()

    @abstractmethod
    def add_routes(self, app: web.Application) -> None: ...

    async def arrival(self) -> None:
        """Return when a request to paint has come since the last call."""
        await self.arrived.wait()
        self.arrived.clear()

    async def taken(self, request: web.Request) -> dict[str, Any]:
        """The body of a request to paint, when it may be painted."""
        body: dict[str, Any] = await request.json()
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        self.arrived.set()
        if self.breaks_off:
            assert request.transport is not None
            request.transport.abort()
            raise ConnectionError
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.abandoned.set()
            raise
        return body

    def refused(self) -> web.Response | None:
        if self.refusal is None:
            return None
        status, document, headers = self.refusal
        return web.json_response(document, status=status, headers=headers)

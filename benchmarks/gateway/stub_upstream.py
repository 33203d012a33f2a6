"""An upstream that answers no generation, and notes when it is left."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from .contender import NATIVE_PATH, OPENAI_PATH
from .processes import free_port
from .upstream import HEALTH, MODELS


@dataclass
class Held:
    """A generation that somebody waits for.

    Attributes:
        left_at_s: By the monotonic clock; None while it is held, or once released.
    """

    left_at_s: float | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)


class StubUpstream:
    """
    Attributes:
        port: Of this machine.
        arrivals: Generations, as they come.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.arrivals: asyncio.Queue[Held] = asyncio.Queue()

    def forget(self) -> None:
        """Those that a gateway asked for again, for a client that has gone."""
        while not self.arrivals.empty():
            self.arrivals.get_nowait().release.set()

    async def generate(self, request: web.Request) -> web.Response:
        await request.read()
        held = Held()
        self.arrivals.put_nowait(held)
        try:
            await held.release.wait()
        except asyncio.CancelledError:
            held.left_at_s = time.monotonic()
            raise
        finally:
            held.ended.set()
        # Of all failures the one that no gateway tries again.
        raise web.HTTPBadRequest


@asynccontextmanager
async def stub_upstream() -> AsyncIterator[StubUpstream]:
    stub = StubUpstream(free_port())
    app = web.Application()
    app.router.add_post(NATIVE_PATH, stub.generate)
    app.router.add_post(OPENAI_PATH, stub.generate)
    app.router.add_get("/health", _health)
    app.router.add_get("/models", _models)
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", stub.port).start()
        yield stub
    finally:
        await runner.cleanup()


async def _health(request: web.Request) -> web.Response:
    return web.json_response(HEALTH, headers={"X-Easel-Replica": "bench"})


async def _models(request: web.Request) -> web.Response:
    return web.json_response(MODELS)

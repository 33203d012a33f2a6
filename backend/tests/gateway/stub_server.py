"""A text-to-image server that says and breaks what a test tells it to."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEALTHY = {
    "status": "healthy",
    "model_loaded": True,
    "cuda_available": False,
    "replica": "r1",
    "model": "fake",
    "device": "cpu",
    "queued": 0,
    "running": 0,
    "backlog_s": None,
    "version": "0.1.0",
}

MODEL: dict[str, Any] = {
    "id": "fake",
    "display_name": "Fake",
    "description": "A test pattern.",
    "license": None,
    "pipeline": "None",
    "sizes": {
        "minimum": 64,
        "maximum": 1024,
        "multiple_of": 8,
        "native": [{"width": 512, "height": 512}],
        "enlarges": False,
    },
    "num_inference_steps": {"minimum": 1, "maximum": 100},
    "guidance_scale": {"minimum": 0, "maximum": 20},
    "max_images": 4,
    "max_prompt_tokens": None,
    "sampler": "euler",
    "samplers": ["euler"],
    "loras": [],
    "defaults": {
        "width": 512,
        "height": 512,
        "num_inference_steps": 16,
        "guidance_scale": 4.0,
    },
    "features": {
        "negative_prompt": True,
        "guidance_scale": True,
        "previews": True,
        "image_to_image": True,
        "inpainting": True,
        "loras": False,
        "exact": True,
        "batching": True,
    },
    "example_prompts": [],
    "state": "ready",
    "load_progress": None,
}


def problem(status: int, code: str, detail: str, **more: Any) -> web.Response:
    """A problem document as a text-to-image server words it."""
    document = {
        "type": f"urn:easel:problem:{code}",
        "title": "A title",
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": "of-the-server",
        **more,
    }
    return web.json_response(
        document, status=status, content_type="application/problem+json"
    )


class StubServer:
    """Real sockets on a free port. Set `handler`; read `requests` and `bodies`.

    Probes of a gateway (`/health`, `/models`) are answered aside and not counted.
    """

    def __init__(self) -> None:
        self.handler: Handler = _echo
        self.health: dict[str, Any] = dict(HEALTHY)
        self.models: list[dict[str, Any]] = [dict(MODEL)]
        self.requests: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.health_calls = 0
        self.port = 0
        self._arrived = asyncio.Event()
        self._probed = asyncio.Event()
        self.abandoned = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_get("/health", self._on_health)
        app.router.add_get("/models", self._on_models)
        app.router.add_route("*", "/{path:.*}", self._on_request)
        self._runner = web.AppRunner(
            app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    async def arrival(self) -> None:
        """Return when a request has reached this server since the last call."""
        await self._arrived.wait()
        self._arrived.clear()

    async def probe(self) -> None:
        """Return when it has been asked how it is since the last call."""
        await self._probed.wait()
        self._probed.clear()

    async def answer_health(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self.health)

    async def _on_health(self, request: web.Request) -> web.StreamResponse:
        self.health_calls += 1
        self._probed.set()
        return await self.answer_health(request)

    async def _on_models(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"models": self.models})

    async def _on_request(self, request: web.Request) -> web.StreamResponse:
        self.bodies.append(await request.read())
        self.requests.append(request)
        self._arrived.set()
        try:
            return await self.handler(request)
        except (asyncio.CancelledError, ConnectionError):
            self.abandoned.set()
            raise


async def _echo(request: web.Request) -> web.StreamResponse:
    return web.json_response({"path": request.path_qs})


async def never(request: web.Request) -> web.StreamResponse:
    """A generation without end."""
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


def cut(request: web.Request) -> None:
    """Drop the connection as a killed process would."""
    assert request.transport is not None
    request.transport.abort()

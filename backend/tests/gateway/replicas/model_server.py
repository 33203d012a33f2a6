"""A text-to-image server of which a test sets the health and the models."""

import asyncio
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from easel.contract.models import ModelDocument, ModelList
from tests.gateway.replicas.some_model import some_model


class ModelServer:
    """Real sockets. It can be left and entered again: the port stays the same."""

    def __init__(self, replica: str, *models: ModelDocument) -> None:
        self.models = models or (some_model("fake"),)
        self.health: dict[str, Any] = {
            "status": "healthy",
            "model_loaded": True,
            "cuda_available": False,
            "replica": replica,
            "model": self.models[0].id,
            "device": "cpu",
            "queued": 0,
            "running": 0,
            "backlog_s": 0.0,
            "version": "0.1.0",
        }
        self.tells_models = True
        self.health_calls = 0
        self._was_asked = asyncio.Event()
        # Cleared, it takes requests and answers none.
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/health", self._on_health)
        app.router.add_get("/models", self._on_models)
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
        await self._runner.cleanup()

    async def asked(self) -> None:
        """Return when its health was asked for since the last call."""
        await self._was_asked.wait()
        self._was_asked.clear()

    async def _on_health(self, request: web.Request) -> web.Response:
        self.health_calls += 1
        self._was_asked.set()
        await self.may_answer.wait()
        return web.json_response(self.health)

    async def _on_models(self, request: web.Request) -> web.Response:
        if not self.tells_models or self.health["status"] == "loading":
            return web.json_response({}, status=503)
        document = ModelList(models=self.models).model_dump(mode="json")
        return web.json_response(document)

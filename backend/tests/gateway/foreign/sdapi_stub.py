"""A server that speaks AUTOMATIC1111's API: one thing at a time, with or without tasks.

`/internal/progress` is that of AUTOMATIC1111's user interface: `active` for the task
that is being painted. `interrupt` ends whatever is being painted, and answers its
client with the pictures as far as they are.
"""

import asyncio
import base64
import json
from typing import Any

from aiohttp import web

from tests.gateway.foreign.pictures import png
from tests.gateway.foreign.stub_app import StubApp

MODELS = ("v1-5-pruned", "sdxl-base")


class SdapiStub(StubApp):
    """
    Args:
        has_tasks: Whether it tells how one task stands.
        login: `user:password` that it asks for.

    Attributes:
        present: The task that is being painted.
        progress: That it tells of it, from 0 to 1.
        interrupts: Tasks that were interrupted.
    """

    def __init__(self, *, has_tasks: bool = True, login: str | None = None) -> None:
        super().__init__()
        self.has_tasks = has_tasks
        self.login = login
        self.present: str | None = None
        self.progress = 0.0
        self.interrupts: list[str | None] = []
        self.checkpoint = f"{MODELS[0]}.safetensors [6ce0161689]"
        self.returns_grid = False
        self._lock = asyncio.Lock()
        self._interrupted = asyncio.Event()
        self._paintings: set[asyncio.Future[web.Response]] = set()

    async def close(self) -> None:
        for painting in self._paintings:
            painting.cancel()
        await asyncio.gather(*self._paintings, return_exceptions=True)
        await super().close()

    def add_routes(self, app: web.Application) -> None:
        for name, make in {
            "sd-models": self._models,
            "samplers": lambda: [
                {"name": "DPM++ 2M", "aliases": ["k_dpmpp_2m"], "options": {}},
                {"name": "Euler a", "aliases": ["k_euler_a"], "options": {}},
                {"name": "Euler", "aliases": ["k_euler"], "options": {}},
            ],
            "schedulers": lambda: [
                {"name": "automatic", "label": "Automatic", "aliases": None},
                {"name": "karras", "label": "Karras", "aliases": None},
            ],
            "options": lambda: {"sd_model_checkpoint": self.checkpoint},
        }.items():
            app.router.add_get(f"/sdapi/v1/{name}", self._told(make))
        app.router.add_post("/sdapi/v1/txt2img", self._paint)
        app.router.add_post("/sdapi/v1/img2img", self._paint)
        app.router.add_post("/sdapi/v1/interrupt", self._interrupt)
        if self.has_tasks:
            app.router.add_post("/internal/progress", self._task)

    def _models(self) -> list[dict[str, Any]]:
        return [
            {"title": f"{name}.safetensors [6ce0161689]", "model_name": name}
            for name in MODELS
        ]

    def _told(self, make: Any) -> Any:
        async def answer(request: web.Request) -> web.Response:
            self.looks += 1
            if not self._is_known(request):
                return web.json_response({"detail": "Not authenticated"}, status=401)
            return web.json_response(make())

        return answer

    async def _paint(self, request: web.Request) -> web.Response:
        """As the real one, it does not see that its client has left, and paints on."""
        body = await request.json()
        painting = asyncio.ensure_future(self._in_turn(request, body))
        self._paintings.add(painting)
        painting.add_done_callback(self._paintings.discard)
        try:
            return await asyncio.shield(painting)
        except asyncio.CancelledError:
            self.abandoned.set()
            raise

    async def _in_turn(
        self, request: web.Request, body: dict[str, Any]
    ) -> web.Response:
        async with self._lock:
            return await self._painted(request, body)

    async def _painted(
        self, request: web.Request, body: dict[str, Any]
    ) -> web.Response:
        self.present = body.get("force_task_id")
        waits = asyncio.ensure_future(self.taken(request))
        stopped = asyncio.ensure_future(self._interrupted.wait())
        try:
            await asyncio.wait({waits, stopped}, return_when="FIRST_COMPLETED")
            if waits.done():
                waits.result()
        finally:
            waits.cancel()
            stopped.cancel()
            self._interrupted.clear()
            self.present = None
        if (refused := self.refused()) is not None:
            return refused
        self.checkpoint = body["override_settings"]["sd_model_checkpoint"]
        seeds = [body["seed"] + index for index in range(body["batch_size"])]
        files = [png(body["width"], body["height"], seed % 256) for seed in seeds]
        info: dict[str, Any] = {"all_seeds": seeds, "index_of_first_image": 0}
        if self.returns_grid:
            files.insert(0, png(64, 64))
            info["index_of_first_image"] = 1
        images = [base64.b64encode(file).decode() for file in files]
        return web.json_response(
            {"images": images, "parameters": body, "info": json.dumps(info)}
        )

    async def _interrupt(self, request: web.Request) -> web.Response:
        self.interrupts.append(self.present)
        self._interrupted.set()
        return web.json_response({})

    async def _task(self, request: web.Request) -> web.Response:
        asked = (await request.json())["id_task"]
        is_active = self.present is not None and asked == self.present
        return web.json_response(
            {
                "active": is_active,
                "queued": False,
                "completed": False,
                "progress": self.progress if is_active else None,
            }
        )

    def _is_known(self, request: web.Request) -> bool:
        if self.login is None:
            return True
        basic = base64.b64encode(self.login.encode()).decode()
        return request.headers.get("Authorization") == f"Basic {basic}"

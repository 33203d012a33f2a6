"""A server that speaks OpenAI's Images API, in one of its flavours.

Written from the documented fields: one that a make does not know is a 400 that names
it, which is stricter than most of them are.
"""

import base64
from typing import Any

from aiohttp import web

from tests.gateway.foreign.pictures import png
from tests.gateway.foreign.stub_app import StubApp

OF_OPENAI = frozenset({"model", "prompt", "n", "size", "output_format", "quality"})
OF_VLLM_OMNI = OF_OPENAI | {
    *("response_format", "negative_prompt", "num_inference_steps"),
    *("guidance_scale", "true_cfg_scale", "seed"),
}
OF_LOCALAI = frozenset(
    {"model", "prompt", "n", "size", "response_format", "step", "seed"}
)


class OpenAiStub(StubApp):
    """
    Args:
        models: That it lists.
        fields: That it knows.
        key: That it asks for.
    """

    def __init__(
        self,
        *models: str,
        fields: frozenset[str] = OF_OPENAI,
        key: str | None = None,
    ) -> None:
        super().__init__()
        self.models = models or ("gpt-image-1", "gpt-4o", "whisper-1")
        self.fields = fields
        self.key = key
        self.size: tuple[int, int] | None = None

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/v1/models", self._list)
        app.router.add_post("/v1/images/generations", self._paint)

    async def _list(self, request: web.Request) -> web.Response:
        self.looks += 1
        if not self._is_known(request):
            return _error(401, "Incorrect API key provided", code="invalid_api_key")
        items = [{"id": name, "object": "model"} for name in self.models]
        return web.json_response({"object": "list", "data": items})

    async def _paint(self, request: web.Request) -> web.Response:
        if not self._is_known(request):
            return _error(401, "Incorrect API key provided", code="invalid_api_key")
        body = await self.taken(request)
        if unknown := sorted(body.keys() - self.fields):
            return _error(400, f"Unknown parameter: '{unknown[0]}'.", param=unknown[0])
        if (refused := self.refused()) is not None:
            return refused
        width, height = self.size or map(int, body["size"].split("x"))
        picture = png(width, height, grey=body.get("seed", 0) % 256)
        item = {"b64_json": base64.b64encode(picture).decode()}
        return web.json_response({"created": 1, "data": [item] * body["n"]})

    def _is_known(self, request: web.Request) -> bool:
        wanted = None if self.key is None else f"Bearer {self.key}"
        return wanted in (None, request.headers.get("Authorization"))


def openai_error(message: str, **more: Any) -> dict[str, Any]:
    error = {"message": message, "type": "invalid_request_error", "param": None}
    return {"error": {**error, "code": None, **more}}


def _error(status: int, message: str, **more: Any) -> web.Response:
    return web.json_response(openai_error(message, **more), status=status)

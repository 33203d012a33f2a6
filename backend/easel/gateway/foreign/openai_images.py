"""Servers that speak OpenAI's Images API: OpenAI, vLLM-Omni, SGLang, LocalAI."""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from easel.contract.generations import Parameters
from easel.contract.models import ModelDocument
from easel.errors import EngineFailed, InvalidRequest, UpstreamUnavailable
from easel.gateway.foreign.adapter import Order, Painted
from easel.gateway.foreign.base64_file import decoded
from easel.gateway.foreign.foreign_http import ForeignHttp
from easel.gateway.foreign.openai_flavours import (
    Flavour,
    document_of,
    flavour_of,
    paints,
)
from easel.gateway.foreign.server_url import ForeignServer
from easel.gateway.upstream import UNAVAILABLE
from easel.web.parameters import image_seeds

# Fields that its errors name, and ours for them.
_PARAMS = {
    "prompt": "prompt",
    "model": "model",
    "size": "width",
    "n": "num_images",
    "seed": "seed",
    "output_format": "output_format",
    "negative_prompt": "negative_prompt",
    "num_inference_steps": "num_inference_steps",
    "guidance_scale": "guidance_scale",
}


class OpenAiImages:
    """`Adapter`.

    Args:
        server: Of one of the dialects over OpenAI's routes; its URL ends as an OpenAI
            client's `base_url` does, with `/v1` mostly.
        key: Of the server, if it asks for one.
    """

    def __init__(self, server: ForeignServer, key: str | None) -> None:
        self._server = server
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._http = ForeignHttp(server.base_url, headers, _PARAMS)

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._http.__aexit__(exc_type, exc, traceback)

    async def models(self) -> Sequence[ModelDocument]:
        """See `Adapter.models`."""
        listed = _names(await self._http.get("/models"))
        dialect = self._server.dialect
        if self._server.models:
            named = self._server.models.items()
        else:
            named = {name: name for name in listed if paints(dialect, name)}.items()
        return [
            document_of(self._server, ours, flavour_of(dialect, theirs))
            for ours, theirs in named
            if theirs in listed
        ]

    async def paint(self, order: Order) -> Sequence[Painted]:
        """See `Adapter.paint`."""
        theirs = self._server.models.get(order.model, order.model)
        flavour = flavour_of(self._server.dialect, theirs)
        bodies = _bodies(order.parameters, theirs, flavour)
        try:
            async with asyncio.TaskGroup() as group:
                calls = [group.create_task(self._call(body, order)) for body in bodies]
        except BaseExceptionGroup as failures:
            # One failure fails the generation; the others hang up.
            raise failures.exceptions[0] from None
        files = [file for call in calls for file in call.result()]
        if len(files) < order.parameters.num_images:
            raise EngineFailed("The server that was to paint it gave too few images.")
        seeds = image_seeds(order.parameters)
        return [
            Painted(file, seed if flavour.seed else None)
            for file, seed in zip(files, seeds, strict=False)
        ]

    async def steps_done(self, order: Order) -> int | None:
        """See `Adapter.steps_done`: there is no route for it."""
        return None

    async def stop(self, order: Order) -> None:
        """See `Adapter.stop`: there is no route for it."""

    async def _call(self, body: dict[str, Any], order: Order) -> list[bytes]:
        answer = await self._http.post(
            "/images/generations", body, on_sent=order.on_sent
        )
        items = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(items, list):
            raise EngineFailed("The server that was to paint it gave no images.")
        return [await decoded(_base64(item)) for item in items]


def _bodies(
    parameters: Parameters, model: str, flavour: Flavour
) -> list[dict[str, Any]]:
    """One call for all images; or one each, where image `i` has a seed of its own.

    Raises:
        InvalidRequest: the prompt would be read as something else, or is too long.
    """
    body: dict[str, Any] = {
        "model": model,
        "prompt": _prompt(parameters, flavour),
        "size": f"{parameters.width}x{parameters.height}",
    }
    if flavour.names_form:
        body["response_format"] = "b64_json"
    if len(flavour.formats) > 1:
        body["output_format"] = parameters.output_format
    if flavour.steps is not None:
        body[flavour.steps] = parameters.num_inference_steps
    if flavour.guidance_scale is not None:
        body[flavour.guidance_scale] = parameters.guidance_scale
    if flavour.negative_prompt is not None and parameters.negative_prompt:
        body[flavour.negative_prompt] = parameters.negative_prompt
    if flavour.seed is None:
        return [{**body, "n": parameters.num_images}]
    return [{**body, "n": 1, flavour.seed: seed} for seed in image_seeds(parameters)]


def _prompt(parameters: Parameters, flavour: Flavour) -> str:
    prompt, negative = parameters.prompt, parameters.negative_prompt
    most = flavour.prompt_characters
    if most is not None and len(prompt) > most:
        raise InvalidRequest(f"prompt: has more than {most} characters", param="prompt")
    if not flavour.splits_prompts:
        return prompt
    for name, text in (("prompt", prompt), ("negative_prompt", negative)):
        if "|" in (text or ""):
            raise InvalidRequest(
                f"{name}: {flavour.make} takes what follows a | for something else",
                param=name,
            )
    return f"{prompt}|{negative}" if negative else prompt


def _names(answer: Any) -> list[str]:
    items = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(items, list):
        raise UpstreamUnavailable(f"{UNAVAILABLE}: it lists no models as OpenAI does.")
    return [
        item["id"]
        for item in items
        if isinstance(item, dict) and isinstance(item.get("id"), str)
    ]


def _base64(item: Any) -> Any:
    """A link instead is not followed: it may lead anywhere."""
    return item.get("b64_json") if isinstance(item, dict) else None

"""What clients ask before they paint: models, samplers, options, and a dozen lists.

A list of what this service does not have is empty, so that clients show no choice.
"""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError

from easel.gateway.access.callers import caller_of
from easel.gateway.facades.automatic1111.bodies import json_object
from easel.gateway.facades.automatic1111.refused_fields import fault
from easel.gateway.facades.automatic1111.sampler_names import (
    sampler_items,
    scheduler_items,
)
from easel.gateway.facades.automatic1111.served_models import (
    ServedModels,
    model_item,
)

_NO_UPSCALER = {
    "name": "None",
    "model_name": None,
    "model_path": None,
    "model_url": None,
    "scale": 1,
}
_FIXED: dict[str, Any] = {
    "/upscalers": [_NO_UPSCALER],
    "/latent-upscale-modes": [],
    "/sd-vae": [],
    "/hypernetworks": [],
    "/face-restorers": [],
    "/realesrgan-models": [],
    "/prompt-styles": [],
    "/embeddings": {"loaded": {}, "skipped": {}},
    "/scripts": {"txt2img": [], "img2img": []},
    "/script-info": [],
    "/extensions": [],
    "/cmd-flags": {"api": True},
    # Whose they are is not the caller's business.
    "/memory": {
        "ram": {"error": "not told here"},
        "cuda": {"error": "not told here"},
    },
}

# What `GET /options` tells and `POST /options` cannot change.
_FIXED_OPTIONS: dict[str, Any] = {
    "samples_format": "png",
    "sd_vae": "Automatic",
    "CLIP_stop_at_last_layers": 1,
}
_CHECKPOINT = "sd_model_checkpoint"


def catalogue_routes(models: ServedModels) -> APIRouter:
    router = APIRouter()

    @router.get("/sd-models")
    async def list_models(request: Request) -> list[dict[str, Any]]:
        return [model_item(each) for each in await models.all(caller_of(request.scope))]

    @router.get("/samplers")
    async def list_samplers(request: Request) -> list[dict[str, Any]]:
        return sampler_items(await models.samplers(caller_of(request.scope)))

    @router.get("/schedulers")
    async def list_schedulers(request: Request) -> list[dict[str, Any]]:
        return scheduler_items(await models.samplers(caller_of(request.scope)))

    @router.get("/loras")
    async def list_loras(request: Request) -> list[dict[str, Any]]:
        listed = await models.all(caller_of(request.scope))
        names = dict.fromkeys(name for model in listed for name in model.loras)
        return [
            {"name": name, "alias": name, "path": name, "metadata": {}}
            for name in names
        ]

    @router.get("/options")
    async def get_options(request: Request) -> dict[str, Any]:
        model = await models.model(caller_of(request.scope))
        return {_CHECKPOINT: model.id, "sd_checkpoint_hash": "", **_FIXED_OPTIONS}

    @router.post("/options")
    async def set_options(request: Request) -> None:
        """The caller's default model. Others' stays as it is."""
        options = await json_object(request)
        _check_options(options)
        checkpoint = options.get(_CHECKPOINT)
        if checkpoint is not None:
            await models.choose(caller_of(request.scope), checkpoint)

    @router.post("/refresh-checkpoints")
    @router.post("/refresh-loras")
    @router.post("/refresh-vae")
    async def refresh(request: Request) -> None:
        await models.refresh()

    for path, content in _FIXED.items():
        _add_fixed(router, path, content)
    return router


def _add_fixed(router: APIRouter, path: str, content: Any) -> None:
    @router.get(path)
    async def list_nothing() -> Any:
        return content


def _check_options(options: dict[str, Any]) -> None:
    """Clients send back what they got, with the one option changed that they mean."""
    checkpoint = options.get(_CHECKPOINT)
    faults = []
    if checkpoint is not None and not isinstance(checkpoint, str):
        faults.append(fault(("body", _CHECKPOINT), "has to be a string"))
    faults += [
        fault(("body", name), "this option cannot be changed here")
        for name, value in options.items()
        if name not in (_CHECKPOINT, "sd_checkpoint_hash")
        and value is not None
        and value != _FIXED_OPTIONS.get(name)
    ]
    if faults:
        raise RequestValidationError(faults)

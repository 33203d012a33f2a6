"""Servers that speak AUTOMATIC1111's `/sdapi/v1`: itself, Forge, stable-diffusion.cpp.

AUTOMATIC1111 and Forge also tell how one task stands (`/internal/progress`), if they
run with their user interface; a task of ours that is the present one can be stopped.
Without that route, `interrupt` would stop whatever is being painted, for whomever, so
it is not called.
"""

import base64
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from easel.contract.generations import Parameters
from easel.contract.models import (
    FloatRange,
    IntRange,
    ModelDocument,
    ModelFeatures,
    SizeSupport,
)
from easel.errors import (
    CallerError,
    EngineFailed,
    InvalidRequest,
    ServiceError,
    UpstreamUnavailable,
)
from easel.gateway.facades.automatic1111.sampler_names import AUTOMATIC, named
from easel.gateway.foreign.adapter import Order, Painted
from easel.gateway.foreign.automatic1111_words import (
    info_of,
    offered_samplers,
    words,
)
from easel.gateway.foreign.base64_file import decoded
from easel.gateway.foreign.described_model import (
    UNKNOWN_SAMPLER,
    described_model,
    native_sizes,
)
from easel.gateway.foreign.foreign_http import ForeignHttp
from easel.gateway.foreign.server_url import ForeignServer
from easel.gateway.refusals import Busy
from easel.gateway.upstream import UNAVAILABLE

log = logging.getLogger(__name__)

_MAKE = "AUTOMATIC1111 API"
_API = "/sdapi/v1"
_TASK_PROGRESS = "/internal/progress"

_SIZES = SizeSupport(
    minimum=64,
    maximum=2048,
    multiple_of=8,
    native=native_sizes((512, 512)),
    enlarges=False,
)
_STEPS = IntRange(minimum=1, maximum=150)
_DEFAULT_STEPS = 20
_GUIDANCE_SCALE = FloatRange(minimum=0, maximum=30)
_DEFAULT_GUIDANCE_SCALE = 7.0

# stable-diffusion.cpp takes any of its settings from within a prompt.
_NOT_A_PROMPT = "<sd_cpp_extra_args>"

# Fields that its errors name, and ours for them.
_PARAMS = {
    "prompt": "prompt",
    "negative_prompt": "negative_prompt",
    "steps": "num_inference_steps",
    "cfg_scale": "guidance_scale",
    "width": "width",
    "height": "height",
    "seed": "seed",
    "batch_size": "num_images",
    "sampler_name": "sampler",
    "scheduler": "sampler",
    "init_images": "image",
    "mask": "mask",
    "denoising_strength": "strength",
}


class Automatic1111:
    """`Adapter`.

    Args:
        server: Of the dialect `sdapi`; its URL is that of its user interface.
        login: `user:password` of `--api-auth`, if it asks for one.
    """

    def __init__(self, server: ForeignServer, login: str | None) -> None:
        self._server = server
        headers = {}
        if login is not None:
            basic = base64.b64encode(login.encode()).decode()
            headers["Authorization"] = f"Basic {basic}"
        self._http = ForeignHttp(server.base_url, headers, _PARAMS)
        # Their titles by our ids.
        self._titles: Mapping[str, str] = {}
        self._has_tasks = False

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
        listed = await self._http.get(f"{_API}/sd-models")
        samplers = offered_samplers(
            words(await self._optional("/samplers"), "name", "aliases"),
            words(await self._optional("/schedulers"), "name", "label", "aliases"),
        )
        options = await self._optional("/options")
        self._has_tasks = await self._tells_tasks()
        self._titles = self._offered(listed)
        present = options.get("sd_model_checkpoint") if options else None
        return [
            self._document(ours, samplers, is_loaded=present in (None, title))
            for ours, title in self._titles.items()
        ]

    async def paint(self, order: Order) -> Sequence[Painted]:
        """See `Adapter.paint`."""
        title = self._titles.get(order.model)
        if title is None:
            raise Busy(f"{UNAVAILABLE}: it has the model no longer.")
        body = _body(order.parameters, title)
        if self._has_tasks:
            body["force_task_id"] = order.id
        route = "txt2img"
        if order.image is not None:
            route = "img2img"
            body |= _source(order)
        answer = await self._http.post(f"{_API}/{route}", body, on_sent=order.on_sent)
        return await _pictures(answer, order.parameters.num_images)

    async def steps_done(self, order: Order) -> int | None:
        """See `Adapter.steps_done`."""
        task = await self._task(order)
        if not task.get("active") or not isinstance(task.get("progress"), int | float):
            return None
        share = min(max(float(task["progress"]), 0.0), 1.0)
        return int(share * order.parameters.num_inference_steps)

    async def stop(self, order: Order) -> None:
        """See `Adapter.stop`."""
        if (await self._task(order)).get("active"):
            with suppress(ServiceError):
                await self._http.post(f"{_API}/interrupt", {})

    async def _task(self, order: Order) -> dict[str, Any]:
        """How it stands; empty if that is not told."""
        if not self._has_tasks:
            return {}
        asked = {"id_task": order.id, "live_preview": False}
        with suppress(ServiceError):
            task = await self._http.post(_TASK_PROGRESS, asked)
            return task if isinstance(task, dict) else {}
        return {}

    async def _tells_tasks(self) -> bool:
        asked = {"id_task": "", "live_preview": False}
        with suppress(ServiceError):
            task = await self._http.post(_TASK_PROGRESS, asked)
            return isinstance(task, dict) and "active" in task
        return False

    async def _optional(self, route: str) -> Any:
        """What not all of them have; None then."""
        try:
            return await self._http.get(_API + route)
        except (Busy, CallerError, EngineFailed) as lack:
            log.debug("no %s: %s", route, lack)
            return None

    def _offered(self, listed: Any) -> dict[str, str]:
        if not isinstance(listed, list):
            raise UpstreamUnavailable(f"{UNAVAILABLE}: it lists no models.")
        titles: dict[str, str] = {}
        for item in listed:
            title = item.get("title") if isinstance(item, dict) else None
            if isinstance(title, str) and title:
                titles[str(item.get("model_name") or title)] = title
        if not self._server.models:
            return titles
        by_any_name = titles | {title: title for title in titles.values()}
        return {
            ours: by_any_name[theirs]
            for ours, theirs in self._server.models.items()
            if theirs in by_any_name
        }

    def _document(
        self, ours: str, samplers: Sequence[str], *, is_loaded: bool
    ) -> ModelDocument:
        return described_model(
            self._server,
            ours,
            make=_MAKE,
            features=ModelFeatures(
                negative_prompt=True,
                guidance_scale=True,
                previews=False,
                image_to_image=True,
                inpainting=True,
                exact=False,
                progress=self._has_tasks,
                cancel=self._has_tasks,
            ),
            sizes=_SIZES,
            steps=_STEPS,
            default_steps=_DEFAULT_STEPS,
            guidance_scale=_GUIDANCE_SCALE,
            default_guidance_scale=_DEFAULT_GUIDANCE_SCALE,
            output_formats=("png",),
            samplers=samplers,
            state="ready" if is_loaded else "unloaded",
        )


def _body(parameters: Parameters, title: str) -> dict[str, Any]:
    for name in ("prompt", "negative_prompt"):
        if _NOT_A_PROMPT in (getattr(parameters, name) or ""):
            raise InvalidRequest(f"{name}: holds {_NOT_A_PROMPT}", param=name)
    body: dict[str, Any] = {
        "prompt": parameters.prompt,
        "negative_prompt": parameters.negative_prompt or "",
        "width": parameters.width,
        "height": parameters.height,
        "steps": parameters.num_inference_steps,
        "cfg_scale": parameters.guidance_scale,
        "seed": parameters.seed,
        "batch_size": parameters.num_images,
        "n_iter": 1,
        # Adapters are not offered: a prompt is to be nothing but one.
        "disable_extra_networks": True,
        # The model stays: loading the former one again would cost as much as painting.
        "override_settings": {"sd_model_checkpoint": title},
        "override_settings_restore_afterwards": False,
    }
    if parameters.sampler != UNKNOWN_SAMPLER:
        theirs = named(parameters.sampler)
        body["sampler_name"] = theirs.sampler
        if theirs.schedule != AUTOMATIC:
            body["scheduler"] = theirs.schedule
    return body


def _source(order: Order) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "init_images": [order.image],
        "denoising_strength": order.parameters.strength,
    }
    if order.mask is not None:
        # White is repainted, from what is there, within the whole picture.
        fields |= {
            "mask": order.mask,
            "inpainting_fill": 1,
            "inpaint_full_res": False,
        }
    return fields


async def _pictures(answer: Any, num_images: int) -> list[Painted]:
    images = answer.get("images") if isinstance(answer, dict) else None
    if not isinstance(images, list):
        raise EngineFailed("The server that was to paint it gave no images.")
    info = info_of(answer.get("info"))
    # Before them there may be a grid of all, behind them what extensions add.
    wanted = images[info.first_image :][:num_images]
    if len(wanted) < num_images:
        raise EngineFailed("The server that was to paint it gave too few images.")
    seeds = [*info.seeds, *[None] * num_images]
    return [
        Painted(await decoded(image), seed)
        for image, seed in zip(wanted, seeds, strict=False)
    ]

"""A call of AUTOMATIC1111's as generations of ours. Pure."""

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from easel.contract.generations import (
    MAX_IMAGES,
    MAX_SEED,
    GenerationRequest,
    ImageFormat,
)
from easel.contract.mask_reading import REPAINT_BLACK, mask_read_as
from easel.contract.models import ModelDocument
from easel.errors import InvalidRequest
from easel.gateway.facades.automatic1111.fields import (
    ImageToImageFields,
    TextToImageFields,
)
from easel.gateway.facades.automatic1111.prompt_tags import without_tags
from easel.gateway.facades.automatic1111.refused_fields import fault
from easel.gateway.facades.automatic1111.sampler_names import native_sampler

# The names under which callers know the fields of a native request.
_THEIR_NAMES: Mapping[str, str] = {
    "num_inference_steps": "steps",
    "guidance_scale": "cfg_scale",
    "num_images": "batch_size",
    "sampler": "sampler_name",
    "loras": "prompt",
    "image": "init_images",
    "strength": "denoising_strength",
    "model": "sd_model_checkpoint",
    "output_format": "override_settings.samples_format",
}

_FORMATS: Mapping[str, ImageFormat] = {
    "png": "png",
    "jpg": "jpeg",
    "jpeg": "jpeg",
    "webp": "webp",
}

# No guidance, and AUTOMATIC1111's default, which clients send when nobody chose.
_GUIDANCE_OF_NO_MEANING = (1.0, 7.0)
_RANDOM = -1


def checkpoint_of(fields: TextToImageFields) -> str | None:
    """The model that the call itself names."""
    checkpoint = fields.override_settings.get("sd_model_checkpoint")
    if checkpoint is None or checkpoint == "":
        return None
    if not isinstance(checkpoint, str):
        raise _refused("override_settings.sd_model_checkpoint", "is not a string")
    return checkpoint


def first_seed(fields: TextToImageFields, *, random: int) -> int:
    """Of the first image; `random` where the call leaves it to chance."""
    return random if fields.seed is None or fields.seed == _RANDOM else fields.seed


def generation_requests(
    fields: TextToImageFields,
    model: ModelDocument,
    *,
    seed: int,
    max_images: int,
) -> list[GenerationRequest]:
    """The call's images in as few generations as can be, their seeds counting on.

    Args:
        fields: The call.
        model: What is to be painted with.
        seed: Of the first image.
        max_images: The most that one call may ask for.

    Raises:
        InvalidRequest: it asks for what cannot be had.
        RequestValidationError: a value is outside of the contract.
    """
    if fields.num_images > max_images:
        raise _refused("n_iter", f"{max_images} images at a time are the most")
    shared = _shared_fields(fields, model)
    at_most = min(MAX_IMAGES, model.max_images)
    return [
        _request(
            {
                **shared,
                "seed": (seed + begin) % (MAX_SEED + 1) if begin else seed,
                "num_images": min(at_most, fields.num_images - begin),
            }
        )
        for begin in range(0, fields.num_images, at_most)
    ]


def in_their_words(error: InvalidRequest) -> InvalidRequest:
    """A refusal by the native API, which begins with the name of the field."""
    theirs = _THEIR_NAMES.get(error.param or "")
    if theirs is None:
        return error
    detail = error.detail.removeprefix(f"{error.param}: ")
    return InvalidRequest(f"{theirs}: {detail}", param=theirs)


def _shared_fields(fields: TextToImageFields, model: ModelDocument) -> dict[str, Any]:
    """What all generations of the call have in common; no value is null."""
    prompt = without_tags(fields.prompt)
    native: dict[str, Any] = {
        "prompt": prompt.text,
        "negative_prompt": fields.negative_prompt or None,
        "model": model.id,
        "width": fields.width,
        "height": fields.height,
        "num_inference_steps": fields.steps,
        "guidance_scale": _guidance(fields.cfg_scale, model),
        "output_format": _output_format(fields.override_settings),
        "sampler": native_sampler(fields.sampler, fields.scheduler, model),
        "loras": None if fields.disable_extra_networks else prompt.loras or None,
    }
    if isinstance(fields, ImageToImageFields):
        native |= _source_fields(fields)
    return {name: value for name, value in native.items() if value is not None}


def _guidance(cfg_scale: float | None, model: ModelDocument) -> float | None:
    """Where the model has no use for it, a value that asks for nothing is left out."""
    if not model.features.guidance_scale and cfg_scale in _GUIDANCE_OF_NO_MEANING:
        return None
    return cfg_scale


def _output_format(settings: Mapping[str, Any]) -> ImageFormat | None:
    name = settings.get("samples_format")
    if name is None:
        return None
    if not isinstance(name, str) or name.lower() not in _FORMATS:
        raise _refused(
            "override_settings.samples_format", f"there are {', '.join(_FORMATS)}"
        )
    return _FORMATS[name.lower()]


def _source_fields(fields: ImageToImageFields) -> dict[str, Any]:
    if len(fields.init_images) != 1:
        raise _refused("init_images", "has to be one image")
    mask = fields.mask or None
    if mask is not None and fields.inpainting_mask_invert:
        mask = mask_read_as(mask, REPAINT_BLACK)
    return {
        "image": fields.init_images[0],
        "mask": mask,
        "strength": fields.denoising_strength,
    }


def _request(native: dict[str, Any]) -> GenerationRequest:
    try:
        return GenerationRequest.model_validate(native)
    except ValidationError as error:
        raise RequestValidationError(
            [
                fault(("body", *_their_location(each["loc"])), each["msg"])
                for each in error.errors(include_url=False, include_input=False)
            ]
        ) from error


def _their_location(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    return tuple(_THEIR_NAMES.get(str(part), part) for part in location)


def _refused(field: str, reason: str) -> InvalidRequest:
    return InvalidRequest(f"{field}: {reason}", param=field)

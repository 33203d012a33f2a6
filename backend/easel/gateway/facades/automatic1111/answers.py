"""What `txt2img` and `img2img` answer. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from easel import __version__
from easel.contract.generations import (
    CompletedGeneration,
    GeneratedImage,
    GenerationRequest,
)
from easel.gateway.facades.automatic1111.fields import (
    ImageToImageFields,
    TextToImageFields,
)
from easel.gateway.facades.automatic1111.infotext import infotext
from easel.gateway.facades.automatic1111.progress import job_timestamp
from easel.gateway.facades.automatic1111.refused_fields import JUDGED_FIELDS
from easel.gateway.facades.automatic1111.sampler_names import named

_SOURCES = ("init_images", "mask")


def answer_document(
    fields: TextToImageFields,
    sent: Mapping[str, Any],
    requests: Sequence[GenerationRequest],
    completed: Sequence[CompletedGeneration],
) -> dict[str, Any]:
    """
    Args:
        fields: The call as it was understood.
        sent: The call as it was sent.
        requests: What it became; never empty.
        completed: What came of it; nothing if it was interrupted at once.
    """
    painted = [(each, image) for each in completed for image in each.images]
    images = [image.b64_json for _, image in painted]
    return {
        "images": images if fields.send_images else [],
        "parameters": _echo(fields, sent),
        "info": json.dumps(_info(fields, requests[0], completed, painted)),
    }


def _echo(fields: TextToImageFields, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The call with its defaults, as far as its fields are known and simple.

    The images that it sent only where it asks for them.
    """
    judged = {
        name: value
        for name, value in sent.items()
        if name in JUDGED_FIELDS and not isinstance(value, list | dict)
    }
    echo = {**judged, **fields.model_dump(mode="json")}
    if not (isinstance(fields, ImageToImageFields) and fields.include_init_images):
        echo |= {name: None for name in _SOURCES if name in echo}
    return echo


def _info(
    fields: TextToImageFields,
    request: GenerationRequest,
    completed: Sequence[CompletedGeneration],
    painted: Sequence[tuple[CompletedGeneration, GeneratedImage]],
) -> dict[str, Any]:
    """As `Processed.js()` of AUTOMATIC1111; where nothing was painted, what was asked.

    There is no file with weights to hash, and so no `sd_model_hash`.
    """
    first = completed[0] if completed else None
    used = None if first is None else first.parameters
    sampler = request.sampler if used is None else used.sampler
    negative_prompt = fields.negative_prompt or ""
    seeds = [image.seed for _, image in painted]
    return {
        "prompt": fields.prompt,
        "all_prompts": [fields.prompt] * len(painted),
        "negative_prompt": negative_prompt,
        "all_negative_prompts": [negative_prompt] * len(painted),
        "seed": request.seed,
        "all_seeds": seeds,
        "subseed": -1,
        "all_subseeds": [-1] * len(painted),
        "subseed_strength": 0,
        "width": request.width if used is None else used.width,
        "height": request.height if used is None else used.height,
        "sampler_name": None if sampler is None else named(sampler).sampler,
        "scheduler": None if sampler is None else named(sampler).schedule,
        "cfg_scale": request.guidance_scale if used is None else used.guidance_scale,
        "steps": request.num_inference_steps
        if used is None
        else used.num_inference_steps,
        "batch_size": fields.batch_size,
        "restore_faces": False,
        "face_restoration_model": None,
        "sd_model_name": request.model if first is None else first.model,
        "sd_model_hash": None,
        "sd_vae_name": None,
        "sd_vae_hash": None,
        "seed_resize_from_w": -1,
        "seed_resize_from_h": -1,
        "denoising_strength": request.strength,
        "extra_generation_params": {},
        "index_of_first_image": 0,
        "infotexts": [
            infotext(fields.prompt, each.parameters, seed=image.seed, model=each.model)
            for each, image in painted
        ],
        "styles": [],
        "job_timestamp": "0" if first is None else job_timestamp(first.created_at),
        "clip_skip": 1,
        "is_using_inpainting_conditioning": False,
        "version": f"Easel {__version__}",
        "warnings": list(
            dict.fromkeys(text for each in completed for text in each.warnings)
        ),
    }

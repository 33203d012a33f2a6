"""What a diffusers pipeline can do, read from its class and its parts."""

import inspect
from typing import Any

from easel.contract.generations import MAX_IMAGES
from easel.contract.models import ModelDocument
from easel.text2image.engines.call_signature import CallSignature
from easel.text2image.engines.model_facts import (
    EngineTraits,
    ModelFacts,
    model_document,
)
from easel.text2image.engines.model_source import Sidecar
from easel.text2image.engines.prompt_reader import prompt_reader
from easel.text2image.engines.sampler_names import own_sampler, samplers_for


def describe(
    model_id: str, pipeline: Any, sidecar: Sidecar, traits: EngineTraits
) -> ModelDocument:
    """The capability document of a pipeline; no component needs weights for it.

    Raises:
        ModelUnavailable: the sidecar asks for what the pipeline has not.
    """
    return model_document(model_id, _facts(pipeline), sidecar, traits)


def _facts(pipeline: Any) -> ModelFacts:
    call = CallSignature(pipeline)
    reader = prompt_reader(pipeline)
    factor = getattr(pipeline, "vae_scale_factor", 8)
    side = _latent_side(pipeline)
    # A UNet that was distilled for guidance takes its scale as an input.
    takes_scale = "unet" in pipeline.components and pipeline.unet.config.get(
        "time_cond_proj_dim"
    )
    return ModelFacts(
        pipeline=type(pipeline).__name__,
        scheduler=type(pipeline.scheduler).__name__,
        scheduler_config=pipeline.scheduler.config,
        samplers=sampler_names(pipeline.scheduler),
        # Transformers cut their latents into patches of 2 x 2.
        multiple_of=factor * (1 if hasattr(pipeline, "unet") else 2),
        native_side_px=side * pipeline.vae_scale_factor if side else None,
        max_images=MAX_IMAGES if "num_images_per_prompt" in call else 1,
        max_prompt_tokens=reader.limit if reader else None,
        usual_steps=int(call.default("num_inference_steps") or 0) or None,
        usual_guidance_scale=call.default(call.guidance_argument or ""),
        embeds_guidance=bool(takes_scale),
        negative_prompt=call.takes_negative_prompt,
        guidance_scale=call.guidance_argument is not None,
        image_to_image=_begins_with(pipeline, "image"),
        inpainting=_begins_with(pipeline, "mask_image"),
        loras=hasattr(pipeline, "load_lora_weights"),
    )


def sampler_names(scheduler: Any) -> tuple[str, ...]:
    """What a scheduler's samplers are called, its own first."""
    name, config = type(scheduler).__name__, scheduler.config
    usable = {name, *(each.__name__ for each in getattr(scheduler, "compatibles", ()))}
    own = own_sampler(name, config)
    return (own, *(n for n in samplers_for(name, config, usable) if n != own))


def _begins_with(pipeline: Any, argument: str) -> bool:
    """Whether there is a kind of this pipeline for an image, or for one with a mask."""
    from diffusers.pipelines import auto_pipeline

    if "unet" in pipeline.components and not _takes_plain_latents(pipeline):
        return False
    mapping = {
        "image": auto_pipeline.AUTO_IMAGE2IMAGE_PIPELINES_MAPPING,
        "mask_image": auto_pipeline.AUTO_INPAINT_PIPELINES_MAPPING,
    }[argument]
    kind = auto_pipeline._get_task_class(
        mapping, type(pipeline).__name__, throw_error_if_not_exist=False
    )
    if kind is None:
        return False
    parameters = inspect.signature(kind.__call__).parameters
    return {argument, "image", "strength"} <= parameters.keys()


def _takes_plain_latents(pipeline: Any) -> bool:
    """Not so the UNets that want a mask or a picture beside the latents."""
    vae = getattr(pipeline, "vae", None)
    channels = vae.config.get("latent_channels") if vae is not None else None
    return bool(channels is None or pipeline.unet.config.in_channels == channels)


def _latent_side(pipeline: Any) -> int | None:
    side = getattr(pipeline, "default_sample_size", None)
    if side is None and hasattr(pipeline, "unet"):
        side = pipeline.unet.config.sample_size
    return side if isinstance(side, int) else None

"""What a diffusers pipeline can do, read from its class and its parts."""

import inspect
from dataclasses import dataclass
from typing import Any

from easel.contract.generations import (
    MAX_GUIDANCE_SCALE,
    MAX_IMAGES,
    MAX_STEPS,
    NativeSize,
)
from easel.contract.models import (
    FloatRange,
    IntRange,
    ModelDefaults,
    ModelDocument,
    ModelFeatures,
    SizeSupport,
)
from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.engines.call_signature import CallSignature
from easel.text2image.engines.model_source import Sidecar
from easel.text2image.engines.prompt_reader import prompt_reader
from easel.text2image.engines.sampler_names import own_sampler, samplers_for

FALLBACK_SIDE_PX = 1024
FALLBACK_STEPS = 30
MAX_SIDE_PX = 2048

# How distilled models are meant to be run: a few steps, without guidance.
_FEW_STEPS = 4


@dataclass(frozen=True, slots=True)
class EngineTraits:
    """What is not the pipeline's but its engine's.

    Args:
        batching: Generations share denoiser passes.
        exact: Images can be had that are bit-equal to the pipeline's own.
        loras: Ids of the adapters that fit.
    """

    previews: bool
    batching: bool = False
    exact: bool = True
    loras: tuple[str, ...] = ()


def describe(
    model_id: str, pipeline: Any, sidecar: Sidecar, traits: EngineTraits
) -> ModelDocument:
    """The capability document of a pipeline; no component needs weights for it.

    Raises:
        ModelUnavailable: the sidecar asks for what the pipeline has not.
    """
    call = CallSignature(pipeline)
    width, height = _default_size(pipeline, sidecar)
    reader = prompt_reader(pipeline)
    samplers = _samplers(pipeline, sidecar)
    return ModelDocument(
        id=model_id,
        display_name=sidecar.display_name or model_id,
        description=sidecar.description,
        license=sidecar.license,
        pipeline=type(pipeline).__name__,
        sizes=_sizes(pipeline, sidecar, width, height),
        num_inference_steps=IntRange(minimum=1, maximum=MAX_STEPS),
        guidance_scale=FloatRange(minimum=0, maximum=MAX_GUIDANCE_SCALE),
        max_images=MAX_IMAGES if "num_images_per_prompt" in call else 1,
        max_prompt_tokens=reader.limit if reader else None,
        sampler=samplers[0],
        samplers=samplers,
        loras=traits.loras,
        defaults=ModelDefaults(
            width=width,
            height=height,
            num_inference_steps=_default_steps(pipeline, call, sidecar),
            guidance_scale=_default_guidance(pipeline, call, sidecar),
        ),
        features=ModelFeatures(
            negative_prompt=call.takes_negative_prompt,
            guidance_scale=call.guidance_argument is not None,
            previews=traits.previews,
            image_to_image=_begins_with(pipeline, "image"),
            inpainting=_begins_with(pipeline, "mask_image"),
            loras=hasattr(pipeline, "load_lora_weights"),
            exact=traits.exact,
            batching=traits.batching,
        ),
        example_prompts=sidecar.example_prompts,
        styles=sidecar.styles,
    )


def _samplers(pipeline: Any, sidecar: Sidecar) -> tuple[str, ...]:
    """The default first."""
    own = own_sampler(pipeline.scheduler)
    names = (own, *(n for n in samplers_for(pipeline.scheduler) if n != own))
    default = sidecar.default_sampler or own
    if default not in names:
        raise ModelUnavailable(
            f"easel.json: default_sampler {default!r} does not fit the model; "
            f"one of: {', '.join(names)}"
        )
    return (default, *(name for name in names if name != default))


def _default_steps(pipeline: Any, call: CallSignature, sidecar: Sidecar) -> int:
    if sidecar.default_num_inference_steps is not None:
        return sidecar.default_num_inference_steps
    if _is_distilled(pipeline):
        return _FEW_STEPS
    return int(call.default("num_inference_steps") or FALLBACK_STEPS)


def _default_guidance(pipeline: Any, call: CallSignature, sidecar: Sidecar) -> float:
    if sidecar.default_guidance_scale is not None:
        return sidecar.default_guidance_scale
    # A UNet that was distilled for guidance takes its scale as an input.
    takes_scale = "unet" in pipeline.components and pipeline.unet.config.get(
        "time_cond_proj_dim"
    )
    if _is_distilled(pipeline) and not takes_scale:
        return 0.0
    return float(call.default(call.guidance_argument or "") or 0.0)


def _is_distilled(pipeline: Any) -> bool:
    """For a few steps without guidance, as its noise schedule tells.

    LCM has a scheduler of its own; Turbo and Lightning come with Euler's and trailing
    timesteps, which otherwise only models for zero terminal SNR have.
    """
    scheduler = pipeline.scheduler
    name = type(scheduler).__name__
    if name in ("EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler"):
        config = scheduler.config
        return (
            config.get("timestep_spacing") == "trailing"
            and config.get("prediction_type") == "epsilon"
            and not config.get("rescale_betas_zero_snr", False)
        )
    return name == "LCMScheduler"


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


def _default_size(pipeline: Any, sidecar: Sidecar) -> tuple[int, int]:
    if sidecar.default_width and sidecar.default_height:
        return sidecar.default_width, sidecar.default_height
    if sidecar.native_sizes:
        return sidecar.native_sizes[0]
    side = _latent_side(pipeline)
    side_px = side * pipeline.vae_scale_factor if side else FALLBACK_SIDE_PX
    return side_px, side_px


def _latent_side(pipeline: Any) -> int | None:
    side = getattr(pipeline, "default_sample_size", None)
    if side is None and hasattr(pipeline, "unet"):
        side = pipeline.unet.config.sample_size
    return side if isinstance(side, int) else None


def _sizes(pipeline: Any, sidecar: Sidecar, width: int, height: int) -> SizeSupport:
    native = sidecar.native_sizes or ((width, height),)
    # Transformers cut their latents into patches of 2 x 2.
    patch = 1 if hasattr(pipeline, "unet") else 2
    multiple_of = getattr(pipeline, "vae_scale_factor", 8) * patch
    smallest = min(min(size) for size in native)
    return SizeSupport(
        minimum=smallest if sidecar.native_sizes else 4 * multiple_of,
        maximum=max(MAX_SIDE_PX, 2 * max(width, height)),
        multiple_of=multiple_of,
        native=tuple(NativeSize(width=w, height=h) for w, h in native),
        enlarges=bool(sidecar.native_sizes),
    )

"""What is known of a model becomes its document, whichever library runs it."""

from collections.abc import Mapping
from dataclasses import dataclass

from easel.contract.generations import MAX_GUIDANCE_SCALE, MAX_STEPS, NativeSize
from easel.contract.models import (
    FloatRange,
    IntRange,
    ModelDefaults,
    ModelDocument,
    ModelFeatures,
    Runtime,
    SizeSupport,
)
from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.engines.model_source import Sidecar

FALLBACK_SIDE_PX = 1024
FALLBACK_STEPS = 30
MAX_SIDE_PX = 2048

# How distilled models are meant to be run: a few steps, without guidance.
_FEW_STEPS = 4


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What can be read of a pipeline's class and of its parts' configs.

    Args:
        pipeline: The diffusers class.
        scheduler: The class of its scheduler, whose `scheduler_config` is the whole.
        samplers: The scheduler's own name first, then the others that fit.
        multiple_of: What both sides of an image must be multiples of.
        native_side_px: Of a square image, if the denoiser says so.
        usual_steps: What its pipeline takes unless told, like `usual_guidance_scale`.
        embeds_guidance: Whether the denoiser takes the scale as an input.
        loras: Whether its kind can have adapters.
    """

    pipeline: str
    scheduler: str
    scheduler_config: Mapping[str, object]
    samplers: tuple[str, ...]
    multiple_of: int
    native_side_px: int | None
    max_images: int
    max_prompt_tokens: int | None
    usual_steps: int | None
    usual_guidance_scale: float | None
    embeds_guidance: bool
    negative_prompt: bool
    guidance_scale: bool
    image_to_image: bool
    inpainting: bool
    loras: bool


@dataclass(frozen=True, slots=True)
class EngineTraits:
    """What is not the pipeline's but its engine's.

    Args:
        batching: Generations share denoiser passes.
        exact: Images can be had that are equal to the bit each time.
        loras: Ids of the adapters that fit.
    """

    previews: bool
    runtime: Runtime
    batching: bool = False
    exact: bool = True
    loras: tuple[str, ...] = ()


def model_document(
    model_id: str, facts: ModelFacts, sidecar: Sidecar, traits: EngineTraits
) -> ModelDocument:
    """
    Raises:
        ModelUnavailable: the sidecar asks for what the pipeline has not.
    """
    width, height = _default_size(facts, sidecar)
    samplers = _samplers(facts, sidecar)
    return ModelDocument(
        id=model_id,
        display_name=sidecar.display_name or model_id,
        description=sidecar.description,
        license=sidecar.license,
        pipeline=facts.pipeline,
        runtime=traits.runtime,
        sizes=_sizes(facts, sidecar, width, height),
        num_inference_steps=IntRange(minimum=1, maximum=MAX_STEPS),
        guidance_scale=FloatRange(minimum=0, maximum=MAX_GUIDANCE_SCALE),
        max_images=facts.max_images,
        max_prompt_tokens=facts.max_prompt_tokens,
        sampler=samplers[0],
        samplers=samplers,
        loras=traits.loras,
        defaults=ModelDefaults(
            width=width,
            height=height,
            num_inference_steps=_default_steps(facts, sidecar),
            guidance_scale=_default_guidance(facts, sidecar),
        ),
        features=ModelFeatures(
            negative_prompt=facts.negative_prompt,
            guidance_scale=facts.guidance_scale,
            previews=traits.previews,
            image_to_image=facts.image_to_image,
            inpainting=facts.inpainting,
            loras=facts.loras,
            exact=traits.exact,
            batching=traits.batching,
        ),
        example_prompts=sidecar.example_prompts,
        styles=sidecar.styles,
    )


def _samplers(facts: ModelFacts, sidecar: Sidecar) -> tuple[str, ...]:
    """The default first."""
    names = facts.samplers
    default = sidecar.default_sampler or names[0]
    if default not in names:
        raise ModelUnavailable(
            f"easel.json: default_sampler {default!r} does not fit the model; "
            f"one of: {', '.join(names)}"
        )
    return (default, *(name for name in names if name != default))


def _default_steps(facts: ModelFacts, sidecar: Sidecar) -> int:
    if sidecar.default_num_inference_steps is not None:
        return sidecar.default_num_inference_steps
    if _is_distilled(facts):
        return _FEW_STEPS
    return facts.usual_steps or FALLBACK_STEPS


def _default_guidance(facts: ModelFacts, sidecar: Sidecar) -> float:
    if sidecar.default_guidance_scale is not None:
        return sidecar.default_guidance_scale
    if _is_distilled(facts) and not facts.embeds_guidance:
        return 0.0
    return facts.usual_guidance_scale or 0.0


def _is_distilled(facts: ModelFacts) -> bool:
    """For a few steps without guidance, as its noise schedule tells.

    LCM has a scheduler of its own; Turbo and Lightning come with Euler's and trailing
    timesteps, which otherwise only models for zero terminal SNR have.
    """
    if facts.scheduler in ("EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler"):
        config = facts.scheduler_config
        return (
            config.get("timestep_spacing") == "trailing"
            and config.get("prediction_type", "epsilon") == "epsilon"
            and not config.get("rescale_betas_zero_snr", False)
        )
    return facts.scheduler == "LCMScheduler"


def _default_size(facts: ModelFacts, sidecar: Sidecar) -> tuple[int, int]:
    if sidecar.default_width and sidecar.default_height:
        return sidecar.default_width, sidecar.default_height
    if sidecar.native_sizes:
        return sidecar.native_sizes[0]
    side_px = facts.native_side_px or FALLBACK_SIDE_PX
    return side_px, side_px


def _sizes(facts: ModelFacts, sidecar: Sidecar, width: int, height: int) -> SizeSupport:
    native = sidecar.native_sizes or ((width, height),)
    smallest = min(min(size) for size in native)
    return SizeSupport(
        minimum=smallest if sidecar.native_sizes else 4 * facts.multiple_of,
        maximum=max(MAX_SIDE_PX, 2 * max(width, height)),
        multiple_of=facts.multiple_of,
        native=tuple(NativeSize(width=w, height=h) for w, h in native),
        enlarges=bool(sidecar.native_sizes),
    )

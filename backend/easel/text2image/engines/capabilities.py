"""What a diffusers pipeline can do, read from its class and its parts."""

import inspect
import re
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
from easel.text2image.engines.model_source import Sidecar

_FALLBACK_SIDE_PX = 1024
_FALLBACK_STEPS = 30
_MAX_SIDE_PX = 2048
# Tokenizers without a limit say so with a number of the order of 1e30.
_NO_TOKEN_LIMIT = 100_000

_SAMPLERS = {
    "DDIMScheduler": "ddim",
    "DPMSolverMultistepScheduler": "dpmpp_2m",
    "EulerAncestralDiscreteScheduler": "euler_ancestral",
    "EulerDiscreteScheduler": "euler",
    "FlowMatchEulerDiscreteScheduler": "flow_match_euler",
    "LCMScheduler": "lcm",
}


class CallSignature:
    """Which arguments a pipeline's `__call__` takes.

    diffusers' pipelines share names, but not all of them have every one.
    """

    def __init__(self, pipeline: Any) -> None:
        self._parameters = inspect.signature(pipeline.__call__).parameters

    def __contains__(self, name: str) -> bool:
        return name in self._parameters

    def default(self, name: str) -> Any:
        """The argument's default, or None where it has none."""
        if name not in self._parameters:
            return None
        value = self._parameters[name].default
        return None if value is inspect.Parameter.empty else value

    @property
    def guidance_argument(self) -> str | None:
        """The argument that is classifier-free guidance, under whichever name.

        Models distilled for guidance (Flux) take the distilled scale as
        `guidance_scale`; Qwen-Image leaves that one at None and uses
        `true_cfg_scale`.
        """
        if "true_cfg_scale" in self and self.default("guidance_scale") is None:
            return "true_cfg_scale"
        return "guidance_scale" if "guidance_scale" in self else None

    @property
    def takes_negative_prompt(self) -> bool:
        """Whether a negative prompt acts at our guidance scale."""
        distilled = "true_cfg_scale" in self
        return "negative_prompt" in self and (
            not distilled or self.guidance_argument == "true_cfg_scale"
        )


def describe(
    model_id: str, pipeline: Any, sidecar: Sidecar, *, previews: bool
) -> ModelDocument:
    """The capability document of a loaded pipeline."""
    call = CallSignature(pipeline)
    width, height = _default_size(pipeline, sidecar)
    guidance = sidecar.default_guidance_scale
    if guidance is None:
        guidance = float(call.default(call.guidance_argument or "") or 0.0)
    tokenizer = widest_tokenizer(pipeline)
    steps = sidecar.default_num_inference_steps
    if steps is None:
        steps = int(call.default("num_inference_steps") or _FALLBACK_STEPS)
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
        max_prompt_tokens=tokenizer[1] if tokenizer else None,
        sampler=_sampler(pipeline),
        defaults=ModelDefaults(
            width=width,
            height=height,
            num_inference_steps=steps,
            guidance_scale=guidance,
        ),
        features=ModelFeatures(
            negative_prompt=call.takes_negative_prompt,
            guidance_scale=call.guidance_argument is not None,
            previews=previews,
        ),
        example_prompts=sidecar.example_prompts,
    )


def _default_size(pipeline: Any, sidecar: Sidecar) -> tuple[int, int]:
    if sidecar.default_width and sidecar.default_height:
        return sidecar.default_width, sidecar.default_height
    if sidecar.native_sizes:
        return sidecar.native_sizes[0]
    side = _latent_side(pipeline)
    side_px = side * pipeline.vae_scale_factor if side else _FALLBACK_SIDE_PX
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
        maximum=max(_MAX_SIDE_PX, 2 * max(width, height)),
        multiple_of=multiple_of,
        native=tuple(NativeSize(width=w, height=h) for w, h in native),
        enlarges=bool(sidecar.native_sizes),
    )


def widest_tokenizer(pipeline: Any) -> tuple[Any, int] | None:
    """The tokenizer that reads most of a prompt, and how many tokens that is.

    Models with several text encoders cut the prompt for each at another length; what
    the widest one reads is not lost.
    """
    limits = [
        (tokenizer, tokenizer.model_max_length)
        for name in ("tokenizer", "tokenizer_2", "tokenizer_3")
        if (tokenizer := getattr(pipeline, name, None)) is not None
        and tokenizer.model_max_length < _NO_TOKEN_LIMIT
    ]
    return max(limits, key=lambda pair: pair[1], default=None)


def _sampler(pipeline: Any) -> str:
    """`dpmpp_2m`; a scheduler that we have no name for, in snake case."""
    name = type(pipeline.scheduler).__name__
    words = re.sub(r"(?<!^)(?=[A-Z][a-z])", "_", name.removesuffix("Scheduler"))
    return _SAMPLERS.get(name, words.lower())

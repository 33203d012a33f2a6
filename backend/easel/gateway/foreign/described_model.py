"""The capability document of a model on a server of another make. Pure.

Such servers tell names and little more, so what a dialect can say of a generation is
what its models are said to honour; the rest is refused before anything is sent.
"""

from collections.abc import Sequence
from typing import TypeVar

from easel.contract.generations import MAX_IMAGES, ImageFormat, NativeSize
from easel.contract.models import (
    FloatRange,
    IntRange,
    ModelDefaults,
    ModelDocument,
    ModelFeatures,
    ModelState,
    SizeSupport,
)
from easel.gateway.foreign.server_url import ForeignServer

Number = TypeVar("Number", int, float)

# Of a model whose server chooses one by itself.
UNKNOWN_SAMPLER = "default"


def described_model(
    server: ForeignServer,
    model: str,
    *,
    make: str,
    features: ModelFeatures,
    sizes: SizeSupport,
    steps: IntRange,
    default_steps: int,
    guidance_scale: FloatRange,
    default_guidance_scale: float,
    output_formats: tuple[ImageFormat, ...],
    max_images: int = MAX_IMAGES,
    samplers: Sequence[str] = (),
    state: ModelState = "ready",
) -> ModelDocument:
    """
    Args:
        server: Its options go before the defaults.
        model: Our id.
        make: Of the server, for people.
        features: What the dialect can say.
        sizes: As far as known; native ones named in the URL replace these.
        steps, default_steps: 1 to 1 where the dialect has no word for them.
        guidance_scale, default_guidance_scale: 0 to 0 likewise.
        output_formats: The default first.
        max_images: Of one generation.
        samplers: Ours, the default first.
        state: Whether it is on the device.
    """
    if server.sizes:
        sizes = sizes.model_copy(update={"native": server.sizes})
    native = sizes.native[0]
    return ModelDocument(
        id=model,
        display_name=model,
        description=f"On a server of another make: {make}.",
        license=None,
        pipeline=make,
        sizes=_widened(sizes),
        num_inference_steps=steps,
        guidance_scale=guidance_scale,
        max_images=max_images,
        max_prompt_tokens=None,
        sampler=samplers[0] if samplers else UNKNOWN_SAMPLER,
        samplers=tuple(samplers),
        output_formats=output_formats,
        defaults=ModelDefaults(
            width=native.width,
            height=native.height,
            num_inference_steps=_within(server.steps, default_steps, steps),
            guidance_scale=_within(
                server.guidance_scale, default_guidance_scale, guidance_scale
            ),
        ),
        features=features,
        state=state,
    )


def native_sizes(*sizes: tuple[int, int]) -> tuple[NativeSize, ...]:
    return tuple(NativeSize(width=width, height=height) for width, height in sizes)


def _widened(sizes: SizeSupport) -> SizeSupport:
    """So that the sizes which somebody named are within the limits."""
    sides = [side for each in sizes.native for side in (each.width, each.height)]
    return sizes.model_copy(
        update={
            "minimum": min([sizes.minimum, *sides]),
            "maximum": max([sizes.maximum, *sides]),
        }
    )


def _within(
    wanted: Number | None, default: Number, limits: IntRange | FloatRange
) -> Number:
    """What was set for another dialect's models may be more than this one takes."""
    value = default if wanted is None else wanted
    return value if limits.minimum <= value <= limits.maximum else default

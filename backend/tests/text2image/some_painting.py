"""A generation as the engine's thread gets it, for tests that drive it by hand."""

from easel.text2image.engine_thread.painting import Painting
from easel.text2image.engines.base import SampleSpec
from tests.text2image.recording_listener import SomeOrder


def some_painting(
    name: str,
    *,
    steps: int = 3,
    num_images: int = 1,
    guidance_scale: float = 1.0,
    size: int = 512,
    number: int = 1,
    model: str = "fake",
    is_watched: bool = False,
    accepted_at_s: float = 0.0,
) -> Painting:
    """Its samples are called after it: `a-0`, `a-1`; a row each without guidance."""
    specs = [
        SampleSpec(
            id=f"{name}-{index}",
            prompt="a cat",
            negative_prompt=None,
            width=size,
            height=size,
            num_inference_steps=steps,
            guidance_scale=guidance_scale,
            seed=index,
            sampler="euler",
        )
        for index in range(num_images)
    ]
    return Painting(
        order=SomeOrder(name, is_watched=is_watched),
        number=number,
        model=model,
        specs=specs,
        user="",
        priority="interactive",
        accepted_at_s=accepted_at_s,
    )

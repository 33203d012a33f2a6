"""A live generation becomes the samples that paint it."""

from easel.text2image.engine_thread.painting import Painting
from easel.text2image.engines.base import SampleSpec, SourceImage
from easel.text2image.live_generation import LiveGeneration
from easel.web.parameters import image_seeds


def painting_of(live: LiveGeneration, source: SourceImage | None) -> Painting:
    """One sample for each image, with its own seed."""
    accepted, parameters = live.accepted, live.parameters
    size = parameters.native_size
    specs = [
        SampleSpec(
            id=f"{live.id}-{index}",
            prompt=parameters.prompt,
            negative_prompt=parameters.negative_prompt,
            width=size.width if size else parameters.width,
            height=size.height if size else parameters.height,
            num_inference_steps=parameters.num_inference_steps,
            guidance_scale=parameters.guidance_scale,
            seed=seed,
            sampler=parameters.sampler,
            loras=tuple(sorted((lora.id, lora.scale) for lora in parameters.loras)),
            source=source,
            is_exact=parameters.determinism == "exact",
        )
        for index, seed in enumerate(image_seeds(parameters))
    ]
    return Painting(
        order=live,
        number=accepted.number,
        model=accepted.model,
        specs=specs,
        user=accepted.user,
        priority=accepted.priority,
        accepted_at_s=accepted.accepted_at_s,
    )

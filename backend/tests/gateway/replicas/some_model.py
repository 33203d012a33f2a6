"""Models as a text-to-image server lists them."""

from easel.contract.generations import NativeSize
from easel.contract.models import (
    FloatRange,
    IntRange,
    ModelDefaults,
    ModelDocument,
    ModelFeatures,
    ModelState,
    SizeSupport,
)


def some_model(
    model_id: str, state: ModelState = "ready", *, load_progress: float | None = None
) -> ModelDocument:
    return ModelDocument(
        id=model_id,
        display_name=model_id,
        description="A model.",
        license=None,
        pipeline="Pipeline",
        sizes=SizeSupport(
            minimum=64,
            maximum=1024,
            multiple_of=8,
            native=(NativeSize(width=512, height=512),),
            enlarges=False,
        ),
        num_inference_steps=IntRange(minimum=1, maximum=100),
        guidance_scale=FloatRange(minimum=0, maximum=20),
        max_images=4,
        max_prompt_tokens=None,
        sampler="euler",
        defaults=ModelDefaults(
            width=512, height=512, num_inference_steps=8, guidance_scale=1.0
        ),
        features=ModelFeatures(
            negative_prompt=False, guidance_scale=False, previews=False
        ),
        state=state,
        load_progress=load_progress,
    )

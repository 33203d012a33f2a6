"""The first image of a loaded model, which nobody asked for."""

from typing import Any

from easel.errors import ServiceError
from easel.text2image.engines.base import AnyEngine, ModelUnavailable, SampleSpec
from easel.text2image.engines.error_text import first_line


def warm_up(engine: AnyEngine) -> None:
    """Paint two steps: the first run of a model is many times slower than all others.

    Raises:
        ModelUnavailable: it does not paint.
    """
    model = engine.model
    native = model.sizes.native[0]
    spec = SampleSpec(
        id="warm-up",
        prompt="warm-up",
        negative_prompt=None,
        width=native.width,
        height=native.height,
        num_inference_steps=2,
        guidance_scale=model.defaults.guidance_scale,
        seed=0,
        sampler=model.sampler,
    )
    try:
        result = _painted(engine, spec)
    except ModelUnavailable:
        raise
    except Exception as error:
        # Whatever a library raises here, every request would meet it again.
        raise _does_not_paint(error) from error
    if isinstance(result, ServiceError):
        raise _does_not_paint(result)


def _painted(engine: AnyEngine, spec: SampleSpec) -> Any:
    sample = engine.begin(spec, plan := engine.plan(spec))
    try:
        while sample.steps_done < plan.steps:
            engine.step([sample], max_rows=plan.rows)
        engine.previews([sample])
        return engine.decode([sample]).result()[0]
    finally:
        engine.end(sample)


def _does_not_paint(error: Exception) -> ModelUnavailable:
    return ModelUnavailable(f"the model loads but does not paint: {first_line(error)}")

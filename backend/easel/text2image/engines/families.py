"""Which pipelines can share forward passes, and the family that makes them do so."""

import importlib
from typing import Any

from easel.text2image.engines.family import ModelFamily

# By the pipeline's class: the module beside this one, and the family in it. The module
# says in `supports(pipeline)` which variants it runs.
_FAMILIES = {
    "StableDiffusionPipeline": ("stable_diffusion", "StableDiffusion"),
    "StableDiffusionXLPipeline": ("stable_diffusion_xl", "StableDiffusionXL"),
    "StableDiffusion3Pipeline": ("stable_diffusion_3", "StableDiffusion3"),
    "FluxPipeline": ("flux", "Flux"),
    "ZImagePipeline": ("z_image", "ZImage"),
    "QwenImagePipeline": ("qwen_image", "QwenImage"),
}


def has_family(pipeline: Any) -> bool:
    return _module_for(pipeline) is not None


def family_for(pipeline: Any) -> ModelFamily | None:
    """The family around `pipeline`; None where none can run it."""
    module = _module_for(pipeline)
    if module is None:
        return None
    family: ModelFamily = getattr(module, _FAMILIES[type(pipeline).__name__][1])(
        pipeline
    )
    return family


def _module_for(pipeline: Any) -> Any:
    name = type(pipeline).__name__
    if name not in _FAMILIES:
        return None
    module = importlib.import_module(f"{__package__}.{_FAMILIES[name][0]}")
    return module if module.supports(pipeline) else None

"""The document of a model that is not loaded: its pipeline without any weights."""

import importlib
import inspect
import logging
from pathlib import Path
from typing import Any

import torch

from easel.contract.generations import (
    MAX_GUIDANCE_SCALE,
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
from easel.text2image.engines.capabilities import describe
from easel.text2image.engines.error_text import first_line
from easel.text2image.engines.families import has_family
from easel.text2image.engines.latent_preview import can_preview
from easel.text2image.engines.load_options import LoadOptions
from easel.text2image.engines.lora_adapters import LoraAdapters
from easel.text2image.engines.model_facts import (
    FALLBACK_SIDE_PX,
    FALLBACK_STEPS,
    MAX_SIDE_PX,
    EngineTraits,
)
from easel.text2image.engines.model_source import (
    ModelSource,
    open_source,
    read_index,
)
from easel.text2image.engines.prompt_reader import PromptReader, prompt_reader
from easel.text2image.engines.quiet_libraries import import_diffusers

log = logging.getLogger(__name__)


def described(model: str, options: LoadOptions) -> ModelDocument:
    """Read configs, tokenizers and the noise schedule; no weights.

    Raises:
        ModelUnavailable: there is no such model.
    """
    source = open_source(model)
    try:
        pipeline = skeleton(source)
        return describe_pipeline(
            source,
            pipeline,
            options,
            previews=can_preview(getattr(pipeline, "vae", None)),
            adapters=LoraAdapters(pipeline, options.lora_dir),
        )
    except ModelUnavailable:
        raise
    except Exception as error:
        # A library that wants weights here may still load the model.
        fields = {"model": source.id, "error": first_line(error)}
        log.warning("model described by its index only", extra={"fields": fields})
        return _by_index(source)


def opened_reader(model: str) -> PromptReader | None:
    """Read tokenizers only; None for a model without any.

    Raises:
        ModelUnavailable: there is no such model, or its files are damaged.
    """
    source = open_source(model)
    try:
        return prompt_reader(_with_tokenizers_only(source))
    except ModelUnavailable:
        raise
    except Exception as error:
        reason = f"no tokenizer of {source.id!r} can be read: {first_line(error)}"
        raise ModelUnavailable(reason) from error


def describe_pipeline(
    source: ModelSource,
    pipeline: Any,
    options: LoadOptions,
    *,
    previews: bool,
    adapters: LoraAdapters,
) -> ModelDocument:
    """The document of a pipeline, loaded or not."""
    return describe(
        source.id,
        pipeline,
        source.sidecar,
        EngineTraits(
            previews=previews,
            runtime="torch",
            batching=shares_passes(pipeline, options),
            # The stock pipeline's own loop would run through the compiled denoiser.
            exact=not options.compile,
            loras=adapters.ids,
        ),
    )


def shares_passes(pipeline: Any, options: LoadOptions) -> bool:
    """Offloaded parts are moved by the pipeline's own calls, so it paints alone."""
    return options.offload == "none" and has_family(pipeline)


def skeleton(source: ModelSource) -> Any:
    """The text-to-image pipeline with every model on torch's meta device."""
    diffusers = import_diffusers()
    parts = {}
    for name, (library, class_name) in read_index(source).components.items():
        part = _without_weights(source.folder / name, library, class_name)
        if part is not None:
            parts[name] = part
    return diffusers.AutoPipelineForText2Image.from_pretrained(source.folder, **parts)


def _with_tokenizers_only(source: ModelSource) -> Any:
    """The pipeline, as far as it is needed to know how it treats a prompt.

    Made by its own class: `from_pretrained` would draw the progress bars by which a
    model that is loading meanwhile tells how far it is.
    """
    index = read_index(source)
    pipeline_class = getattr(import_diffusers(), index.pipeline)
    parameters = inspect.signature(pipeline_class).parameters
    parts: dict[str, Any] = dict.fromkeys(
        name for name, one in parameters.items() if one.default is one.empty
    )
    for name, (library, class_name) in index.components.items():
        # Some pipelines look at their scheduler when they are made.
        if name.startswith(("tokenizer", "scheduler")):
            part_class = getattr(_library(library), class_name)
            parts[name] = part_class.from_pretrained(source.folder / name)
    if "requires_safety_checker" in parameters:
        parts["requires_safety_checker"] = False
    return pipeline_class(**parts)


def _without_weights(
    folder: Path, library: str, class_name: str
) -> torch.nn.Module | None:
    """A component whose numbers are nowhere; None if it is no module."""
    component = getattr(_library(library), class_name, None)
    if component is None or not issubclass(component, torch.nn.Module):
        return None
    with torch.device("meta"):
        if hasattr(component, "config_class") and component.config_class is not None:
            made = component(component.config_class.from_pretrained(folder))
        else:
            made = component.from_config(component.load_config(folder))
    module: torch.nn.Module = made.eval()
    return module


def _library(name: str) -> Any:
    """A library, or the part of diffusers that has the pipeline's own components."""
    pipelines = importlib.import_module("diffusers.pipelines")
    return getattr(pipelines, name, None) or importlib.import_module(name)


def _by_index(source: ModelSource) -> ModelDocument:
    """What can be promised of any model; loading it says more."""
    sidecar = source.sidecar
    width = sidecar.default_width or FALLBACK_SIDE_PX
    height = sidecar.default_height or FALLBACK_SIDE_PX
    native = sidecar.native_sizes or ((width, height),)
    return ModelDocument(
        id=source.id,
        display_name=sidecar.display_name or source.id,
        description=sidecar.description,
        license=sidecar.license,
        pipeline=read_index(source).pipeline,
        runtime="torch",
        sizes=SizeSupport(
            minimum=min(min(size) for size in native),
            maximum=max(MAX_SIDE_PX, width, height),
            # What every known autoencoder and patch size divides.
            multiple_of=64,
            native=tuple(NativeSize(width=w, height=h) for w, h in native),
            enlarges=bool(sidecar.native_sizes),
        ),
        num_inference_steps=IntRange(minimum=1, maximum=MAX_STEPS),
        guidance_scale=FloatRange(minimum=0, maximum=MAX_GUIDANCE_SCALE),
        max_images=1,
        max_prompt_tokens=None,
        sampler="default",
        samplers=("default",),
        defaults=ModelDefaults(
            width=width,
            height=height,
            num_inference_steps=sidecar.default_num_inference_steps or FALLBACK_STEPS,
            guidance_scale=sidecar.default_guidance_scale or 0.0,
        ),
        features=ModelFeatures(
            negative_prompt=False, guidance_scale=False, previews=False
        ),
        example_prompts=sidecar.example_prompts,
        styles=sidecar.styles,
    )

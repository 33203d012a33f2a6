"""A model's folder becomes an engine on a device, painted with once."""

import logging
from dataclasses import dataclass
from typing import Any

import torch

from easel.text2image.engines import acceleration
from easel.text2image.engines.base import AnyEngine, ModelUnavailable
from easel.text2image.engines.batched import BatchedEngine
from easel.text2image.engines.decoding import Decoder
from easel.text2image.engines.description import describe_pipeline, shares_passes
from easel.text2image.engines.devices import choose_device, choose_dtype, dtype_name
from easel.text2image.engines.error_text import first_line
from easel.text2image.engines.families import family_for
from easel.text2image.engines.faults import is_out_of_memory
from easel.text2image.engines.latent_preview import LatentPreview, preview_for
from easel.text2image.engines.load_options import LoadOptions, Progress
from easel.text2image.engines.load_progress import LoadProgress, components_announced
from easel.text2image.engines.lora_adapters import LoraAdapters
from easel.text2image.engines.model_source import (
    ModelSource,
    open_source,
    read_index,
)
from easel.text2image.engines.quiet_libraries import import_diffusers
from easel.text2image.engines.stock_pipeline import StockPipeline
from easel.text2image.engines.warm_up import warm_up
from easel.text2image.engines.weight_files import component_bytes
from easel.text2image.engines.whole_pipeline import WholePipelineEngine

log = logging.getLogger(__name__)

# Shares of the whole. Reading a file is most of it; the rest is the first image.
_READING, _MOVING, _PAINTING = 0.7, 0.15, 0.15

_SAFETY_CHECKER = "safety_checker"
_DENOISERS = ("unet", "transformer")


@dataclass(frozen=True, slots=True)
class _Target:
    device: str
    dtype: torch.dtype


def loaded_engine(model: str, options: LoadOptions, progress: Progress) -> AnyEngine:
    """Raises ModelUnavailable: it does not exist, or cannot be loaded."""
    source = open_source(model)
    target = _target(options)
    acceleration.refuse_what_cannot_be(options, target.device)
    loaded = LoadProgress(_component_bytes(source, options, target), progress)
    with loaded.phase(_READING):
        pipeline = _read(source, target, loaded)
    # Where the weights are now: offloading moves them under the pipeline's calls.
    preview = _preview(pipeline) if options.offload != "none" else None
    with loaded.phase(_MOVING):
        _place(source, pipeline, options, target, loaded)
    with loaded.phase(_PAINTING):
        preview = preview or _preview(pipeline)
        engine = _engine(source, pipeline, options, target, preview)
        warm_up(engine)
    fields = {
        "model": source.id,
        "pipeline": engine.model.pipeline,
        "device": target.device,
        "dtype": dtype_name(target.dtype),
        "batching": engine.model.features.batching,
    }
    log.info("model ready", extra={"fields": fields})
    return engine


def estimated_bytes(model: str, options: LoadOptions) -> int:
    """Raises ModelUnavailable: it does not exist."""
    source = open_source(model)
    return sum(_component_bytes(source, options, _target(options)).values())


def _target(options: LoadOptions) -> _Target:
    device = choose_device(options.device)
    return _Target(device, choose_dtype(options.dtype, device))


def _component_bytes(
    source: ModelSource, options: LoadOptions, target: _Target
) -> dict[str, int]:
    quantized = _DENOISERS if options.quantize is not None else ()
    return component_bytes(
        source.folder,
        read_index(source).components,
        target.dtype.itemsize,
        quantized,
    )


def _read(source: ModelSource, target: _Target, progress: LoadProgress) -> Any:
    auto = import_diffusers().AutoPipelineForText2Image
    try:
        with components_announced(progress):
            # Without a dtype, transformers and diffusers each choose their own.
            pipeline = auto.from_pretrained(
                source.folder, dtype=target.dtype, **_left_out(source)
            )
    except Exception as error:
        raise _load_failure(source, target, error) from error
    for part in pipeline.components.values():
        if isinstance(part, torch.nn.Module):
            part.requires_grad_(False)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _left_out(source: ModelSource) -> dict[str, Any]:
    """A checker inside the pipeline would blacken images and tell nobody."""
    if _SAFETY_CHECKER not in read_index(source).components:
        return {}
    fields = {"model": source.id}
    log.info(
        "its own safety checker is not used; see --safety", extra={"fields": fields}
    )
    return {_SAFETY_CHECKER: None, "requires_safety_checker": False}


def _place(
    source: ModelSource,
    pipeline: Any,
    options: LoadOptions,
    target: _Target,
    progress: LoadProgress,
) -> None:
    """Bring the pipeline to its device, made as fast or small as was asked for."""
    try:
        if options.offload != "none":
            acceleration.offload(pipeline, options.offload, target.device)
            return
        if options.quantize is not None:
            acceleration.quantize(pipeline, options.quantize, target.device)
        for name, part in pipeline.components.items():
            if isinstance(part, torch.nn.Module):
                part.to(target.device)
                progress.component_done(name)
        pipeline.to(target.device)
        acceleration.use_channels_last(pipeline, target.device)
        if options.compile:
            acceleration.compile_denoiser(pipeline)
    except Exception as error:
        raise _load_failure(source, target, error) from error


def _preview(pipeline: Any) -> LatentPreview | None:
    """None too where the fit fails: the model may paint without."""
    try:
        return preview_for(pipeline)
    except RuntimeError as error:
        fields = {"error": first_line(error)}
        log.warning("no previews: the fit failed", extra={"fields": fields})
        return None


def _load_failure(
    source: ModelSource, target: _Target, error: Exception
) -> ModelUnavailable:
    """A dozen libraries raise a dozen types; each means the same to the operator."""
    if isinstance(error, ModelUnavailable):
        return error
    if isinstance(error, MemoryError):
        return ModelUnavailable(f"{source.id!r} does not fit into memory")
    if is_out_of_memory(error):
        return ModelUnavailable(f"{source.id!r} does not fit on {target.device}")
    return ModelUnavailable(f"cannot load {source.id!r}: {first_line(error)}")


def _engine(
    source: ModelSource,
    pipeline: Any,
    options: LoadOptions,
    target: _Target,
    preview: LatentPreview | None,
) -> AnyEngine:
    adapters = LoraAdapters(pipeline, options.lora_dir)
    document = describe_pipeline(
        source, pipeline, options, previews=preview is not None, adapters=adapters
    )
    dtype = dtype_name(target.dtype)
    stock = StockPipeline(pipeline, source.id, target.device, dtype)
    family = family_for(pipeline) if shares_passes(pipeline, options) else None
    if family is None:
        return WholePipelineEngine(
            pipeline,
            document,
            target.device,
            preview=preview,
            loras=adapters,
            stock=stock,
        )
    return BatchedEngine(
        family,
        document,
        target.device,
        preview=preview,
        loras=adapters,
        stock=stock,
        decoder=Decoder(
            family.decode,
            target.device,
            pipeline.vae.dtype.itemsize,
            tile=getattr(pipeline.vae, "enable_tiling", None),
        ),
        compiled=options.compile,
    )

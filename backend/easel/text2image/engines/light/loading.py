"""A folder with graphs becomes a light engine, painted with once."""

import logging

from easel.contract.models import ModelDocument
from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.engines.light.engine import LightEngine
from easel.text2image.engines.light.folder import LightFolder, open_folder
from easel.text2image.engines.light.stable_diffusion import GraphStableDiffusion
from easel.text2image.engines.light.tokenizer import FolderTokenizer
from easel.text2image.engines.linear_preview import LinearPreview
from easel.text2image.engines.load_options import Progress
from easel.text2image.engines.model_facts import EngineTraits, model_document
from easel.text2image.engines.model_source import ModelSource, read_index
from easel.text2image.engines.prompt_reader import PromptReader, Template
from easel.text2image.engines.warm_up import warm_up
from easel.text2image.engines.weight_files import component_bytes

log = logging.getLogger(__name__)

# A quarter of the usual work at the start, and latents enough for a few channels.
_FIT_SIDE_PX = 64

# Bytes of one number, once it is read.
_FLOAT32_BYTES = 4


def loaded(source: ModelSource, progress: Progress) -> LightEngine:
    """Raises ModelUnavailable: it cannot be loaded, or does not paint."""
    folder = open_folder(source)
    reader = _reader(source)
    document = _document(folder, reader)
    progress(0.1)
    family = GraphStableDiffusion(
        folder.graphs,
        reader.tokenizer,
        latent_channels=folder.latent_channels,
        factor=folder.factor,
    )
    progress(0.7)
    engine = LightEngine(
        family,
        document,
        sampler_of=folder.sampler,
        preview=_preview(family),
        reader=reader,
        memory_bytes=weight_bytes(source),
    )
    progress(0.8)
    warm_up(engine)
    progress(1.0)
    fields = {
        "model": source.id,
        "pipeline": document.pipeline,
        "device": engine.device,
        "runtime": "onnx",
        "batching": document.features.batching,
    }
    log.info("model ready", extra={"fields": fields})
    return engine


def described(source: ModelSource) -> ModelDocument:
    """What the loaded model will say; reads no weights.

    Raises:
        ModelUnavailable: its files are damaged.
    """
    return _document(open_folder(source), _reader(source))


def opened_reader(source: ModelSource) -> PromptReader:
    """Raises ModelUnavailable: the tokenizer is damaged."""
    return _reader(source)


def weight_bytes(source: ModelSource) -> int:
    """What the weights take in memory."""
    parts = read_index(source).components
    return sum(component_bytes(source.folder, parts, _FLOAT32_BYTES).values())


def _document(folder: LightFolder, reader: PromptReader) -> ModelDocument:
    assert reader.limit is not None
    return model_document(
        folder.source.id,
        folder.facts(reader.limit),
        folder.source.sidecar,
        EngineTraits(previews=True, runtime="onnx", batching=True),
    )


def _preview(family: GraphStableDiffusion) -> LinearPreview:
    try:
        return LinearPreview.fit(family.mean_latents, side_px=_FIT_SIDE_PX)
    except RuntimeError as error:
        # All painting ends in what this begins with.
        reason = f"the model loads but does not paint: {error}"
        raise ModelUnavailable(reason) from error


def _reader(source: ModelSource) -> PromptReader:
    tokenizer = FolderTokenizer(source.folder / "tokenizer")
    return PromptReader(tokenizer, tokenizer.model_max_length, Template())

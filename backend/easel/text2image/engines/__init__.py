"""The engines: a name becomes a loaded model behind the `Engine` protocol.

Each engine's module is imported on demand: only models that torch runs import it.
"""

from easel.contract.models import ModelDocument
from easel.text2image.engines.base import AnyEngine, PromptCounter
from easel.text2image.engines.load_options import FAKE_MODEL, LoadOptions, Progress
from easel.text2image.engines.model_source import open_source
from easel.text2image.engines.runtimes import runtime_of

__all__ = [
    "LoadOptions",
    "Progress",
    "describe_model",
    "load_engine",
    "prompt_counter",
    "weight_bytes",
]


def describe_model(model: str, options: LoadOptions) -> ModelDocument:
    """The document of a model that is not loaded; reads no weights.

    A model of a hub is downloaded first, which can take many minutes.

    Raises:
        ModelUnavailable: it does not exist, or its files are damaged.
    """
    if model == FAKE_MODEL:
        document = _fake(options).model
    elif runtime_of(model, options) == "onnx":
        from easel.text2image.engines.light import loading as light

        document = light.described(open_source(model))
    else:
        from easel.text2image.engines.description import described

        document = described(model, options)
    return document.model_copy(update={"state": "unloaded"})


def load_engine(model: str, options: LoadOptions, progress: Progress) -> AnyEngine:
    """Load `model` and paint once, so that the first caller finds it warm.

    Raises:
        ModelUnavailable: it does not exist, or cannot be loaded.
    """
    if model == FAKE_MODEL:
        progress(1.0)
        return _fake(options)
    if runtime_of(model, options) == "onnx":
        from easel.text2image.engines.light import loading as light

        return light.loaded(open_source(model), progress)
    from easel.text2image.engines.loading import loaded_engine

    return loaded_engine(model, options, progress)


def prompt_counter(model: str, options: LoadOptions) -> PromptCounter | None:
    """Read the tokenizer that the model's prompts are cut by, and nothing else.

    Returns:
        None for a model without any.

    Raises:
        ModelUnavailable: it does not exist, or its files are damaged.
    """
    if model == FAKE_MODEL:
        from easel.text2image.engines.fake import FakePromptCounter

        return FakePromptCounter()
    if runtime_of(model, options) == "onnx":
        from easel.text2image.engines.light import loading as light

        return light.opened_reader(open_source(model))
    from easel.text2image.engines.description import opened_reader

    return opened_reader(model)


def weight_bytes(model: str, options: LoadOptions) -> int:
    """What the weights will take on the device, by their files.

    Raises:
        ModelUnavailable: it does not exist.
    """
    if model == FAKE_MODEL:
        return 0
    if runtime_of(model, options) == "onnx":
        from easel.text2image.engines.light import loading as light

        return light.weight_bytes(open_source(model))
    from easel.text2image.engines.loading import estimated_bytes

    return estimated_bytes(model, options)


def _fake(options: LoadOptions) -> AnyEngine:
    from easel.text2image.engines.fake import FakeEngine

    return FakeEngine(step_s=options.fake_step_s)

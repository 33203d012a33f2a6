"""Which models this server was started with, by the id that callers use."""

from collections.abc import Mapping, Sequence

from easel.contract.models import ModelDocument
from easel.text2image.engines import (
    describe_model,
    load_engine,
    prompt_counter,
    weight_bytes,
)
from easel.text2image.engines.base import AnyEngine, ModelUnavailable, PromptCounter
from easel.text2image.engines.load_options import FAKE_MODEL, LoadOptions, Progress
from easel.text2image.engines.runtimes import runtime_of
from easel.text2image.models.memory_gauge import machine_bytes
from easel.text2image.settings import ServerSettings

# The rest is for latents, activations and, on a CPU, for everything else that runs.
_GPU_SHARE = 0.85
_MACHINE_SHARE = 0.6

# The test pattern takes no memory.
_UNLIMITED_BYTES = 2**62


class ModelCatalogue:
    """
    Args:
        names: As the operator wrote them; the first is the default.
        options: How they are loaded.
        limit_bytes: What all of them may take; None asks the device.
    """

    def __init__(
        self, names: Sequence[str], options: LoadOptions, limit_bytes: int | None
    ) -> None:
        self._names = names
        self._options = options
        self._limit_bytes = limit_bytes
        self._name_of: dict[str, str] = {}

    def describe(self) -> Mapping[str, ModelDocument]:
        """Raises ModelUnavailable: one of them does not exist, or two share an id."""
        documents: dict[str, ModelDocument] = {}
        for name in self._names:
            document = describe_model(name, self._options)
            if document.id in documents:
                raise ModelUnavailable(f"two models are called {document.id!r}")
            documents[document.id] = document
            self._name_of[document.id] = name
        return documents

    def needed_bytes(self) -> Mapping[str, int]:
        return {
            model_id: weight_bytes(name, self._options)
            for model_id, name in self._name_of.items()
        }

    def limit_bytes(self) -> int:
        if self._limit_bytes is not None:
            return self._limit_bytes
        if all(name == FAKE_MODEL for name in self._names):
            return _UNLIMITED_BYTES
        runtimes = {
            runtime_of(name, self._options)
            for name in self._names
            if name != FAKE_MODEL
        }
        if "torch" not in runtimes:
            return int(machine_bytes() * _MACHINE_SHARE)
        from easel.text2image.engines import devices

        device = devices.choose_device(self._options.device)
        share = _GPU_SHARE if device.startswith("cuda") else _MACHINE_SHARE
        return int(devices.total_memory_bytes(device) * share)

    def load(self, model_id: str, progress: Progress) -> AnyEngine:
        return load_engine(self._name_of[model_id], self._options, progress)

    def prompt_counter(self, model_id: str) -> PromptCounter | None:
        """None for a model without a tokenizer; raises ModelUnavailable."""
        return prompt_counter(self._name_of[model_id], self._options)


def catalogue_of(settings: ServerSettings) -> ModelCatalogue:
    """What an operator has set."""
    options = LoadOptions(
        device=settings.device,
        dtype=settings.dtype,
        compile=settings.compile,
        quantize=settings.quantize,
        offload=settings.offload,
        lora_dir=settings.lora_dir,
        runtime=settings.runtime,
        fake_step_s=settings.fake_step_seconds,
    )
    budget_gib = settings.memory_budget_gib
    limit_bytes = None if budget_gib is None else int(budget_gib * 2**30)
    return ModelCatalogue(settings.model, options, limit_bytes)

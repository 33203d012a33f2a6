"""The models as callers see them: the executor's last word on each."""

import asyncio
from collections.abc import Callable, Mapping

from easel.contract.models import ModelDocument
from easel.errors import ModelLoading, ModelNotFound, ServiceError
from easel.text2image.engine_thread.runner import Device
from easel.text2image.executors.executor import Executor
from easel.text2image.metrics import ServerMetrics


class ServedModels:
    """Lives on the event loop.

    Args:
        executor: Loads and unloads them.
        metrics: Says which are loaded.
        not_ready: Why no generation would be taken now.
    """

    def __init__(
        self,
        executor: Executor,
        metrics: ServerMetrics,
        not_ready: Callable[[], ServiceError | None],
    ) -> None:
        self.device: Device | None = None
        self._executor = executor
        self._metrics = metrics
        self._not_ready = not_ready
        self._documents: Mapping[str, ModelDocument] = {}

    def all(self) -> tuple[ModelDocument, ...]:
        """The default first; raises ModelLoading while none is known."""
        if not self._documents or self.device is None:
            raise self._not_ready() or ModelLoading("The model is loading.")
        return tuple(self._documents.values())

    def find(self, model_id: str | None) -> ModelDocument:
        """The one of this id, or the default.

        Raises:
            ModelNotFound: this server has no such model.
            ModelLoading: while none is known.
        """
        models = self.all()
        if model_id is None:
            return models[0]
        if model_id not in self._documents:
            names = ", ".join(repr(model.id) for model in models)
            raise ModelNotFound(f"This server has {names} only.", param="model")
        return self._documents[model_id]

    async def load(self, model_id: str) -> ModelDocument:
        """Raises ModelNotFound, and ModelLoading while no model is known."""
        self.find(model_id)
        return await asyncio.wrap_future(self._executor.load(model_id))

    async def unload(self, model_id: str) -> ModelDocument:
        """Raises ModelNotFound, ModelInUse, and ModelLoading while none is known."""
        self.find(model_id)
        return await asyncio.wrap_future(self._executor.unload(model_id))

    def saw(self, documents: tuple[ModelDocument, ...]) -> None:
        """The executor tells of a change."""
        self._documents = {document.id: document for document in documents}
        for document in documents:
            is_loaded = document.state == "ready"
            self._metrics.model_loaded.labels(document.id).set(is_loaded)

    def ready(self, device: Device) -> None:
        """The first of them is on the device."""
        self.device = device
        if device.allocated_bytes is not None:
            self._metrics.watch_memory(device.allocated_bytes)

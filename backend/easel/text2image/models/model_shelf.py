"""The models of this server: which are on the device, which come, which must go.

Owned by the engine's thread. Paintings whose model is not there wait here for it.
"""

import logging
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field

from easel.clock import Clock
from easel.contract.models import ModelDocument, ModelState
from easel.errors import ModelFailed, ModelInUse, ModelNotFound, ServiceError
from easel.text2image.engine_thread.painting import Painting
from easel.text2image.engines.base import AnyEngine
from easel.text2image.models.memory_budget import (
    ResidentModel,
    evictions,
    why_it_never_fits,
)
from easel.text2image.models.model_loader import (
    LoadFailed,
    LoadProgressed,
    LoadReport,
    ModelLoaded,
)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Shelved:
    document: ModelDocument
    needed_bytes: int
    engine: AnyEngine | None = None
    last_used_at_s: float = 0.0
    awaiting: list[Painting] = field(default_factory=list)
    is_wanted: bool = False


class ModelShelf:
    """
    Args:
        documents: Of all models that this server may load, the default first.
        needed_bytes: What each takes on the device, as far as is known before.
        request: Asks the loader for a model.
        limit_bytes: What all models together may take.
        clock: Tells which was used last.
        tell: Given all documents after each change.
    """

    def __init__(
        self,
        *,
        documents: Mapping[str, ModelDocument],
        needed_bytes: Mapping[str, int],
        request: Callable[[str], None],
        limit_bytes: int,
        clock: Clock,
        tell: Callable[[tuple[ModelDocument, ...]], None],
    ) -> None:
        self._shelved = {
            model_id: _Shelved(
                document.model_copy(update={"state": "unloaded"}),
                needed_bytes[model_id],
            )
            for model_id, document in documents.items()
        }
        self._request = request
        self._limit_bytes = limit_bytes
        self._clock = clock
        self._tell = tell

    @property
    def awaiting(self) -> list[Painting]:
        """Paintings whose model is on its way, in the order of their coming."""
        waiting = [
            painting
            for shelved in self._shelved.values()
            for painting in shelved.awaiting
        ]
        return sorted(waiting, key=lambda painting: painting.number)

    def engine(self, model_id: str) -> AnyEngine | None:
        """The loaded model, marked as used; None if it is not on the device.

        Raises:
            ModelNotFound: this server has no such model (any more).
        """
        shelved = self._known(model_id)
        shelved.last_used_at_s = self._clock.now()
        return shelved.engine

    def wait(self, painting: Painting) -> None:
        """Keep it until its model has come; `make_room` must be called, too."""
        shelved = self._shelved[painting.model]
        shelved.awaiting.append(painting)
        shelved.is_wanted = True

    def want(self, model_id: str) -> None:
        """Load it, though nobody waits for it.

        Raises:
            ModelNotFound: this server has no such model.
        """
        self._known(model_id).is_wanted = True

    def forget(self, painting: Painting) -> None:
        """Nobody wants it any more."""
        shelved = self._shelved[painting.model]
        if painting in shelved.awaiting:
            shelved.awaiting.remove(painting)

    def make_room(self, in_use: Set[str]) -> list[tuple[Painting, ServiceError]]:
        """Begin to load what is wanted, as far as memory allows.

        Args:
            in_use: Models that run; they stay.

        Returns:
            Paintings whose model will never fit, and why.
        """
        hopeless: list[tuple[Painting, ServiceError]] = []
        for model_id, shelved in self._shelved.items():
            if not shelved.is_wanted or shelved.engine is not None:
                shelved.is_wanted = False
                continue
            if shelved.document.state == "loading":
                continue
            if reason := self._never_fits(shelved):
                error = ModelFailed(f"{reason}.")
                hopeless += [(painting, error) for painting in shelved.awaiting]
                shelved.awaiting = []
                shelved.is_wanted = False
                self._change(model_id, "failed")
            elif self._evict_for(shelved, in_use):
                self._change(model_id, "loading", 0.0)
                self._request(model_id)
        return hopeless

    def report(
        self, report: LoadReport
    ) -> tuple[list[Painting], list[tuple[Painting, ServiceError]]]:
        """News of the loader.

        Returns:
            Paintings that can go on now, and paintings that have failed with their
            model.
        """
        shelved = self._shelved[report.model]
        if isinstance(report, LoadProgressed):
            self._change(report.model, "loading", report.share)
            return [], []
        waited, shelved.awaiting = shelved.awaiting, []
        shelved.is_wanted = False
        if isinstance(report, LoadFailed):
            log.error("a model cannot be loaded: %s", report.reason)
            self._change(report.model, "failed")
            error = ModelFailed(f"{report.model} cannot be loaded; the log says why.")
            return [], [(painting, error) for painting in waited]
        assert isinstance(report, ModelLoaded)
        shelved.engine = report.engine
        shelved.needed_bytes = report.engine.memory_bytes
        shelved.last_used_at_s = self._clock.now()
        shelved.document = report.engine.model
        self._change(report.model, "ready")
        return waited, []

    def unload(self, model_id: str, in_use: Set[str]) -> ModelDocument:
        """Free its memory. Nothing if it is not loaded.

        Raises:
            ModelNotFound: this server has no such model.
            ModelInUse: it runs, loads, or somebody waits for it.
        """
        shelved = self._known(model_id)
        if (
            model_id in in_use
            or shelved.awaiting
            or shelved.document.state == "loading"
        ):
            raise ModelInUse(f"{model_id!r} is in use; try again when it is idle.")
        shelved.is_wanted = False
        self._close(model_id)
        return shelved.document

    def close(self) -> None:
        for model_id in self._shelved:
            self._close(model_id)

    def document(self, model_id: str) -> ModelDocument:
        """Raises ModelNotFound: this server has no such model."""
        return self._known(model_id).document

    def _known(self, model_id: str) -> _Shelved:
        if model_id not in self._shelved:
            raise ModelNotFound(f"This server has no {model_id!r}.", param="model")
        return self._shelved[model_id]

    def _never_fits(self, shelved: _Shelved) -> str | None:
        return why_it_never_fits(
            shelved.document.id, shelved.needed_bytes, self._limit_bytes
        )

    def _evict_for(self, wanted: _Shelved, in_use: Set[str]) -> bool:
        """Whether there is room now, after idle models have gone."""
        resident = [
            ResidentModel(
                id=model_id,
                weight_bytes=shelved.needed_bytes,
                used_at_s=shelved.last_used_at_s,
                is_in_use=model_id in in_use or shelved.document.state == "loading",
            )
            for model_id, shelved in self._shelved.items()
            if shelved.engine is not None or shelved.document.state == "loading"
        ]
        evicted = evictions(wanted.needed_bytes, resident, self._limit_bytes)
        if evicted is None:
            return False
        for model_id in evicted:
            log.info("a model makes room", extra={"fields": {"model": model_id}})
            self._close(model_id)
        return True

    def _close(self, model_id: str) -> None:
        shelved = self._shelved[model_id]
        if shelved.engine is not None:
            shelved.engine.close()
            shelved.engine = None
            self._change(model_id, "unloaded")

    def _change(
        self, model_id: str, state: ModelState, progress: float | None = None
    ) -> None:
        shelved = self._shelved[model_id]
        shelved.document = shelved.document.model_copy(
            update={"state": state, "load_progress": progress}
        )
        self._tell(tuple(each.document for each in self._shelved.values()))

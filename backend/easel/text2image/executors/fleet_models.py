"""The models of a fleet as callers see them: `ready` is what a replica has loaded."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping, Set
from concurrent.futures import Future
from dataclasses import dataclass

from easel.contract.models import ModelDocument, ModelState
from easel.errors import ModelInUse, ModelNotFound, ServiceError
from easel.text2image.executors.fleet import Fleet
from easel.text2image.executors.replica_messages import Facts

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelCommand:
    """Load or unload a model, and answer."""

    model_id: str
    is_load: bool
    answer: Future[ModelDocument]


class FleetModels:
    """
    Args:
        documents: Of all models, the default first.
        fleet: Loads them.
        tell: Given all documents, now and after each change.
    """

    def __init__(
        self,
        documents: Mapping[str, ModelDocument],
        fleet: Fleet,
        tell: Callable[[tuple[ModelDocument, ...]], None],
    ) -> None:
        self._documents = dict(documents)
        self._fleet = fleet
        self._tell = tell
        self._loaded: set[str] = set()
        self._wanted: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._told: tuple[ModelDocument, ...] = ()
        self._changed()

    def check(self, model_id: str) -> None:
        """Raises ModelNotFound: this server has no such model (any more)."""
        if model_id not in self._documents:
            raise ModelNotFound(f"This server has no {model_id!r}.", param="model")

    def saw(self, facts: Iterable[Facts]) -> None:
        """How all replicas are now."""
        self._loaded = {model_id for each in facts for model_id in each.loaded}
        self._wanted -= self._loaded
        self._changed()

    def obey(self, command: ModelCommand, in_use: Set[str]) -> None:
        """
        Args:
            in_use: Models that generations wait for.
        """
        if command.answer.set_running_or_notify_cancel():
            work = self._load if command.is_load else self._unload
            self._spawn(work(command, in_use))

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _load(self, command: ModelCommand, in_use: Set[str]) -> None:
        """A fleet without replicas needs minutes for the first: nobody waits for it."""
        model_id = command.model_id
        try:
            self.check(model_id)
        except ServiceError as error:
            command.answer.set_exception(error)
            return
        if model_id not in self._loaded:
            self._wanted.add(model_id)
            self._changed()
        command.answer.set_result(self._document(model_id))
        try:
            await self._fleet.load(model_id)
        except Exception as error:
            log.warning("a model was not loaded: %s", error)
            self._wanted.discard(model_id)
            self._changed()

    async def _unload(self, command: ModelCommand, in_use: Set[str]) -> None:
        model_id = command.model_id
        try:
            self.check(model_id)
            if model_id in in_use:
                raise ModelInUse(f"{model_id!r} is in use; try again when it is idle.")
            await self._fleet.unload(model_id)
        except Exception as error:
            command.answer.set_exception(error)
            return
        self._loaded.discard(model_id)
        self._wanted.discard(model_id)
        self._changed()
        command.answer.set_result(self._document(model_id))

    def _document(self, model_id: str) -> ModelDocument:
        state: ModelState = "unloaded"
        if model_id in self._loaded:
            state = "ready"
        elif model_id in self._wanted:
            state = "loading"
        return self._documents[model_id].model_copy(update={"state": state})

    def _changed(self) -> None:
        now = tuple(self._document(model_id) for model_id in self._documents)
        if now != self._told:
            self._told = now
            self._tell(now)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

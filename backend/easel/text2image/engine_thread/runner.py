"""The one thread that owns the engines and the batch scheduler.

Commands come in through an inbox; what happens goes out through a `RunnerListener`,
whose methods run on the event loop. Nothing else crosses.
"""

import logging
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from easel.clock import Clock
from easel.contract.models import ModelDocument
from easel.errors import InternalError, ModelNotFound, ServerStopping, ServiceError
from easel.text2image.engine_thread.calibration import calibrate
from easel.text2image.engine_thread.painting import Order, Painting
from easel.text2image.engine_thread.step_loop import Listener, Post, StepLoop
from easel.text2image.engine_thread.step_watch import StepWatch
from easel.text2image.engines.base import (
    AnyEngine,
    ModelUnavailable,
    PromptCounter,
)
from easel.text2image.engines.load_options import Progress
from easel.text2image.models.memory_budget import why_it_never_fits
from easel.text2image.models.model_loader import (
    LoadFailed,
    LoadReport,
    ModelLoaded,
    ModelLoader,
)
from easel.text2image.models.model_shelf import ModelShelf
from easel.text2image.scheduling.cost_model import CostModel

log = logging.getLogger(__name__)

# How long the thread may sleep while a stop flag could be raised: paintings that wait
# for their model are looked at so often.
_LOOK_S = 0.5


@dataclass(frozen=True, slots=True)
class Device:
    """What the rest of the server may know of where the models run.

    `allocated_bytes` is a gauge of its memory; None where that is not here.
    """

    name: str
    cuda_available: bool
    allocated_bytes: Callable[[], int] | None


class RunnerListener(Listener, Protocol):
    """Hears what the runner does; every method is called on the event loop."""

    def on_progress(self, progress: tuple[tuple[Order, int], ...]) -> None:
        """Of a step that a report has told of already."""
        ...

    def on_models(self, documents: tuple[ModelDocument, ...]) -> None: ...
    def on_ready(self, device: Device) -> None: ...
    def on_unavailable(self, reason: str) -> None: ...


class ModelSource(Protocol):
    """Where models come from."""

    def describe(self) -> Mapping[str, ModelDocument]:
        """All models of this server, the default first; takes seconds.

        Raises:
            ModelUnavailable: one of them does not exist.
        """
        ...

    def needed_bytes(self) -> Mapping[str, int]:
        """What each takes on the device, as far as its files say."""
        ...

    def limit_bytes(self) -> int:
        """What all models together may take on the device."""
        ...

    def load(self, model_id: str, progress: Progress) -> AnyEngine:
        """Raises ModelUnavailable."""
        ...

    def prompt_counter(self, model_id: str) -> PromptCounter | None:
        """Whether it is loaded or not; None for a model without a tokenizer.

        Raises:
            ModelUnavailable: its files cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class _ModelCommand:
    """Load or unload a model, and answer."""

    model_id: str
    is_load: bool
    answer: Future[ModelDocument]


_Command = Painting | LoadReport | _ModelCommand | None


class EngineRunner:
    """Only the thread inside touches engines, so they need no lock.

    `submit`, `load`, `unload` and `finish` are safe from any thread.
    """

    def __init__(
        self,
        source: ModelSource,
        post: Post,
        clock: Clock,
        *,
        costs: CostModel,
        watch: StepWatch,
    ) -> None:
        self._source = source
        self._post = post
        self._clock = clock
        self._costs = costs
        self._watch = watch
        self._inbox: queue.SimpleQueue[_Command] = queue.SimpleQueue()
        self._loader = ModelLoader(source.load, self._inbox.put)
        self._thread: threading.Thread | None = None
        self._is_ready = False
        self._has_ended = threading.Event()

    def start(self, listener: RunnerListener) -> None:
        # A daemon: a hung driver call must not keep the process from ending.
        self._thread = threading.Thread(
            target=self._run, args=(listener,), name="engine", daemon=True
        )
        self._thread.start()

    def submit(self, painting: Painting) -> None:
        self._inbox.put(painting)

    def load(self, model_id: str) -> Future[ModelDocument]:
        """Answers as soon as it is known to load, with `state: loading` or `ready`."""
        return self._ask(model_id, is_load=True)

    def unload(self, model_id: str) -> Future[ModelDocument]:
        return self._ask(model_id, is_load=False)

    def finish(self, timeout_s: float) -> None:
        """End the thread after what it is doing; blocks for at most `timeout_s`."""
        self._inbox.put(None)
        if self._thread is not None:
            self._thread.join(timeout_s)
        # A model that is being loaded is not waited for.
        self._loader.finish(0)

    def _ask(self, model_id: str, *, is_load: bool) -> Future[ModelDocument]:
        answer: Future[ModelDocument] = Future()
        self._inbox.put(_ModelCommand(model_id, is_load, answer))
        if self._has_ended.is_set():
            self._refuse_commands()
        return answer

    # Inside the thread

    def _run(self, listener: RunnerListener) -> None:
        """The outermost handler: this thread never dies unheard."""
        loop = StepLoop(self._costs, self._post, listener, self._clock, self._watch)
        try:
            shelf = self._open(listener)
            while self._take_commands(loop, shelf, listener):
                loop.turn(shelf.awaiting)
            loop.drop_all(ServerStopping("The server has stopped."))
            shelf.close()
        except ModelUnavailable as error:
            self._post(listener.on_unavailable, str(error))
        except BaseException as error:
            log.exception("the engine's thread died")
            reason = f"internal error: {type(error).__name__}"
            self._post(listener.on_unavailable, reason)
        finally:
            self._watch.end()
            self._has_ended.set()
            self._refuse_commands()

    def _open(self, listener: RunnerListener) -> ModelShelf:
        """Describe all models and begin to load the first."""
        documents = self._source.describe()
        needed_bytes = self._source.needed_bytes()
        limit_bytes = self._source.limit_bytes()
        first = next(iter(documents))
        if reason := why_it_never_fits(first, needed_bytes[first], limit_bytes):
            raise ModelUnavailable(reason)

        def tell(now: tuple[ModelDocument, ...]) -> None:
            self._post(listener.on_models, now)

        shelf = ModelShelf(
            documents=documents,
            needed_bytes=needed_bytes,
            request=self._loader.request,
            limit_bytes=limit_bytes,
            clock=self._clock,
            tell=tell,
        )
        shelf.want(first)
        shelf.make_room(set())
        return shelf

    def _take_commands(
        self, loop: StepLoop, shelf: ModelShelf, listener: RunnerListener
    ) -> bool:
        """Empty the inbox, waiting if there is nothing else to do; False to end."""
        command = self._next(loop, shelf)
        while not isinstance(command, queue.Empty):
            if command is None:
                return False
            if isinstance(command, Painting):
                self._take(command, loop, shelf, listener)
            elif isinstance(command, _ModelCommand):
                self._obey(command, loop, shelf, listener)
            else:
                self._hear(command, loop, shelf, listener)
            command = self._next_now()
        for painting in shelf.awaiting:
            if painting.order.stop.is_set():
                shelf.forget(painting)
                self._post(listener.on_stopped, painting.order, 0)
                loop.tell_queue(shelf.awaiting)
        hopeless = shelf.make_room(loop.models_in_use())
        self._tell_hopeless(listener, hopeless)
        if hopeless:
            loop.tell_queue(shelf.awaiting)
        return True

    def _next(self, loop: StepLoop, shelf: ModelShelf) -> "_Command | queue.Empty":
        if not loop.is_idle:
            return self._next_now()
        try:
            return self._inbox.get(timeout=_LOOK_S if shelf.awaiting else None)
        except queue.Empty as nothing:
            return nothing

    def _next_now(self) -> "_Command | queue.Empty":
        try:
            return self._inbox.get_nowait()
        except queue.Empty as nothing:
            return nothing

    def _take(
        self,
        painting: Painting,
        loop: StepLoop,
        shelf: ModelShelf,
        listener: RunnerListener,
    ) -> None:
        try:
            engine = shelf.engine(painting.model)
        except ModelNotFound as error:
            # Accepted by an earlier process that had other models.
            self._post(listener.on_failed, painting.order, error)
            return
        if engine is None:
            shelf.wait(painting)
            loop.tell_queue(shelf.awaiting)
        else:
            loop.take(painting, engine)

    def _obey(
        self,
        command: _ModelCommand,
        loop: StepLoop,
        shelf: ModelShelf,
        listener: RunnerListener,
    ) -> None:
        if not command.answer.set_running_or_notify_cancel():
            # Who asked has left.
            return
        try:
            if command.is_load:
                shelf.want(command.model_id)
                hopeless = shelf.make_room(loop.models_in_use())
                self._tell_hopeless(listener, hopeless)
                document = shelf.document(command.model_id)
            else:
                document = shelf.unload(command.model_id, loop.models_in_use())
        except ServiceError as error:
            command.answer.set_exception(error)
        else:
            command.answer.set_result(document)

    def _hear(
        self,
        report: LoadReport,
        loop: StepLoop,
        shelf: ModelShelf,
        listener: RunnerListener,
    ) -> None:
        if isinstance(report, LoadFailed) and not self._is_ready:
            # A server whose first model cannot be loaded has nothing to offer.
            raise ModelUnavailable(report.reason)
        if isinstance(report, ModelLoaded) and not report.engine.is_calibrated:
            calibrate(report.engine, self._costs, self._clock)
        ready, failed = shelf.report(report)
        if isinstance(report, ModelLoaded):
            engine = report.engine
            if not self._is_ready:
                self._is_ready = True
                device = Device(
                    engine.device, engine.cuda_available, engine.allocated_bytes
                )
                self._post(listener.on_ready, device)
            for painting in ready:
                loop.take(painting, engine)
        self._tell_hopeless(listener, failed)
        if failed:
            loop.tell_queue(shelf.awaiting)

    def _tell_hopeless(
        self,
        listener: RunnerListener,
        hopeless: Sequence[tuple[Painting, ServiceError]],
    ) -> None:
        for painting, error in hopeless:
            self._post(listener.on_failed, painting.order, error)

    def _refuse_commands(self) -> None:
        """Who asked for a model must not wait forever for a thread that has ended."""
        while not isinstance(command := self._next_now(), queue.Empty):
            if not isinstance(command, _ModelCommand):
                continue
            if command.answer.set_running_or_notify_cancel():
                command.answer.set_exception(InternalError("The server is stopping."))

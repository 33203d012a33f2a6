"""One thread that loads models, one after another.

It reports what happens from its own thread; whoever listens hands that on to where it
belongs. Knows nothing of engines but that `load` makes one.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from easel.text2image.engines.base import AnyEngine, ModelUnavailable
from easel.text2image.engines.load_options import Progress

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoadProgressed:
    """`share` is a whole percent in [0, 1], each told once at most."""

    model: str
    share: float


@dataclass(frozen=True, slots=True)
class ModelLoaded:
    """The engine belongs to whoever is told."""

    model: str
    engine: AnyEngine


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """`reason` is one line that a person can act on."""

    model: str
    reason: str


LoadReport = LoadProgressed | ModelLoaded | LoadFailed


class ModelLoader:
    """Loads what is asked for in the order in which it was.

    Args:
        load: Makes a model's engine, telling how far it is; raises ModelUnavailable.
        report: Called in the loader's thread; must not block.
    """

    def __init__(
        self,
        load: Callable[[str, Progress], AnyEngine],
        report: Callable[[LoadReport], None],
    ) -> None:
        self._load = load
        self._report = report
        self._changed = threading.Condition()
        self._queued: list[str] = []
        self._loading: str | None = None
        self._is_finishing = False
        self._thread = threading.Thread(
            target=self._run, name="model-loader", daemon=True
        )
        self._thread.start()

    def request(self, model_id: str) -> None:
        """Load it; nothing more happens if it is queued or loading already."""
        with self._changed:
            if self._is_finishing or model_id in (self._loading, *self._queued):
                return
            self._queued.append(model_id)
            self._changed.notify()

    def cancel(self, model_id: str) -> bool:
        """Do not load it after all; False if that has begun, or was never asked."""
        with self._changed:
            if model_id not in self._queued:
                return False
            self._queued.remove(model_id)
            return True

    def finish(self, timeout_s: float) -> bool:
        """Load nothing more; True if the thread ended in time.

        A model that is loading cannot be stopped: it is waited for.
        """
        with self._changed:
            self._is_finishing = True
            self._queued.clear()
            self._changed.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (model := self._next()) is not None:
            outcome = self._outcome_of_a_thread(model)
            # At once for all who ask: nobody finds it neither loading nor loaded.
            with self._changed:
                self._loading = None
                self._tell(outcome)

    def _next(self) -> str | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queued or self._is_finishing)
            if self._is_finishing:
                return None
            self._loading = self._queued.pop(0)
            return self._loading

    def _outcome_of_a_thread(self, model: str) -> ModelLoaded | LoadFailed:
        """Load in a thread that ends with it.

        OpenMP keeps a pool for every thread that has computed, and when all pools have
        more threads than there are cores, it lets them sleep at each barrier: beside
        an idle pool of the loader's, the engine's steps took 40 % longer (measured).
        """
        outcomes: list[ModelLoaded | LoadFailed] = []
        thread = threading.Thread(
            target=lambda: outcomes.append(self._outcome(model)),
            name=f"load {model}",
            daemon=True,
        )
        thread.start()
        thread.join()
        return outcomes[0]

    def _outcome(self, model: str) -> ModelLoaded | LoadFailed:
        try:
            return ModelLoaded(model, self._load(model, self._progress_of(model)))
        except ModelUnavailable as error:
            return LoadFailed(model, str(error))
        except BaseException as error:
            # Whatever it was, the next model may load and callers are waiting.
            log.exception("loading failed", extra={"fields": {"model": model}})
            return LoadFailed(model, f"loading failed: {type(error).__name__}")

    def _progress_of(self, model: str) -> Progress:
        told_percent = -1

        def progress(share: float) -> None:
            nonlocal told_percent
            percent = int(min(max(share, 0.0), 1.0) * 100)
            if percent > told_percent:
                told_percent = percent
                self._tell(LoadProgressed(model, percent / 100))

        return progress

    def _tell(self, report: LoadReport) -> None:
        try:
            self._report(report)
        except Exception:
            log.exception("a load report was lost")

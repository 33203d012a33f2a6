"""The seam between the generations of a server and whatever paints them."""

from concurrent.futures import Future
from typing import Protocol

from easel.contract.models import ModelDocument
from easel.text2image.engine_thread.painting import Painting
from easel.text2image.engine_thread.runner import RunnerListener


class Executor(Protocol):
    """Paints what it is given, and tells a listener on the event loop.

    `EngineRunner` does so in a thread, `FleetExecutor` on the replicas of a cluster.
    Every method may be called from any thread. Who wants a painting no more sets its
    order's `stop`; nothing needs to be called for it.
    """

    def start(self, listener: RunnerListener) -> None:
        """What was submitted before begins now."""
        ...

    def submit(self, painting: Painting) -> None: ...

    def load(self, model_id: str) -> Future[ModelDocument]:
        """Answers as soon as it is known to load, with `state: loading` or `ready`."""
        ...

    def unload(self, model_id: str) -> Future[ModelDocument]: ...

    def finish(self, timeout_s: float) -> None:
        """End after what is being done; blocks for at most `timeout_s`."""
        ...

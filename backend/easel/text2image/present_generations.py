"""The generations that are being worked on, and the work beside the runner's."""

import asyncio
import logging
from collections.abc import Coroutine

from easel.text2image.live_generation import LiveGeneration
from easel.text2image.metrics import ServerMetrics

log = logging.getLogger(__name__)


class PresentGenerations:
    """Handed to the runner and not given back: it may still hold their samples."""

    def __init__(self, metrics: ServerMetrics) -> None:
        self._metrics = metrics
        self._present: dict[str, LiveGeneration] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def running(self) -> int:
        """Generations that have begun and not ended."""
        return len(self.unfinished()) - self.queued

    @property
    def queued(self) -> int:
        return sum(live.started_at_s is None for live in self.unfinished())

    def unfinished(self) -> list[LiveGeneration]:
        return [live for live in self._present.values() if not live.has_ended]

    def unfinished_one(self, generation_id: str) -> LiveGeneration | None:
        live = self._present.get(generation_id)
        return None if live is None or live.has_ended else live

    def holds(self, generation_id: str) -> bool:
        """Whether the runner may still have samples of it, ended or not."""
        return generation_id in self._present

    def add(self, live: LiveGeneration) -> None:
        self._present[live.id] = live
        self.changed()

    def release(self, generation_id: str) -> None:
        """The runner holds nothing of it any more."""
        self._present.pop(generation_id, None)
        self.changed()

    def clear(self) -> None:
        """There is no runner any more."""
        self._present.clear()
        self.changed()

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Run it beside the event loop's callers; a stop waits for it."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._on_done)
        self.changed()

    async def until_idle(self) -> None:
        """Return when nothing waits, runs or is being written."""
        await self._idle.wait()

    async def until_written(self) -> None:
        """Return when nothing is being written, whatever was given up."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def changed(self) -> None:
        """To be called when one has begun or ended."""
        self._metrics.queued.set(self.queued)
        self._metrics.running.set(self.running)
        if self.unfinished() or self._tasks:
            self._idle.clear()
        else:
            self._idle.set()

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a generation's task failed", exc_info=error)
        self.changed()

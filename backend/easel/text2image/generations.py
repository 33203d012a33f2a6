"""Every generation of this server: taken in or refused, run, and brought to its end.

Lives on the event loop; the runner's news arrive here as `Listener` calls.
"""

import asyncio
import errno
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import TypeVar

from ulid import ULID

from easel.clock import Clock
from easel.contract.generations import GenerationRequest, ImageFormat, Timings
from easel.contract.models import ModelDocument
from easel.errors import (
    InternalError,
    ModelLoading,
    QueueFull,
    ServerStopping,
    ServiceError,
    StorageFull,
)
from easel.text2image.engines.base import Painted
from easel.text2image.image_files import ImageFiles, StoredImage
from easel.text2image.kept_generations import KeptGenerations
from easel.text2image.live_generation import Accepted, LiveGeneration, StopReason
from easel.text2image.metrics import ServerMetrics
from easel.text2image.parameters import image_seeds, resolve_parameters
from easel.text2image.runner import LoadedModel, PaintTimes
from easel.text2image.waiting_line import WaitingLine

log = logging.getLogger(__name__)

# Before the first measurement there is nothing better to say than "soon".
_DEFAULT_RETRY_S = 5.0

_FULL = (errno.ENOSPC, errno.EDQUOT)

T = TypeVar("T")


class Generations:
    """What the server was asked for.

    Args:
        replica: Part of every id.
        submit: Hands an accepted generation to the runner.
        kept: Remembers them.
        files: Where finished images go.
        encoders: Threads that encode images.
        clock: Times waits.
        metrics: What is counted.
        random_seed: Draws the seed of a request that brings none.
        max_queued: More waiting generations are refused.
        on_unavailable: Told why, when the model cannot be served (any more).
    """

    def __init__(
        self,
        *,
        replica: str,
        submit: Callable[[LiveGeneration], None],
        kept: KeptGenerations,
        files: ImageFiles,
        encoders: Executor,
        clock: Clock,
        metrics: ServerMetrics,
        random_seed: Callable[[], int],
        max_queued: int,
        on_unavailable: Callable[[str], None],
    ) -> None:
        self.replica = replica
        self.loaded: LoadedModel | None = None
        self.is_stopping = False
        self.unavailable_because: str | None = None
        self.line = WaitingLine(clock)
        self._submit = submit
        self._kept = kept
        self._files = files
        self._encoders = encoders
        self._clock = clock
        self._metrics = metrics
        self._random_seed = random_seed
        self._max_queued = max_queued
        self._tell_unavailable = on_unavailable
        self._storing: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    # What callers ask

    def not_ready(self) -> ServiceError | None:
        """Why no generation would be taken now, or None when one would."""
        if self.is_stopping:
            return ServerStopping("The server is stopping.")
        if self.unavailable_because is not None:
            return InternalError("The model cannot be served; the log says why.")
        if self.loaded is None:
            return ModelLoading("The model is loading.", retry_after_s=_DEFAULT_RETRY_S)
        # One of those in the line is being painted, or is about to be.
        waiting = len(self.line) - 1
        if waiting >= self._max_queued:
            return QueueFull(
                f"The queue is full: {waiting} wait; the limit is {self._max_queued}.",
                retry_after_s=max(1.0, self.line.next_free_s or _DEFAULT_RETRY_S),
            )
        return None

    def model(self) -> ModelDocument:
        """Raises ModelLoading while there is none."""
        if self.loaded is None:
            raise self.not_ready() or ModelLoading("The model is loading.")
        return self.loaded.model

    def accept(
        self, request: GenerationRequest, output_format: ImageFormat, request_id: str
    ) -> LiveGeneration:
        """Take a generation into the queue.

        Raises:
            InvalidRequest: the model cannot honour it.
            QueueFull, ModelLoading, ServerStopping: not now.
        """
        if refusal := self.not_ready():
            raise refusal
        model = self.model()
        parameters, warnings = resolve_parameters(
            request,
            model,
            random_seed=self._random_seed(),
            output_format=output_format,
        )
        accepted = Accepted(
            id=f"gen_{self.replica}_{ULID()}",
            model=model.id,
            parameters=parameters,
            request_id=request_id,
            accepted_at_s=self._clock.now(),
        )
        live = LiveGeneration(
            accepted,
            warnings,
            position=len(self.line.waiting) + 1,
            eta_s=self.line.eta_of_next(parameters),
        )
        self._kept.add(live)
        self.line.join(live)
        self._account()
        self._submit(live)
        return live

    def find(self, generation_id: str) -> LiveGeneration:
        """With the time left as of now.

        Raises:
            GenerationNotFound: it never existed here, or was kept long enough.
        """
        live = self._kept.find(generation_id)
        self.line.refresh()
        return live

    def forget_old(self) -> None:
        """Remove what was kept long enough; to be called now and then."""
        self._kept.forget_old()

    def cancel(self, live: LiveGeneration, reason: StopReason) -> None:
        """End it now; the engine stops at its next step. Nothing if it has ended."""
        if not live.has_ended:
            live.cancel(reason, self._clock.now())
            self._after_end(live)

    def begin_stop(self) -> None:
        """Take nothing more and give up what waits; what runs may finish."""
        self.is_stopping = True
        for live in list(self.line.waiting):
            self._fail(live, ServerStopping("The server stopped before its turn came."))

    def give_up(self) -> None:
        """End also what runs: its time is over."""
        self.begin_stop()
        if self.line.running is not None:
            stopped = ServerStopping("The server stopped while it was painted.")
            self._fail(self.line.running, stopped)

    async def until_idle(self) -> None:
        """Return when nothing waits, runs or is being written."""
        await self._idle.wait()

    # What the runner tells

    def on_ready(self, loaded: LoadedModel) -> None:
        self.loaded = loaded
        self._metrics.model_loaded.set(1)

    def on_unavailable(self, reason: str) -> None:
        self.unavailable_because = reason
        self._metrics.model_loaded.set(0)
        lost = InternalError("The model cannot be served any more.")
        for live in list(self.line.waiting):
            self._fail(live, lost)
        if self.line.running is not None:
            self._fail(self.line.running, lost)
            self._release(self.line.running)
        self._tell_unavailable(reason)

    def on_started(self, live: LiveGeneration) -> None:
        self.line.run(live)
        if not live.has_ended:
            live.start(self._clock.now(), self.line.next_free_s)
        self._account()

    def on_step(self, live: LiveGeneration, step: int) -> None:
        self._metrics.denoising_steps.inc()
        eta_s = self.line.after_step(step)
        if not live.has_ended:
            live.progress(step, eta_s)

    def on_previews(
        self, live: LiveGeneration, step: int, image_urls: Sequence[str]
    ) -> None:
        self._metrics.previews.inc(len(image_urls))
        if not live.has_ended:
            for index, image_url in enumerate(image_urls):
                live.preview(step, index, image_url)

    def on_painted(
        self, live: LiveGeneration, painted: Painted, times: PaintTimes
    ) -> None:
        self.line.pace.learn(
            live.parameters,
            denoise_s=times.denoise_s,
            overhead_s=times.encode_s + times.decode_s,
        )
        if not live.has_ended:
            storing = asyncio.ensure_future(self._finish(live, painted, times))
            self._storing.add(storing)
            storing.add_done_callback(self._on_stored)
        self._release(live)

    def on_stopped(self, live: LiveGeneration) -> None:
        self._release(live)

    def on_failed(self, live: LiveGeneration, error: ServiceError) -> None:
        self._fail(live, error)
        self._release(live)

    # Endings

    async def _finish(
        self, live: LiveGeneration, painted: Painted, times: PaintTimes
    ) -> None:
        """Encode and write the images beside the engine's thread, then complete."""
        try:
            images = await self._store_in_kept_space(live, painted)
            if live.has_ended:
                await self._discard(live)
            else:
                self._complete(live, painted, times, images)
        except Exception as error:
            log.exception("no image stored", extra={"fields": {"id": live.id}})
            await self._discard(live)
            self._fail(live, _storage_error(error))

    def _complete(
        self,
        live: LiveGeneration,
        painted: Painted,
        times: PaintTimes,
        images: tuple[StoredImage, ...],
    ) -> None:
        now_s = self._clock.now()
        accepted_at_s = live.accepted.accepted_at_s
        timings = Timings(
            queued_s=round((live.started_at_s or now_s) - accepted_at_s, 4),
            encode_s=round(times.encode_s, 4),
            denoise_s=round(times.denoise_s, 4),
            decode_s=round(times.decode_s, 4),
            total_s=round(now_s - accepted_at_s, 4),
        )
        seeds = image_seeds(live.parameters)
        live.complete(images, seeds, timings, painted.warnings, now_s)
        self._metrics.images.inc(len(images))
        self._metrics.generation_seconds.observe(now_s - accepted_at_s)
        self._after_end(live)

    async def _store_in_kept_space(
        self, live: LiveGeneration, painted: Painted
    ) -> tuple[StoredImage, ...]:
        """On a full disk, the oldest images give way to the new ones once."""
        try:
            return await self._store(live, painted)
        except OSError as error:
            if error.errno not in _FULL or not self._kept.make_room():
                raise
            log.warning("the disk is full; the older half of the images is removed")
            await self._discard(live)
            return await self._store(live, painted)

    async def _discard(self, live: LiveGeneration) -> None:
        await self._in_pool(self._files.discard, live.id)

    async def _in_pool(self, call: Callable[..., T], *arguments: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._encoders, call, *arguments)

    async def _store(
        self, live: LiveGeneration, painted: Painted
    ) -> tuple[StoredImage, ...]:
        seeds = image_seeds(live.parameters)

        def store(index: int) -> StoredImage:
            return self._files.store(
                live.id,
                index,
                painted.images[index],
                parameters=live.parameters,
                seed=seeds[index],
                model=live.accepted.model,
            )

        stored = await asyncio.gather(
            *(self._in_pool(store, index) for index in range(len(seeds))),
            # All of them end, before what they wrote can be discarded.
            return_exceptions=True,
        )
        for outcome in stored:
            if isinstance(outcome, BaseException):
                raise outcome
        return tuple(image for image in stored if isinstance(image, StoredImage))

    def _fail(self, live: LiveGeneration, error: ServiceError) -> None:
        if not live.has_ended:
            live.fail(error, self._clock.now())
            self._after_end(live)

    def _after_end(self, live: LiveGeneration) -> None:
        self._metrics.generations.labels(live.document.status).inc()
        self.line.leave(live)
        self._account()

    def _release(self, live: LiveGeneration) -> None:
        self.line.release(live)
        self._account()

    def _on_stored(self, storing: asyncio.Task[None]) -> None:
        self._storing.discard(storing)
        self._account()

    def _account(self) -> None:
        """After every change of the line: gauges, and whether all work is done."""
        waiting, running = len(self.line.waiting), self.line.running is not None
        self._metrics.queued.set(waiting)
        self._metrics.running.set(running)
        if waiting or running or self._storing:
            self._idle.clear()
        else:
            self._idle.set()


def _storage_error(error: Exception) -> ServiceError:
    if isinstance(error, OSError) and error.errno in _FULL:
        return StorageFull("The server has no space left for images.")
    return InternalError("The image could not be stored.")

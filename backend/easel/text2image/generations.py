"""Every generation of this server: admission, the queue, and what becomes of each.

Lives on the event loop; the runner's news arrive here as `Listener` calls.
"""

import asyncio
import errno
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Protocol

from ulid import ULID

from easel.clock import Clock
from easel.contract.generations import GenerationRequest, ImageFormat, Timings
from easel.contract.models import ModelDocument
from easel.errors import (
    GenerationNotFound,
    InternalError,
    ModelLoading,
    QueueFull,
    ServerStopping,
    ServiceError,
    StorageFull,
)
from easel.text2image.engines.base import Painted
from easel.text2image.image_files import ImageFiles, StoredImage
from easel.text2image.live_generation import Accepted, LiveGeneration, StopReason
from easel.text2image.metrics import ServerMetrics
from easel.text2image.pace import Pace, RunningEta
from easel.text2image.parameters import image_seeds, resolve_parameters
from easel.text2image.runner import LoadedModel, PaintTimes

log = logging.getLogger(__name__)

# Before the first measurement there is nothing better to say than "soon".
_DEFAULT_RETRY_S = 5.0


class Submit(Protocol):
    def __call__(self, live: LiveGeneration) -> None:
        """Hand a generation to the runner."""
        ...


class Generations:
    """The server's memory of what it was asked for.

    Args:
        replica: Part of every id.
        submit: Takes what is accepted, in order.
        files: Where finished images go.
        encoders: Threads that encode images.
        clock: For waits and times to live.
        metrics: What is counted.
        random_seed: Draws the seed of a request that brings none.
        max_queued: More waiting generations are refused.
        image_ttl_s: How long an ended generation is kept.
        max_kept: How many ended generations are kept at most.
        on_unavailable: Told why, when the model cannot be served (any more).
    """

    def __init__(
        self,
        *,
        replica: str,
        submit: Submit,
        files: ImageFiles,
        encoders: Executor,
        clock: Clock,
        metrics: ServerMetrics,
        random_seed: Callable[[], int],
        max_queued: int,
        image_ttl_s: float,
        max_kept: int,
        on_unavailable: Callable[[str], None],
    ) -> None:
        self.replica = replica
        self.loaded: LoadedModel | None = None
        self.is_stopping = False
        self.unavailable_because: str | None = None
        self._submit = submit
        self._files = files
        self._encoders = encoders
        self._clock = clock
        self._metrics = metrics
        self._random_seed = random_seed
        self._max_queued = max_queued
        self._image_ttl_s = image_ttl_s
        self._max_kept = max_kept
        self._tell_unavailable = on_unavailable
        self._pace = Pace()
        self._known: dict[str, LiveGeneration] = {}  # in order of acceptance
        self._queued: list[LiveGeneration] = []
        self._running: LiveGeneration | None = None
        self._running_eta: RunningEta | None = None
        self._storing: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    # What callers ask

    @property
    def queued(self) -> int:
        return len(self._queued)

    @property
    def running(self) -> int:
        return 0 if self._running is None else 1

    @property
    def backlog_s(self) -> float | None:
        """Predicted seconds until all that is accepted is done; None if unknown."""
        return self._eta_after(self._queued)

    def not_ready(self) -> ServiceError | None:
        """Why no generation would be taken now, or None when one would."""
        if self.is_stopping:
            return ServerStopping("The server is stopping.")
        if self.unavailable_because is not None:
            return InternalError("The model cannot be served; the log says why.")
        if self.loaded is None:
            return ModelLoading("The model is loading.", retry_after_s=_DEFAULT_RETRY_S)
        if self._running is not None and len(self._queued) >= self._max_queued:
            return QueueFull(
                f"{len(self._queued)} generations wait already; that is the limit.",
                retry_after_s=max(1.0, self._next_free_s() or _DEFAULT_RETRY_S),
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
        ahead = self._eta_after(self._queued)
        own = self._pace.predicted_s(parameters)
        live = LiveGeneration(
            accepted,
            warnings,
            position=len(self._queued) + 1,
            eta_s=None if ahead is None or own is None else ahead + own,
        )
        self._forget_old()
        self._known[live.id] = live
        self._queued.append(live)
        self._idle.clear()
        self._count_waiting()
        self._submit(live)
        return live

    def find(self, generation_id: str) -> LiveGeneration:
        """Raises GenerationNotFound: never existed here, or was kept long enough."""
        self._forget_old()
        live = self._known.get(generation_id)
        if live is None:
            raise GenerationNotFound(
                f"No generation {generation_id!r} here (any more)."
            )
        return live

    def cancel(self, live: LiveGeneration, reason: StopReason) -> None:
        """End it now; the engine stops at its next step. Nothing if it has ended."""
        if live.has_ended:
            return
        live.cancel(reason, self._clock.now())
        self._after_end(live)

    def begin_stop(self) -> None:
        """Take nothing more and give up what waits; what runs may finish."""
        self.is_stopping = True
        for live in list(self._queued):
            self._fail(live, ServerStopping("The server stopped before its turn came."))

    def give_up(self) -> None:
        """End also what runs: its time is over."""
        self.begin_stop()
        if self._running is not None:
            self._fail(self._running, ServerStopping("The server stopped meanwhile."))

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
        for live in [*self._queued, *([self._running] if self._running else [])]:
            self._fail(live, InternalError("The model cannot be served any more."))
        self._running = None
        self._update_idle()
        self._tell_unavailable(reason)

    def on_started(self, live: LiveGeneration) -> None:
        self._running = live
        steps = live.parameters.num_inference_steps
        self._running_eta = RunningEta(steps, self._pace.overhead_s)
        if live in self._queued:
            self._queued.remove(live)
        if not live.has_ended:
            eta_s = self._pace.predicted_s(live.parameters)
            live.start(self._clock.now(), eta_s)
        self._tell_places()
        self._count_waiting()

    def on_step(self, live: LiveGeneration, step: int) -> None:
        self._metrics.denoising_steps.inc()
        if not live.has_ended and self._running_eta is not None:
            live.progress(step, self._running_eta.after_step(step, self._clock.now()))

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
        self._pace.learn(
            live.parameters,
            denoise_s=times.denoise_s,
            overhead_s=times.encode_s + times.decode_s,
        )
        storing = asyncio.ensure_future(self._finish(live, painted, times))
        self._storing.add(storing)
        storing.add_done_callback(self._on_stored)
        self._release_engine(live)

    def on_stopped(self, live: LiveGeneration) -> None:
        self._release_engine(live)

    def on_failed(self, live: LiveGeneration, error: ServiceError) -> None:
        self._release_engine(live)
        self._fail(live, error)

    # Endings

    async def _finish(
        self, live: LiveGeneration, painted: Painted, times: PaintTimes
    ) -> None:
        """Encode and write the images beside the engine's thread, then complete."""
        try:
            images = await self._store(live, painted)
        except OSError as error:
            self._fail(live, _storage_error(error))
            return
        except Exception:
            log.exception("an image was not stored", extra={"fields": {"id": live.id}})
            self._fail(live, InternalError("The image could not be stored."))
            return
        if live.has_ended:
            self._files.discard(live.id)
            return
        now_s = self._clock.now()
        accepted_at_s = live.accepted.accepted_at_s
        started_at_s = live.started_at_s or now_s
        timings = Timings(
            queued_s=round(started_at_s - accepted_at_s, 4),
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

    async def _store(
        self, live: LiveGeneration, painted: Painted
    ) -> tuple[StoredImage, ...]:
        loop = asyncio.get_running_loop()

        def store(index: int) -> StoredImage:
            return self._files.store(
                live.id,
                index,
                painted.images[index],
                parameters=live.parameters,
                seed=image_seeds(live.parameters)[index],
                model=live.accepted.model,
            )

        return tuple(
            await asyncio.gather(
                *(
                    loop.run_in_executor(self._encoders, store, index)
                    for index in range(len(painted.images))
                )
            )
        )

    def _fail(self, live: LiveGeneration, error: ServiceError) -> None:
        if live.has_ended:
            return
        live.fail(error, self._clock.now())
        self._after_end(live)

    def _after_end(self, live: LiveGeneration) -> None:
        self._metrics.generations.labels(live.document.status).inc()
        if live in self._queued:
            self._queued.remove(live)
            self._tell_places()
            self._count_waiting()
        self._update_idle()

    def _release_engine(self, live: LiveGeneration) -> None:
        if self._running is live:
            self._running = None
            self._running_eta = None
        self._count_waiting()
        self._update_idle()

    def _on_stored(self, storing: asyncio.Task[None]) -> None:
        self._storing.discard(storing)
        self._update_idle()

    # Bookkeeping

    def _update_idle(self) -> None:
        if not self._queued and self._running is None and not self._storing:
            self._idle.set()

    def _count_waiting(self) -> None:
        self._metrics.queued.set(self.queued)
        self._metrics.running.set(self.running)

    def _tell_places(self) -> None:
        for index, live in enumerate(self._queued):
            live.move_to(index + 1, self._eta_after(self._queued[: index + 1]))

    def _next_free_s(self) -> float | None:
        """Seconds until the engine takes the next one from the queue."""
        if self._running is None:
            return 0.0
        eta_s = getattr(self._running.document, "eta_s", None)
        return eta_s if eta_s is not None else None

    def _eta_after(self, waiting: Sequence[LiveGeneration]) -> float | None:
        """Seconds until the running one and all of `waiting` are done."""
        total_s = self._next_free_s()
        for live in waiting:
            own_s = self._pace.predicted_s(live.parameters)
            if own_s is None or total_s is None:
                return None
            total_s += own_s
        return total_s

    def _forget_old(self) -> None:
        """Drop ended generations that are too old, or too many, with their images."""
        ended = [live for live in self._known.values() if live.has_ended]
        surplus = len(ended) - self._max_kept
        oldest_s = self._clock.now() - self._image_ttl_s
        for index, live in enumerate(ended):
            if index < surplus or (live.ended_at_s or 0.0) < oldest_s:
                del self._known[live.id]
                self._files.discard(live.id)


def _storage_error(error: OSError) -> ServiceError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull("The server has no space left for images.")
    log.error("an image was not written: %s", error.strerror)
    return InternalError("The image could not be written.")

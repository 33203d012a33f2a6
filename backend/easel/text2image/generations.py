"""Every generation of this server: taken in or refused, run, and brought to its end.

Lives on the event loop; the runner's news arrive here as `RunnerListener` calls.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime

from ulid import ULID

from easel.clock import Clock
from easel.contract.generations import GenerationRequest, ImageFormat, Parameters
from easel.contract.models import ModelDocument
from easel.errors import (
    EngineFailed,
    EngineHung,
    InternalError,
    InvalidRequest,
    ModelLoading,
    ModelNotFound,
    QueueFull,
    ServerStopping,
    ServiceError,
)
from easel.text2image.durability.journaling import Journaling
from easel.text2image.engine_thread.painting import (
    Order,
    PaintedImage,
    PreviewReport,
    StepReport,
)
from easel.text2image.engine_thread.queue_view import QueueView
from easel.text2image.engine_thread.runner import Device, EngineRunner
from easel.text2image.engine_thread.sample_specs import painting_of
from easel.text2image.engine_thread.step_watch import StepWatch
from easel.text2image.engines.base import SourceImage
from easel.text2image.images.image_delivery import (
    Delivered,
    ImageDelivery,
    storage_error,
)
from easel.text2image.images.request_images import read_source
from easel.text2image.kept_generations import KeptGenerations
from easel.text2image.live_generation import Accepted, LiveGeneration, StopReason
from easel.text2image.metrics import ServerMetrics
from easel.text2image.parameters import resolve_parameters
from easel.text2image.queue_board import QueueBoard
from easel.text2image.scheduling.admission import Admission
from easel.text2image.settings import ServerSettings

log = logging.getLogger(__name__)

# Before the first measurement there is nothing better to say than "soon".
_DEFAULT_RETRY_S = 5.0

_GIVEN_UP = "The server died each time while it was painted; it is not tried again."
_STOPPED = "The server stopped before its turn came."


class Generations:
    """What the server was asked for.

    Args:
        replica: Part of every id.
        runner: Paints what is accepted.
        kept: Remembers generations.
        delivery: Where painted images go.
        journaling: What survives a restart.
        watch: Tells whether the device hangs.
        clock: Times waits.
        metrics: What is counted.
        random_seed: Draws the seed of a request that brings none.
        settings: Limits, and what callers may switch off.
        on_unavailable: Told why, when no model can be served (any more).
    """

    def __init__(
        self,
        *,
        replica: str,
        runner: EngineRunner,
        kept: KeptGenerations,
        delivery: ImageDelivery,
        journaling: Journaling,
        watch: StepWatch,
        clock: Clock,
        metrics: ServerMetrics,
        random_seed: Callable[[], int],
        settings: ServerSettings,
        on_unavailable: Callable[[str], None],
    ) -> None:
        self.replica = replica
        self.device: Device | None = None
        self.is_stopping = False
        self.unavailable_because: str | None = None
        self._models: Mapping[str, ModelDocument] = {}
        self._board = QueueBoard()
        self._runner = runner
        self._kept = kept
        self._delivery = delivery
        self._journaling = journaling
        self._watch = watch
        self._clock = clock
        self._metrics = metrics
        self._random_seed = random_seed
        self._settings = settings
        self._tell_unavailable = on_unavailable
        self._numbers = 0
        # Handed to the runner and not given back: it may still hold their samples.
        self._present: dict[str, LiveGeneration] = {}
        self._arriving = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    # What callers ask

    @property
    def running(self) -> int:
        """Generations that have begun and not ended."""
        return len(self._unfinished()) - self.queued

    @property
    def queued(self) -> int:
        return sum(live.started_at_s is None for live in self._unfinished())

    @property
    def backlog_s(self) -> float | None:
        return self._board.backlog_s(self._clock.now())

    def not_ready(self) -> ServiceError | None:
        """Why no generation would be taken now, or None when one would."""
        if self.is_stopping:
            return ServerStopping("The server is stopping.")
        if self.unavailable_because is not None:
            return InternalError("The model cannot be served; the log says why.")
        if self.device is None:
            return ModelLoading("The model is loading.", retry_after_s=_DEFAULT_RETRY_S)
        if (hung_s := self.hung_for_s()) is not None:
            return EngineHung(
                f"The device has been at one step for {hung_s:.0f} s.",
                retry_after_s=_DEFAULT_RETRY_S,
            )
        return self._queue_full()

    def hung_for_s(self) -> float | None:
        """Since when the device has not moved, if that is longer than it should be."""
        return self._watch.hung_for_s(self._clock.now())

    def models(self) -> tuple[ModelDocument, ...]:
        """The default first; raises ModelLoading while none is known."""
        if not self._models or self.device is None:
            raise self.not_ready() or ModelLoading("The model is loading.")
        return tuple(self._models.values())

    def model(self, model_id: str | None) -> ModelDocument:
        """The one of this id, or the default.

        Raises:
            ModelNotFound: this server has no such model.
            ModelLoading: while none is known.
        """
        models = self.models()
        if model_id is None:
            return models[0]
        if model_id not in self._models:
            names = ", ".join(repr(model.id) for model in models)
            raise ModelNotFound(f"This server has {names} only.", param="model")
        return self._models[model_id]

    async def load_model(self, model_id: str) -> ModelDocument:
        """Raises ModelNotFound, and ModelLoading while no model is known."""
        self.model(model_id)
        return await asyncio.wrap_future(self._runner.load(model_id))

    async def unload_model(self, model_id: str) -> ModelDocument:
        """Raises ModelNotFound, ModelInUse, and ModelLoading while none is known."""
        self.model(model_id)
        return await asyncio.wrap_future(self._runner.unload(model_id))

    async def accept(
        self,
        request: GenerationRequest,
        output_format: ImageFormat,
        request_id: str,
        *,
        user: str,
        is_durable: bool,
    ) -> LiveGeneration:
        """Take a generation into the queue.

        Args:
            user: On whose account it runs.
            is_durable: Whether it survives a restart of the server.

        Raises:
            InvalidRequest: the model cannot honour it.
            QueueFull, ModelLoading, ServerStopping, EngineHung: not now.
            StorageFull: it cannot be made durable.
        """
        if refusal := self.not_ready():
            raise refusal
        try:
            model = self.model(request.model)
        except ModelNotFound as error:
            raise InvalidRequest(f"model: {error.detail}", param="model") from error
        parameters, warnings = resolve_parameters(
            request,
            model,
            random_seed=self._random_seed(),
            output_format=output_format,
            metadata_allowed=self._settings.metadata == "full",
            may_skip_safety=self._settings.safety_optional,
        )
        # Whoever is being read or written counts as present: a burst of them must
        # not all find the last free place.
        self._arriving += 1
        try:
            source = None
            if request.image is not None:
                parameters, source = await self._delivery.in_pool(
                    read_source, request, parameters
                )
            live = self._live(
                parameters,
                warnings,
                model=model.id,
                request_id=request_id,
                user=user,
                is_durable=is_durable,
            )
            if is_durable:
                await self._journaling.accept(live, source)
        finally:
            self._arriving -= 1
        if self.is_stopping and not is_durable:
            raise ServerStopping("The server is stopping.")
        self._begin(live, source)
        return live

    def find(self, generation_id: str) -> LiveGeneration:
        """With the time left as of now.

        Raises:
            GenerationNotFound: it never existed here, or was kept long enough.
        """
        live = self._kept.find(generation_id)
        live.refresh(self._clock.now())
        return live

    def known(self) -> tuple[str, ...]:
        """Ids of all that can be asked for."""
        return self._kept.ids()

    def forget_old(self) -> None:
        """Remove what was kept long enough; to be called now and then."""
        self._kept.forget_old()

    def cancel(self, live: LiveGeneration, reason: StopReason) -> None:
        """End it now; the engine stops at its next step. Nothing if it has ended."""
        if not live.has_ended:
            live.cancel(reason, self._clock.now())
            self._after_end(live)

    # Starting and stopping

    async def recover(self) -> None:
        """Bring back what the journal knows; the unfinished ones are painted again."""
        now_s = self._clock.now()
        remembered = await self._journaling.recover(self._next_number, now_s)
        for live in remembered.ended:
            self._kept.add(live)
        for live in remembered.given_up:
            self._kept.add(live)
            self._fail(live, EngineFailed(_GIVEN_UP))
        for live, source in remembered.unfinished:
            self._begin(live, source)
        if remembered.unfinished:
            count = len(remembered.unfinished)
            log.info("accepted before the restart", extra={"fields": {"count": count}})

    def begin_stop(self) -> None:
        """Take nothing more and give up what waits; what runs may finish."""
        self.is_stopping = True
        for live in self._unfinished():
            if live.started_at_s is None:
                self._leave_behind(live, ServerStopping(_STOPPED))

    def give_up(self) -> None:
        """End also what runs: its time is over."""
        self.begin_stop()
        for live in self._unfinished():
            stopped = ServerStopping("The server stopped while it was painted.")
            self._leave_behind(live, stopped)

    async def until_idle(self) -> None:
        """Return when nothing waits, runs or is being written."""
        await self._idle.wait()

    async def until_written(self) -> None:
        """Return when nothing is being written, whatever was given up."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    # What the runner tells

    def on_models(self, documents: tuple[ModelDocument, ...]) -> None:
        self._models = {document.id: document for document in documents}
        for document in documents:
            is_loaded = document.state == "ready"
            self._metrics.model_loaded.labels(document.id).set(is_loaded)

    def on_ready(self, device: Device) -> None:
        self.device = device
        self._metrics.watch_memory(device.allocated_bytes)

    def on_unavailable(self, reason: str) -> None:
        self.unavailable_because = reason
        lost = InternalError("The model cannot be served any more.")
        for live in self._unfinished():
            self._leave_behind(live, lost)
        self._present.clear()
        self._account()
        self._tell_unavailable(reason)

    def on_queue(self, view: QueueView) -> None:
        self._board.saw(view)
        self._metrics.saw_queue(view)
        now_s = self._clock.now()
        places = {name: place for place, name in enumerate(view.waiting, start=1)}
        for live in self._unfinished():
            eta_s = view.etas.get(live.id)
            place = places.get(live.id)
            if place is not None and live.position not in (None, place):
                live.move_to(place, eta_s, now_s)
            else:
                live.expect(eta_s, now_s)

    def on_warnings(self, order: Order, warnings: tuple[str, ...]) -> None:
        if live := self._unfinished_one(order):
            live.warn(warnings)

    def on_started(self, order: Order) -> None:
        if live := self._unfinished_one(order):
            live.start(self._clock.now())
            if live.accepted.is_durable:
                self._spawn(self._journaling.start(live))
        self._account()

    def on_step(self, report: StepReport) -> None:
        self._metrics.saw_step(report)
        now_s = self._clock.now()
        for order, step in report.progress:
            if live := self._unfinished_one(order):
                live.progress(step, now_s)

    def on_previews(self, report: PreviewReport) -> None:
        if live := self._unfinished_one(report.order):
            self._spawn(self._tell_previews(live, report))

    def on_image(self, order: Order, painted: PaintedImage) -> None:
        if live := self._unfinished_one(order):
            self._spawn(self._deliver(live, painted))
        else:
            self._release(order)

    def on_failed(self, order: Order, error: ServiceError) -> None:
        if live := self._unfinished_one(order):
            self._fail(live, error)
        self._release(order)

    def on_stopped(self, order: Order, saved_steps: int) -> None:
        self._metrics.saved_steps.inc(saved_steps)
        self._release(order)

    # Beginnings

    def _live(
        self,
        parameters: Parameters,
        warnings: tuple[str, ...],
        *,
        model: str,
        request_id: str,
        user: str,
        is_durable: bool,
    ) -> LiveGeneration:
        now_s = self._clock.now()
        accepted = Accepted(
            id=f"gen_{self.replica}_{ULID()}",
            number=self._next_number(),
            model=model,
            parameters=parameters,
            request_id=request_id,
            user=user,
            accepted_at_s=now_s,
            created_at=datetime.now(UTC),
            is_durable=is_durable,
        )
        eta_s = self._board.eta_of_next_s(model, parameters, now_s)
        return LiveGeneration(accepted, warnings, position=self.queued + 1, eta_s=eta_s)

    def _begin(self, live: LiveGeneration, source: SourceImage | None) -> None:
        self._kept.add(live)
        self._present[live.id] = live
        accepted = live.accepted
        self._board.joined(accepted.number, accepted.model, accepted.parameters)
        self._account()
        self._runner.submit(painting_of(live, source))

    def _next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _queue_full(self) -> QueueFull | None:
        """Refuse by predicted work, and by a count that bounds memory."""
        running = self.running
        here = self._arriving + running + self.queued
        limits = Admission(
            max_backlog_s=self._settings.max_backlog_s,
            # One of those here is being painted, or is about to be.
            max_queued=self._settings.max_queued + max(1, running),
        )
        backlog_s = self.backlog_s
        refusal = limits.decide(backlog_s, None, here)
        if refusal is None:
            return None
        waiting = here - max(1, running)
        why = (
            f"{waiting} wait; the limit is {self._settings.max_queued}"
            if refusal.reason == "count"
            else f"{backlog_s:.0f} s of work are accepted; the limit is "
            f"{self._settings.max_backlog_s:.0f} s"
        )
        return QueueFull(
            f"The queue is full: {why}.", retry_after_s=round(refusal.retry_after_s, 1)
        )

    # Endings

    async def _deliver(self, live: LiveGeneration, painted: PaintedImage) -> None:
        """Check, encode and write one image, then complete when it was the last."""
        try:
            delivered = await self._delivery.store(
                live.id,
                painted.index,
                painted.image,
                parameters=live.parameters,
                model=live.accepted.model,
                is_durable=live.accepted.is_durable,
            )
        except Exception as error:
            fields = {"id": live.id, "request_id": live.request_id}
            if not isinstance(error, ServiceError):
                log.exception("no image stored", extra={"fields": fields})
            # Before anybody is told: whoever hears of it may look.
            await self._delivery.discard(live.id)
            self._fail(live, storage_error(error))
        else:
            await self._give_out(live, painted, delivered)
        if live.has_ended:
            self._release(live)

    async def _give_out(
        self, live: LiveGeneration, painted: PaintedImage, delivered: Delivered
    ) -> None:
        if live.has_ended:
            # Cancelled or failed while it was being written.
            await self._delivery.discard(live.id)
            return
        live.deliver(painted.index, delivered, painted.times, painted.largest_batch)
        self._metrics.images.inc()
        if live.has_all_images:
            self._complete(live)

    async def _tell_previews(self, live: LiveGeneration, report: PreviewReport) -> None:
        for index, picture in report.previews:
            image_url = await self._delivery.preview(picture)
            if not live.has_ended and live.image(index) is None:
                live.preview(report.step, index, image_url)
                self._metrics.previews.inc()

    def _complete(self, live: LiveGeneration) -> None:
        now_s = self._clock.now()
        live.complete(now_s)
        self._metrics.saw_completed(live, now_s)
        self._after_end(live)

    def _fail(self, live: LiveGeneration, error: ServiceError) -> None:
        if not live.has_ended:
            live.fail(error, self._clock.now())
            self._after_end(live)

    def _leave_behind(self, live: LiveGeneration, error: ServiceError) -> None:
        """A durable one goes on after the restart; any other has failed."""
        if live.accepted.is_durable:
            live.suspend()
            if live.started_at_s is not None:
                self._spawn(self._journaling.suspend(live))
            self._present.pop(live.id, None)
            self._account()
        else:
            self._fail(live, error)

    def _after_end(self, live: LiveGeneration) -> None:
        self._metrics.generations.labels(live.document.status).inc()
        self._board.left(live.accepted.number)
        if live.is_completed or live.accepted.is_durable:
            self._spawn(self._journaling.end(live))
        self._account()

    def _release(self, order: Order) -> None:
        """The runner holds nothing of it any more."""
        self._present.pop(order.id, None)
        self._account()

    # Bookkeeping

    def _unfinished(self) -> list[LiveGeneration]:
        return [live for live in self._present.values() if not live.has_ended]

    def _unfinished_one(self, order: Order) -> LiveGeneration | None:
        live = self._present.get(order.id)
        return None if live is None or live.has_ended else live

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        """Run it beside the event loop's callers; a stop waits for it."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._on_done)
        self._account()

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a generation's task failed", exc_info=error)
        self._account()

    def _account(self) -> None:
        """After every change: gauges, and whether all work is done."""
        self._metrics.queued.set(self.queued)
        self._metrics.running.set(self.running)
        if self._unfinished() or self._tasks:
            self._idle.clear()
        else:
            self._idle.set()

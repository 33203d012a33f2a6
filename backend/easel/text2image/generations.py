"""Every generation of this server: taken in or refused, run, and brought to its end."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from ulid import ULID

from easel.clock import Clock
from easel.contract.generations import GenerationRequest, ImageFormat
from easel.contract.models import ModelDocument
from easel.errors import (
    EngineFailed,
    InternalError,
    ServerStopping,
    ServiceError,
    StorageFull,
)
from easel.text2image.answer_deadline import unreachable
from easel.text2image.durability.journaling import Journaling
from easel.text2image.engine_thread.painting import (
    Order,
    PaintedImage,
    PreviewReport,
    StepReport,
)
from easel.text2image.engine_thread.queue_view import QueueView
from easel.text2image.engine_thread.runner import Device
from easel.text2image.engine_thread.sample_specs import painting_of
from easel.text2image.engine_thread.step_watch import StepWatch
from easel.text2image.engines.base import SourceImage
from easel.text2image.executors.executor import Executor
from easel.text2image.images.image_delivery import (
    Delivered,
    ImageDelivery,
    storage_error,
)
from easel.text2image.intake import Call, Intake, Resolved
from easel.text2image.kept_generations import KeptGenerations
from easel.text2image.live_generation import Accepted, LiveGeneration, StopReason
from easel.text2image.metrics import ServerMetrics
from easel.text2image.present_generations import PresentGenerations
from easel.text2image.queue_board import QueueBoard
from easel.text2image.readiness import Readiness
from easel.text2image.recent_endings import RecentEndings
from easel.text2image.served_models import ServedModels
from easel.text2image.settings import ServerSettings

log = logging.getLogger(__name__)

_GIVEN_UP = "The server died each time while it was painted; it is not tried again."
_STOPPED = "The server stopped before its turn came."


class Generations:
    """What the server was asked for; hears the executor's news, on the event loop.

    Args:
        replica: Part of every id.
        executor: Paints what is accepted.
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
        executor: Executor,
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
        self.present = PresentGenerations(metrics)
        self.recent = RecentEndings(clock)
        self.board = QueueBoard()
        self.readiness = Readiness(settings, self.present, self.board, watch, clock)
        self.models = ServedModels(executor, metrics, self.readiness.why_not)
        self._executor = executor
        self._kept = kept
        self._delivery = delivery
        self._journaling = journaling
        self._clock = clock
        self._metrics = metrics
        self.intake = Intake(self.models, delivery, random_seed, settings)
        self._tell_unavailable = on_unavailable
        self._numbers = 0

    # What callers ask

    @property
    def backlog_s(self) -> float | None:
        return self.board.backlog_s(self._clock.now())

    async def accept(
        self,
        request: GenerationRequest,
        output_format: ImageFormat,
        call: Call,
        *,
        fingerprint: str = "",
    ) -> LiveGeneration:
        """Take a generation into the queue.

        Args:
            fingerprint: Of `request`, if the call brings an id.

        Raises:
            InvalidRequest: the model cannot honour it.
            QueueFull, ModelLoading, ServerStopping, EngineHung: not now.
            DeadlineUnreachable: it would not be done in time.
            StorageFull: it cannot be made durable.
        """
        if refusal := self.readiness.why_not():
            raise refusal
        resolved = self.intake.resolve(request, output_format)
        self.readiness.arriving += 1
        try:
            resolved, source = await self.intake.read_source(request, resolved)
            live = self._live(resolved, call, fingerprint)
            if refused := unreachable(live.promised_s, call.timeout_s):
                raise refused
            if call.is_durable:
                await self._journaling.accept(live, source)
        finally:
            self.readiness.arriving -= 1
        if self.readiness.is_stopping and not call.is_durable:
            raise ServerStopping("The server is stopping.")
        self._begin(live, source)
        return live

    async def keep(self, live: LiveGeneration, source: SourceImage | None) -> None:
        """Make it durable after all. Nothing if it has ended.

        Raises:
            StorageFull: it is not.
        """
        if live.has_ended:
            return
        has_begun = live.started_at_s is not None
        live.keep(True)
        try:
            # Is in the journal before whatever is written of it from now on.
            await self._journaling.accept(live, source)
        except StorageFull:
            live.keep(False)
            raise
        if has_begun:
            await self._journaling.start(live)

    def find(self, generation_id: str, user: str | None = None) -> LiveGeneration:
        """With the time left as of now.

        Args:
            user: Whose it must be; None asks for anybody's.

        Raises:
            GenerationNotFound: it is not here (any more), or another user's.
        """
        live = self._kept.find(generation_id, user)
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
        if count := len(remembered.unfinished):
            log.info("accepted before the restart", extra={"fields": {"count": count}})

    def begin_stop(self) -> None:
        """Take nothing more and give up what waits; what runs may finish."""
        self.readiness.is_stopping = True
        for live in self.present.unfinished():
            if live.started_at_s is None:
                self._leave_behind(live, ServerStopping(_STOPPED))

    def give_up(self) -> None:
        """End also what runs: its time is over."""
        self.begin_stop()
        for live in self.present.unfinished():
            stopped = ServerStopping("The server stopped while it was painted.")
            self._leave_behind(live, stopped)

    # What the executor tells

    def on_models(self, documents: tuple[ModelDocument, ...]) -> None:
        self.models.saw(documents)

    def on_ready(self, device: Device) -> None:
        self.models.ready(device)
        self.readiness.is_loaded = True

    def on_unavailable(self, reason: str) -> None:
        self.readiness.unavailable_because = reason
        lost = InternalError("The model cannot be served any more.")
        for live in self.present.unfinished():
            self._leave_behind(live, lost)
        self.present.clear()
        self._tell_unavailable(reason)

    def on_queue(self, view: QueueView) -> None:
        self.board.saw(view)
        self._metrics.saw_queue(view)
        now_s = self._clock.now()
        places = {name: place for place, name in enumerate(view.waiting, start=1)}
        for live in self.present.unfinished():
            eta_s = view.etas.get(live.id)
            place = places.get(live.id)
            if place is not None and live.position not in (None, place):
                live.move_to(place, eta_s, now_s)
            else:
                live.expect(eta_s, now_s)

    def on_warnings(self, order: Order, warnings: tuple[str, ...]) -> None:
        if live := self.present.unfinished_one(order.id):
            live.warn(warnings)

    def on_started(self, order: Order) -> None:
        if live := self.present.unfinished_one(order.id):
            live.start(self._clock.now())
            if live.accepted.is_durable:
                self.present.spawn(self._journaling.start(live))
        self.present.changed()

    def on_step(self, report: StepReport) -> None:
        self._metrics.saw_step(report)
        self.on_progress(report.progress)

    def on_progress(self, progress: tuple[tuple[Order, int], ...]) -> None:
        now_s = self._clock.now()
        for order, step in progress:
            if live := self.present.unfinished_one(order.id):
                live.progress(step, now_s)

    def on_previews(self, report: PreviewReport) -> None:
        if live := self.present.unfinished_one(report.order.id):
            self.present.spawn(self._tell_previews(live, report))

    def on_image(self, order: Order, painted: PaintedImage) -> None:
        if live := self.present.unfinished_one(order.id):
            self.present.spawn(self._deliver(live, painted))
        else:
            self.present.release(order.id)

    def on_failed(self, order: Order, error: ServiceError) -> None:
        if live := self.present.unfinished_one(order.id):
            self._fail(live, error)
        self.present.release(order.id)

    def on_stopped(self, order: Order, saved_steps: int) -> None:
        self._metrics.saved_steps.inc(saved_steps)
        self.present.release(order.id)

    # Beginnings

    def _live(self, resolved: Resolved, call: Call, fingerprint: str) -> LiveGeneration:
        model, parameters = resolved.model, resolved.parameters
        now_s = self._clock.now()
        accepted = Accepted(
            id=call.generation_id or f"gen_{self.replica}_{ULID()}",
            number=self._next_number(),
            model=model,
            parameters=parameters,
            request_id=call.request_id,
            user=call.user,
            accepted_at_s=now_s,
            created_at=datetime.now(UTC),
            is_durable=call.is_durable,
            fingerprint=fingerprint,
        )
        eta_s = self.board.eta_of_next_s(accepted)
        return LiveGeneration(
            accepted, resolved.warnings, position=self.present.queued + 1, eta_s=eta_s
        )

    def _begin(self, live: LiveGeneration, source: SourceImage | None) -> None:
        self._kept.add(live)
        self.board.joined(live.accepted)
        self.present.add(live)
        self._executor.submit(painting_of(live, source))

    def _next_number(self) -> int:
        self._numbers += 1
        return self._numbers

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
            self.present.release(live.id)

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
                is_first = live.preview(report.step, index, image_url)
                self._metrics.saw_preview(live, self._clock.now(), is_first=is_first)

    def _complete(self, live: LiveGeneration) -> None:
        now_s = self._clock.now()
        live.complete(now_s)
        self._metrics.saw_completed(live, now_s)
        images = live.parameters.num_images
        self.recent.completed(now_s - live.accepted.accepted_at_s, images=images)
        self._after_end(live)

    def _fail(self, live: LiveGeneration, error: ServiceError) -> None:
        if not live.has_ended:
            live.fail(error, self._clock.now())
            self._metrics.failures.labels(error.code).inc()
            if error.http_status >= 500:
                self.recent.failed()
            self._after_end(live)

    def _leave_behind(self, live: LiveGeneration, error: ServiceError) -> None:
        """A durable one goes on after the restart; any other has failed."""
        if live.accepted.is_durable:
            live.suspend()
            if live.started_at_s is not None:
                self.present.spawn(self._journaling.suspend(live))
            self.present.release(live.id)
        else:
            self._fail(live, error)

    def _after_end(self, live: LiveGeneration) -> None:
        self._metrics.generations.labels(live.document.status).inc()
        self.board.left(live.accepted.number)
        if live.is_completed or live.accepted.is_durable:
            self.present.spawn(self._journaling.end(live))
        self.present.changed()

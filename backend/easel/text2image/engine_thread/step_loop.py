"""What the engine's thread does between two looks at its inbox.

Synchronous and without a thread of its own, so that tests drive it turn by turn. Joins
the batch scheduler, which decides, with the engines, which compute.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from PIL.Image import Image

from easel.clock import Clock
from easel.errors import EngineFailed, OutOfMemory, ServiceError
from easel.text2image.engine_thread.image_decoding import ImageDecoding
from easel.text2image.engine_thread.painting import (
    Order,
    PaintedImage,
    Painting,
    PreviewReport,
    SampleRun,
    SampleTimes,
    StepReport,
)
from easel.text2image.engine_thread.queue_view import QueueView, queue_view
from easel.text2image.engine_thread.step_watch import StepWatch
from easel.text2image.engines.base import (
    AnyEngine,
    ModelUnavailable,
)
from easel.text2image.images.preview_pacer import PreviewPacer
from easel.text2image.scheduling.batch_scheduler import Batch, BatchScheduler
from easel.text2image.scheduling.cost_model import CostModel
from easel.text2image.scheduling.forecast import forecast
from easel.text2image.scheduling.samples import QueuedSample
from easel.text2image.scheduling.turns import BEGINS_PER_TURN, VIEW_INTERVAL_S

log = logging.getLogger(__name__)


class Listener(Protocol):
    """Hears what happens; every method is called on the event loop."""

    def on_started(self, order: Order) -> None: ...
    def on_warnings(self, order: Order, warnings: tuple[str, ...]) -> None: ...
    def on_step(self, report: StepReport) -> None: ...
    def on_previews(self, report: PreviewReport) -> None: ...
    def on_image(self, order: Order, painted: PaintedImage) -> None: ...
    def on_failed(self, order: Order, error: ServiceError) -> None: ...
    def on_stopped(self, order: Order, saved_steps: int) -> None: ...
    def on_queue(self, view: QueueView) -> None: ...


# Runs a callable with its arguments on the event loop, from any thread.
Post = Callable[..., object]


class StepLoop:
    """All paintings whose model is loaded.

    Args:
        costs: Learns from every step.
        post: Carries news to the event loop.
        listener: Hears them there.
        clock: Times everything.
        watch: Told what the device is at.
    """

    def __init__(
        self,
        costs: CostModel,
        post: Post,
        listener: Listener,
        clock: Clock,
        watch: StepWatch,
    ) -> None:
        self.scheduler = BatchScheduler(costs)
        self._costs = costs
        self._post = post
        self._listener = listener
        self._clock = clock
        self._watch = watch
        self._paintings: dict[str, Painting] = {}
        self._runs: dict[str, SampleRun] = {}
        self._decoding = ImageDecoding(clock, watch, self._painted, self._failed)
        self._last_number = 0
        self._view_is_old = False
        self._viewed_at_s = clock.now()

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do until somebody comes."""
        return not self._runs

    def models_in_use(self) -> set[str]:
        return {painting.model for painting in self._paintings.values()}

    def take(self, painting: Painting, engine: AnyEngine) -> None:
        """Plan its samples and let them wait for their turn."""
        self._last_number = max(self._last_number, painting.number)
        self._view_is_old = True
        try:
            plans = [engine.plan(spec) for spec in painting.specs]
        except ModelUnavailable:
            raise
        except Exception as error:
            self._post(
                self._listener.on_failed, painting.order, _named(error, painting)
            )
            return
        if plans[0].warnings:
            self._post(self._listener.on_warnings, painting.order, plans[0].warnings)
        self._paintings[painting.order.id] = painting
        for index, (spec, plan) in enumerate(zip(painting.specs, plans, strict=True)):
            queued = QueuedSample(
                id=spec.id,
                key=plan.key,
                rows=plan.rows,
                steps=plan.steps,
                priority=painting.priority,
                user=painting.user,
                joined_at_s=painting.accepted_at_s,
            )
            pacer = PreviewPacer(spec.num_inference_steps, self._clock)
            run = SampleRun(painting, index, spec, queued, engine, pacer)
            painting.runs[spec.id] = self._runs[spec.id] = run
            self.scheduler.join(queued)

    def turn(self, unplanned: Sequence[Painting] = ()) -> None:
        """One look at everything: at most one step, a few prompts, a few images."""
        self._drop_unwanted()
        self._decoding.collect()
        batch = self.scheduler.next_batch(self._clock.now())
        if batch is not None:
            self._run(batch)
        self._decoding.turn()
        if batch is None:
            # Nothing else to do: wait for the device.
            self._decoding.collect(wait=True)
        self._tell_queue(unplanned)

    def drop_all(self, error: ServiceError) -> None:
        """End everything: the server stops, or the device has failed."""
        for painting in list(self._paintings.values()):
            self._fail(painting, error)

    def tell_queue(self, unplanned: Sequence[Painting]) -> None:
        """Say how the queue stands, whether or not it has changed."""
        self._view_is_old = True
        self._tell_queue(unplanned)

    # Coming and going

    def _drop_unwanted(self) -> None:
        for painting in list(self._paintings.values()):
            if painting.order.stop.is_set():
                saved = sum(
                    self.scheduler.remaining_steps(sample_id)
                    for sample_id in painting.runs
                    if sample_id in self.scheduler
                )
                self._forget(painting)
                self._post(self._listener.on_stopped, painting.order, saved)

    def _fail(self, painting: Painting, error: ServiceError) -> None:
        if painting.order.id in self._paintings:
            self._forget(painting)
            self._post(self._listener.on_failed, painting.order, error)

    def _forget(self, painting: Painting) -> None:
        for run in list(painting.runs.values()):
            self._let_go(run)

    def _let_go(self, run: SampleRun) -> None:
        """Nothing of the sample is left here."""
        self.scheduler.leave(run.spec.id)
        self._decoding.drop(run)
        if run.running is not None:
            run.engine.end(run.running)
            run.running = None
        self._runs.pop(run.spec.id, None)
        painting = run.painting
        painting.runs.pop(run.spec.id, None)
        if not painting.runs:
            self._paintings.pop(painting.order.id, None)
        self._view_is_old = True

    # Steps

    def _run(self, batch: Batch) -> None:
        runs = [self._runs[sample.id] for sample in batch.samples]
        self._begin_some(runs)
        begun = [run for run in runs if run.running is not None]
        ready = [run for run in begun if run.running and run.running.is_ready()]
        stepping = ready or begun
        if stepping:
            self._step(_part(batch, stepping), stepping)

    def _begin_some(self, runs: Sequence[SampleRun]) -> None:
        waiting = [run for run in runs if run.running is None]
        for run in waiting[:BEGINS_PER_TURN]:
            if run.spec.id not in self._runs:
                # Its generation failed with an image before it.
                continue
            began_at = self._clock.now()
            self._watch.begin(began_at, None)
            try:
                plan = run.engine.plan(run.spec)
                run.running = run.engine.begin(run.spec, plan)
            except ModelUnavailable:
                raise
            except Exception as error:
                self._fail(run.painting, _named(error, run.painting))
                continue
            finally:
                self._watch.end()
            run.encode_s = self._clock.now() - began_at
            if not run.painting.has_started:
                run.painting.has_started = True
                self._view_is_old = True
                self._post(self._listener.on_started, run.painting.order)

    def _step(self, batch: Batch, runs: Sequence[SampleRun]) -> None:
        began_at = self._clock.now()
        max_rows = self._costs.cap_rows(batch.key)
        self._watch.begin(began_at, self._costs.step_s(batch.key, batch.rows))
        try:
            runs[0].engine.step([run.running for run in runs], max_rows=max_rows)
        except OutOfMemory as error:
            self._too_much(batch, runs, max_rows, error)
            return
        except ModelUnavailable:
            raise
        except Exception:
            log.exception("a step failed", extra=_fields(runs))
            self._isolate(batch, runs, max_rows)
            return
        finally:
            self._watch.end()
        self._account(batch, runs, began_at)

    def _too_much(
        self,
        batch: Batch,
        runs: Sequence[SampleRun],
        max_rows: int,
        error: OutOfMemory,
    ) -> None:
        """Fewer rows at a time from now on; one row of one sample cannot be fewer."""
        log.warning("a step ran out of memory", extra=_fields(runs))
        self.scheduler.out_of_memory(batch)
        if len(runs) == 1 and min(max_rows, batch.rows) == 1:
            self._fail(runs[0].painting, error)

    def _isolate(self, batch: Batch, runs: Sequence[SampleRun], max_rows: int) -> None:
        """Whoever fails alone is the guilty one."""
        for run in runs:
            if run.running is None:
                # Its generation failed with an image before it.
                continue
            part = _part(batch, [run])
            began_at = self._clock.now()
            self._watch.begin(began_at, self._costs.step_s(batch.key, part.rows))
            try:
                run.engine.step([run.running], max_rows=max_rows)
            except OutOfMemory as error:
                self._too_much(part, [run], max_rows, error)
            except ModelUnavailable:
                raise
            except Exception as error:
                self._fail(run.painting, _named(error, run.painting))
            else:
                self._account(part, [run], began_at)
            finally:
                self._watch.end()

    def _account(
        self, batch: Batch, runs: Sequence[SampleRun], began_at: float
    ) -> None:
        now_s = self._clock.now()
        for run in runs:
            if run.first_step_at is None:
                run.first_step_at = began_at
            run.last_step_at = now_s
            run.largest_batch = max(run.largest_batch, len(runs))
        done = self.scheduler.stepped(batch, now_s - began_at, now_s)
        self._tell_step(batch, runs, now_s - began_at)
        finished = [self._runs[sample.id] for sample in done]
        self._decoding.add(finished)
        self._tell_previews([run for run in runs if run not in finished])

    def _tell_step(
        self, batch: Batch, runs: Sequence[SampleRun], seconds: float
    ) -> None:
        progress = []
        for painting in dict.fromkeys(run.painting for run in runs):
            step = painting.step()
            if step > painting.told_step:
                painting.told_step = step
                progress.append((painting.order, step))
        report = StepReport(
            batch.key.model, len(runs), batch.rows, seconds, tuple(progress)
        )
        self._post(self._listener.on_step, report)

    # Pictures

    def _tell_previews(self, runs: Sequence[SampleRun]) -> None:
        """An image without previews is better than none."""
        due = [
            run
            for run in runs
            if run.painting.order.is_watched and run.pacer.is_due(run.step)
        ]
        for run in due:
            try:
                (preview,) = run.engine.previews([run.running])
            except ModelUnavailable:
                raise
            except Exception:
                log.exception("no preview", extra=_fields([run]))
                continue
            if preview is not None:
                step = max(1, run.painting.told_step)
                report = PreviewReport(
                    run.painting.order, step, ((run.index, preview),)
                )
                self._post(self._listener.on_previews, report)

    def _painted(self, run: SampleRun, image: Image, decode_s: float) -> None:
        self._costs.learn_overhead(run.queued.key, run.encode_s + decode_s)
        first = run.first_step_at
        times = SampleTimes(
            encode_s=run.encode_s,
            first_step_at=run.last_step_at if first is None else first,
            last_step_at=run.last_step_at,
            decode_s=decode_s,
        )
        painted = PaintedImage(run.index, image, times, run.largest_batch)
        self._let_go(run)
        self._post(self._listener.on_image, run.painting.order, painted)

    def _failed(self, run: SampleRun, error: Exception) -> None:
        self._fail(run.painting, _named(error, run.painting))

    # The queue, for those who wait in it

    def _tell_queue(self, unplanned: Sequence[Painting]) -> None:
        now_s = self._clock.now()
        is_due = now_s - self._viewed_at_s >= VIEW_INTERVAL_S
        if not self._view_is_old and (self.is_idle or not is_due):
            return
        self._view_is_old = False
        self._viewed_at_s = now_s
        view = queue_view(
            self._paintings.values(),
            unplanned,
            forecast(self.scheduler, self._costs, now_s),
            self._costs.snapshot(),
            now_s=now_s,
            last_number=max(
                [self._last_number, *(painting.number for painting in unplanned)]
            ),
        )
        self._post(self._listener.on_queue, view)


def _part(batch: Batch, runs: Sequence[SampleRun]) -> Batch:
    """Of the batch, those who step now."""
    if len(runs) == len(batch.samples):
        return batch
    samples = tuple(run.queued for run in runs)
    return Batch(batch.key, samples, sum(sample.rows for sample in samples))


def _named(error: Exception, painting: Painting) -> ServiceError:
    if isinstance(error, ServiceError):
        return error
    fields = {"id": painting.order.id, "request_id": painting.order.request_id}
    log.error("a generation failed", exc_info=error, extra={"fields": fields})
    return EngineFailed(f"The model failed: {type(error).__name__}.")


def _fields(runs: Sequence[SampleRun]) -> dict[str, object]:
    return {"fields": {"ids": [run.painting.order.id for run in runs]}}

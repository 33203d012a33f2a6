"""One replica of a fleet: an engine's thread, and a stream of news for each order.

Lives on an event loop of the replica. Knows nothing of clusters.
"""

import asyncio
import itertools
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass, field

from easel.clock import Clock, MonotonicClock
from easel.contract.models import ModelDocument
from easel.errors import ServerStopping, ServiceError
from easel.text2image.engine_thread.painting import (
    Order,
    PaintedImage,
    Painting,
    PreviewReport,
    StepReport,
)
from easel.text2image.engine_thread.queue_view import QueueView
from easel.text2image.engine_thread.runner import Device, EngineRunner, ModelSource
from easel.text2image.engine_thread.step_watch import StepWatch
from easel.text2image.engines.base import ModelUnavailable, SampleSpec, SourceImage
from easel.text2image.executors.raw_pictures import head_of
from easel.text2image.executors.replica_messages import (
    Alive,
    Costs,
    Facts,
    Failed,
    Hello,
    Item,
    Message,
    Painted,
    PaintOrder,
    Previewed,
    SourceOrder,
    Started,
    Stepped,
    Warned,
)
from easel.text2image.images.previews import MAX_PREVIEW_PX
from easel.text2image.scheduling.cost_model import CostModel
from easel.text2image.scheduling.cost_table import CostTable

log = logging.getLogger(__name__)

# Without news for so long, a stream says that its replica is there.
ALIVE_EVERY_S = 5.0


class ReplicaLost(Exception):
    """This replica can paint nothing (any more); another one may."""


# What an order hears; ends with None.
_News = list[Item] | ReplicaLost | None


@dataclass(slots=True, eq=False)
class _Call:
    """An order as the engine's thread knows it."""

    id: str
    request_id: str
    missing: int
    stop: threading.Event = field(default_factory=threading.Event)
    # Who watches is known to the front alone; it drops what nobody would see.
    is_watched: bool = True
    news: asyncio.Queue[_News] = field(default_factory=asyncio.Queue)


class ReplicaPainter:
    """
    Args:
        replica: Its name.
        models: What it can load; the first is loaded at once.
        max_batch_rows: Of a forward pass.
        clock: Times everything.
    """

    def __init__(
        self,
        replica: str,
        models: ModelSource,
        *,
        max_batch_rows: int,
        clock: Clock | None = None,
    ) -> None:
        self._replica = replica
        self._clock = clock or MonotonicClock()
        self._watch = StepWatch()
        self._runner = EngineRunner(
            models,
            self._post,
            self._clock,
            costs=CostModel(max_rows=max_batch_rows),
            watch=self._watch,
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._decided = asyncio.Event()
        self._lost_because: str | None = None
        self._calls: dict[str, _Call] = {}
        self._numbers = itertools.count(1)
        self._passes = 0
        self._documents: tuple[ModelDocument, ...] = ()
        self._table: CostTable | None = None

    async def start(self) -> None:
        """Return when the first model is loaded.

        Raises:
            ModelUnavailable: it never will be.
        """
        self._loop = asyncio.get_running_loop()
        self._runner.start(self)
        await self._decided.wait()
        if self._lost_because is not None:
            raise ModelUnavailable(self._lost_because)

    def finish(self, timeout_s: float) -> None:
        self._runner.finish(timeout_s)

    def facts(self) -> Facts:
        loaded = [each.id for each in self._documents if each.state == "ready"]
        costs = None if self._table is None else Costs.of(self._table)
        return Facts(replica=self._replica, loaded=tuple(loaded), costs=costs)

    def why_unhealthy(self) -> str | None:
        """None while its device works."""
        if self._lost_because is not None:
            return self._lost_because
        hung_s = self._watch.hung_for_s(self._clock.now())
        return None if hung_s is None else f"at one step for {hung_s:.0f} s"

    async def load(self, model_id: str) -> ModelDocument:
        """Raises ServiceError."""
        return await asyncio.wrap_future(self._runner.load(model_id))

    async def unload(self, model_id: str) -> ModelDocument:
        """Raises ServiceError."""
        return await asyncio.wrap_future(self._runner.unload(model_id))

    def unload_soon(self, model_id: str) -> None:
        """From any thread; nothing if it is in use."""
        self._runner.unload(model_id)

    async def paint(self, order: PaintOrder) -> AsyncGenerator[Item, None]:
        """Messages and pieces of pictures, until all images are painted.

        Whoever stops reading has cancelled it.

        Raises:
            ReplicaLost: the engine is gone; the order is as good as new elsewhere.
        """
        if self._lost_because is not None:
            raise ReplicaLost(self._lost_because)
        number = next(self._numbers)
        # An order may come back while its first attempt is still being dropped.
        call = _Call(f"{order.id}/{number}", order.request_id, len(order.samples))
        self._calls[call.id] = call
        try:
            yield _dumped(Hello(replica=self._replica))
            self._runner.submit(self._painting(call, number, order))
            while True:
                news = await _next(call.news)
                if news is None:
                    return
                if isinstance(news, ReplicaLost):
                    raise news
                for item in news:
                    yield item
        finally:
            call.stop.set()
            del self._calls[call.id]

    def _painting(self, call: _Call, number: int, order: PaintOrder) -> Painting:
        source = None if order.source is None else _source(order.source)
        specs = [
            SampleSpec(**dict(sample), id=f"{call.id}-{position}", source=source)
            for position, sample in enumerate(order.samples)
        ]
        return Painting(
            order=call,
            number=number,
            model=order.model,
            specs=specs,
            user=order.user,
            priority=order.priority,
            accepted_at_s=self._clock.now() - order.waited_s,
        )

    # What the runner tells

    def on_models(self, documents: tuple[ModelDocument, ...]) -> None:
        self._documents = documents

    def on_ready(self, device: Device) -> None:
        log.info("ready to paint", extra={"fields": {"device": device.name}})
        self._decided.set()

    def on_unavailable(self, reason: str) -> None:
        self._lost_because = reason
        for call in self._calls.values():
            call.news.put_nowait(ReplicaLost(reason))
        self._decided.set()

    def on_queue(self, view: QueueView) -> None:
        self._table = view.costs

    def on_warnings(self, order: Order, warnings: tuple[str, ...]) -> None:
        self._tell(order, Warned(warnings=warnings))

    def on_started(self, order: Order) -> None:
        self._tell(order, Started())

    def on_step(self, report: StepReport) -> None:
        self._passes += 1
        for order, step in report.progress:
            stepped = Stepped(
                step=step,
                number=self._passes,
                images=report.images,
                rows=report.rows,
                seconds=report.seconds,
            )
            self._tell(order, stepped)

    def on_progress(self, progress: tuple[tuple[Order, int], ...]) -> None:
        """An engine's thread tells of whole steps only."""

    def on_previews(self, report: PreviewReport) -> None:
        for position, picture in report.previews:
            small = picture.convert("RGB")
            small.thumbnail((MAX_PREVIEW_PX, MAX_PREVIEW_PX))
            head, pieces = head_of(small)
            previewed = Previewed(step=report.step, position=position, picture=head)
            self._tell(report.order, previewed, pieces)

    def on_image(self, order: Order, painted: PaintedImage) -> None:
        now_s = self._clock.now()
        head, pieces = head_of(painted.image)
        times = painted.times
        message = Painted(
            position=painted.index,
            picture=head,
            encode_s=times.encode_s,
            first_step_ago_s=now_s - times.first_step_at,
            last_step_ago_s=now_s - times.last_step_at,
            decode_s=times.decode_s,
            largest_batch=painted.largest_batch,
        )
        self._tell(order, message, pieces)
        if call := self._calls.get(order.id):
            call.missing -= 1
            if not call.missing:
                call.news.put_nowait(None)

    def on_failed(self, order: Order, error: ServiceError) -> None:
        call = self._calls.get(order.id)
        if call is None:
            return
        if isinstance(error, ServerStopping):
            # It is the replica that stops.
            call.news.put_nowait(ReplicaLost(error.detail))
            return
        self._tell(order, Failed(problem=error.problem(order.request_id)))
        call.news.put_nowait(None)

    def on_stopped(self, order: Order, saved_steps: int) -> None:
        """Its front has left."""

    def _tell(
        self, order: Order, message: Message, pieces: Iterable[bytes] = ()
    ) -> None:
        if call := self._calls.get(order.id):
            call.news.put_nowait([_dumped(message), *pieces])

    def _post(self, call: Callable[..., object], *arguments: object) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(call, *arguments)
        except RuntimeError:
            log.debug("the event loop has ended; nobody is left to tell")


async def _next(news: "asyncio.Queue[_News]") -> _News:
    try:
        async with asyncio.timeout(ALIVE_EVERY_S):
            return await news.get()
    except TimeoutError:
        return [_dumped(Alive())]


def _source(order: SourceOrder) -> SourceImage:
    return SourceImage(
        image=order.image.image(),
        mask=None if order.mask is None else order.mask.image(),
        strength=order.strength,
    )


def _dumped(message: Message) -> Item:
    return message.model_dump()

"""Paints on the replicas of a cluster: who is next, where it is, what if that is lost.

One thread with an event loop of its own, so that a cluster's client never holds up the
server's. All that must survive a replica is here and in `flight.py`.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future

from easel.clock import Clock
from easel.contract.models import ModelDocument
from easel.errors import (
    EngineFailed,
    InternalError,
    ModelNotFound,
    ServerStopping,
    ServiceError,
)
from easel.text2image.engine_thread.painting import Painting
from easel.text2image.engine_thread.runner import Device, ModelSource, RunnerListener
from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.executors.fleet import Demand, Fleet, FleetUnusable
from easel.text2image.executors.fleet_models import FleetModels, ModelCommand
from easel.text2image.executors.fleet_queue import FleetQueue, no_costs
from easel.text2image.executors.flight import MAX_LOST_REPLICAS, Flight
from easel.text2image.executors.flight_news import FlightNews, PassCounter
from easel.text2image.executors.replica_messages import Item, table_of

log = logging.getLogger(__name__)

# So long may a raised stop flag, a newcomer and a free place go unseen.
_LOOK_S = 0.02
_VIEW_INTERVAL_S = 0.5
PULSE_S = 1.0

# A replica that has an order tells something every five seconds.
SILENCE_S = 30.0


class FleetExecutor:
    """
    Args:
        models: Describes them; their weights are the replicas' affair.
        fleet: Where they paint.
        post: Runs a call on the server's event loop.
        clock: The server's.
        per_replica: Generations that a replica is sent at a time; the others wait
            here, where their order is fair.
        max_batch_rows: Of a forward pass.
        silence_s: A replica that has an order and says nothing for so long is lost.
        pulse_s: How often replicas are asked how they are.
    """

    def __init__(
        self,
        models: ModelSource,
        fleet: Fleet,
        post: Callable[..., object],
        clock: Clock,
        *,
        per_replica: int,
        max_batch_rows: int,
        silence_s: float = SILENCE_S,
        pulse_s: float = PULSE_S,
    ) -> None:
        self._pulse_s = pulse_s
        self._silence_s = silence_s
        self._source = models
        self._fleet = fleet
        self._post = post
        self._clock = clock
        self._per_replica = per_replica
        self._inbox: queue.SimpleQueue[Painting | ModelCommand] = queue.SimpleQueue()
        self._flights: dict[str, Flight] = {}
        self._queue = FleetQueue(no_costs(max_batch_rows))
        self._passes = PassCounter()
        self._replicas = 0
        self._view_is_old = True
        self._viewed_at_s = clock.now()
        self._told_begun: set[str] = set()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._has_ended = threading.Event()

    def start(self, listener: RunnerListener) -> None:
        # A daemon: a cluster that does not answer must not keep the process.
        self._thread = threading.Thread(
            target=self._run, args=(listener,), name="fleet", daemon=True
        )
        self._thread.start()

    def submit(self, painting: Painting) -> None:
        self._inbox.put(painting)

    def load(self, model_id: str) -> Future[ModelDocument]:
        return self._ask(model_id, is_load=True)

    def unload(self, model_id: str) -> Future[ModelDocument]:
        return self._ask(model_id, is_load=False)

    def finish(self, timeout_s: float) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _ask(self, model_id: str, *, is_load: bool) -> Future[ModelDocument]:
        answer: Future[ModelDocument] = Future()
        self._inbox.put(ModelCommand(model_id, is_load, answer))
        if self._has_ended.is_set():
            self._refuse_commands()
        return answer

    # Inside the thread

    def _run(self, listener: RunnerListener) -> None:
        """The outermost handler: this thread never dies unheard."""
        try:
            documents = self._source.describe()

            def tell(now: tuple[ModelDocument, ...]) -> None:
                self._post(listener.on_models, now)

            models = FleetModels(documents, self._fleet, tell)
            asyncio.run(self._until_stopped(models, listener))
        except (ModelUnavailable, FleetUnusable) as error:
            self._post(listener.on_unavailable, str(error))
        except BaseException as error:
            log.exception("the fleet's thread died")
            reason = f"internal error: {type(error).__name__}"
            self._post(listener.on_unavailable, reason)
        finally:
            self._has_ended.set()
            self._refuse_commands()

    async def _until_stopped(
        self, models: FleetModels, listener: RunnerListener
    ) -> None:
        working = asyncio.ensure_future(self._work(models, listener))
        try:
            while not working.done() and not self._stopping.is_set():
                await asyncio.wait([working], timeout=_LOOK_S)
            if working.done():
                # It ends by an error only.
                working.result()
        finally:
            working.cancel()
            await asyncio.wait([working])
            self._fleet.close()

    async def _work(self, models: FleetModels, listener: RunnerListener) -> None:
        has_gpu = await self._fleet.connect()
        self._post(listener.on_ready, Device("ray", has_gpu, None))
        pulse = asyncio.ensure_future(self._pulse_forever(models))
        try:
            while not pulse.done():
                self._look(models, listener)
                await asyncio.sleep(_LOOK_S)
            pulse.result()
        finally:
            pulse.cancel()
            models.close()
            await self._end_all(listener)

    async def _pulse_forever(self, models: FleetModels) -> None:
        """Tell the replicas what is wanted, hear how they are."""
        while True:
            now_s = self._clock.now()
            demand = Demand(self._queue.work_s(now_s), len(self._flights))
            facts = await self._fleet.pulse(demand)
            if len(facts) != self._replicas:
                log.info("replicas", extra={"fields": {"count": len(facts)}})
            self._replicas = len(facts)
            models.saw(facts)
            known = [each.costs for each in facts if each.costs is not None]
            self._queue.learn(table_of(known, self._queue.table))
            await asyncio.sleep(self._pulse_s)

    def _look(self, models: FleetModels, listener: RunnerListener) -> None:
        """Take in who has come, drop who is not wanted, send who is next."""
        while (command := self._next_now()) is not None:
            if isinstance(command, ModelCommand):
                in_use = {each.painting.model for each in self._flights.values()}
                models.obey(command, in_use)
            else:
                self._take(command, models, listener)
        for flight in list(self._flights.values()):
            if flight.painting.order.stop.is_set():
                self._drop(flight, listener)
        self._send(listener)
        self._tell_queue(listener)

    def _next_now(self) -> Painting | ModelCommand | None:
        try:
            return self._inbox.get_nowait()
        except queue.Empty:
            return None

    def _take(
        self, painting: Painting, models: FleetModels, listener: RunnerListener
    ) -> None:
        try:
            models.check(painting.model)
        except ModelNotFound as error:
            # Accepted by an earlier process that had other models.
            self._post(listener.on_failed, painting.order, error)
            return
        flight = Flight(painting)
        if (before := self._flights.get(flight.id)) is not None:
            # The same id again, before it was seen that the first was cancelled.
            self._drop(before, listener)
        self._flights[flight.id] = flight
        self._queue.join(painting, flight.missing)
        self._view_is_old = True

    def _drop(self, flight: Flight, listener: RunnerListener) -> None:
        order = flight.painting.order
        self._post(listener.on_stopped, order, self._forget(flight))

    def _forget(self, flight: Flight) -> int:
        """Nothing of it is left here; the steps that it still needed."""
        if flight.task is not None:
            flight.task.cancel()
        del self._flights[flight.id]
        self._view_is_old = True
        return self._queue.leave(flight.id)

    async def _end_all(self, listener: RunnerListener) -> None:
        stopped = ServerStopping("The server has stopped.")
        flights = list(self._flights.values())
        tasks = [flight.task for flight in flights if flight.task is not None]
        for flight in flights:
            self._forget(flight)
            self._post(listener.on_failed, flight.painting.order, stopped)
        if tasks:
            # Their replicas are told.
            await asyncio.wait(tasks)

    # Flying

    def _send(self, listener: RunnerListener) -> None:
        """In fair order, and no more at a time than the replicas paint at a time."""
        now_s = self._clock.now()
        flying = sum(flight.task is not None for flight in self._flights.values())
        room = max(1, self._replicas) * self._per_replica - flying
        if room <= 0 or flying == len(self._flights):
            return
        for generation_id in self._queue.ranked(now_s):
            flight = self._flights[generation_id]
            if room and flight.task is None and flight.not_before_s <= now_s:
                flight.task = asyncio.ensure_future(self._fly(flight, listener))
                room -= 1

    async def _fly(self, flight: Flight, listener: RunnerListener) -> None:
        news = FlightNews(
            flight,
            queue=self._queue,
            passes=self._passes,
            post=self._post,
            listener=listener,
            clock=self._clock,
        )
        stream = self._fleet.paint(flight.order(self._clock.now()))
        why = "its stream has ended"
        try:
            await self._read(aiter(stream), news)
        except TimeoutError:
            why = "it fell silent"
        except Exception as error:
            # Whatever it is: the order is good, and another replica may do it.
            why = f"{type(error).__name__}: {error}"
        finally:
            stream.cancel()
        flight.task = None
        if news.has_ended:
            self._forget(flight)
        else:
            self._lost(flight, news.replica, why, listener)

    async def _read(self, items: AsyncIterator[Item], news: FlightNews) -> None:
        """Until its end; raises TimeoutError if a replica that has it falls silent."""
        while not news.has_ended:
            # While no replica has it, it waits for one as long as it takes.
            limit_s = None if news.replica is None else self._silence_s
            try:
                async with asyncio.timeout(limit_s):
                    item = await anext(items)
            except StopAsyncIteration:
                return
            news.hear(item)

    def _lost(
        self, flight: Flight, replica: str | None, why: str, listener: RunnerListener
    ) -> None:
        fields = {"id": flight.id, "replica": replica, "why": why[:200]}
        log.warning("a generation lost its replica", extra={"fields": fields})
        flight.lost(self._clock.now(), was_taken=replica is not None)
        if flight.lost_replicas >= MAX_LOST_REPLICAS:
            self._forget(flight)
            error: ServiceError = EngineFailed(
                f"{flight.lost_replicas} replicas were lost while they painted it."
            )
            self._post(listener.on_failed, flight.painting.order, error)
            return
        self._queue.leave(flight.id)
        self._queue.join(flight.painting, flight.missing)
        self._view_is_old = True

    # The queue, for those who wait in it

    def _tell_queue(self, listener: RunnerListener) -> None:
        now_s = self._clock.now()
        begun = {each.id for each in self._flights.values() if each.has_started}
        is_due = self._flights and now_s - self._viewed_at_s >= _VIEW_INTERVAL_S
        if not (self._view_is_old or is_due or begun != self._told_begun):
            return
        self._view_is_old = False
        self._viewed_at_s = now_s
        self._told_begun = begun
        view = self._queue.view(now_s, devices=max(1, self._replicas), begun=begun)
        self._post(listener.on_queue, view)

    def _refuse_commands(self) -> None:
        """Who asked for a model must not wait forever for a thread that has ended."""
        while (command := self._next_now()) is not None:
            if (
                isinstance(command, ModelCommand)
                and command.answer.set_running_or_notify_cancel()
            ):
                command.answer.set_exception(InternalError("The server is stopping."))

"""A fleet within this process: real replicas on the executor's own event loop.

A replica can be killed between two of its messages, as a machine that loses power.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence

from easel.contract.models import ModelDocument
from easel.text2image.engine_thread.runner import ModelSource
from easel.text2image.executors.fleet import Demand, FleetUnusable
from easel.text2image.executors.replica_messages import Facts, Item, PaintOrder
from easel.text2image.executors.replica_painter import ReplicaPainter


class Stream:
    """What one order hears; ends in an error when its replica is killed."""

    def __init__(self) -> None:
        self.items: asyncio.Queue[Item | Exception | None] = asyncio.Queue()
        self.task: asyncio.Task[None] | None = None

    async def __aiter__(self) -> AsyncIterator[Item]:
        while (item := await self.items.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item

    def cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()


class Replica:
    def __init__(self, painter: ReplicaPainter, on_left: Callable[[str], None]) -> None:
        self._on_left = on_left
        self.painter = painter
        self.streams: set[Stream] = set()

    async def serve(self, stream: Stream, order: PaintOrder) -> None:
        self.streams.add(stream)
        try:
            async for item in self.painter.paint(order):
                stream.items.put_nowait(item)
            stream.items.put_nowait(None)
        except Exception as error:
            stream.items.put_nowait(error)
        finally:
            self.streams.discard(stream)
            self._on_left(order.id)


class LocalFleet:
    """
    Args:
        sources: The models of each replica that there is at first.
        is_there: Whether `connect` finds a cluster.
    """

    def __init__(
        self, *sources: Callable[[], ModelSource], is_there: bool = True
    ) -> None:
        self._sources = dict(enumerate(sources))
        self._is_there = is_there
        self._loop: asyncio.AbstractEventLoop | None = None
        self._replicas: dict[int, Replica] = {}
        self._arrived: asyncio.Event | None = None
        self.demands: list[Demand] = []
        self.sent: list[str] = []
        self.left: list[str] = []
        self.changed = threading.Condition()

    async def connect(self) -> bool:
        if not self._is_there:
            raise FleetUnusable("no cluster anywhere")
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        for number in self._sources:
            await self._begin(number)
        return False

    async def _begin(self, number: int) -> None:
        models = self._sources[number]()
        painter = ReplicaPainter(f"replica-{number}", models, max_batch_rows=4)
        await painter.start()
        self._replicas[number] = Replica(painter, self._left)
        assert self._arrived is not None
        self._arrived.set()

    def paint(self, order: PaintOrder) -> Stream:
        with self.changed:
            self.sent.append(order.id)
            self.changed.notify_all()
        stream = Stream()
        stream.task = asyncio.ensure_future(self._route(stream, order))
        return stream

    def _left(self, order_id: str) -> None:
        with self.changed:
            self.left.append(order_id)
            self.changed.notify_all()

    async def _route(self, stream: Stream, order: PaintOrder) -> None:
        """To the one with the fewest orders."""
        assert self._arrived is not None
        while not self._replicas:
            self._arrived.clear()
            await self._arrived.wait()
        replica = min(self._replicas.values(), key=lambda each: len(each.streams))
        await replica.serve(stream, order)

    async def pulse(self, demand: Demand) -> Sequence[Facts]:
        self.demands.append(demand)
        return [each.painter.facts() for each in self._replicas.values()]

    async def load(self, model_id: str) -> ModelDocument:
        replica = next(iter(self._replicas.values()))
        return await replica.painter.load(model_id)

    async def unload(self, model_id: str) -> None:
        for replica in self._replicas.values():
            await replica.painter.unload(model_id)

    def close(self) -> None:
        for replica in self._replicas.values():
            replica.painter.finish(0)

    # What a test does to it, from its own thread

    def kill(self, number: int) -> None:
        """Nothing that it would still have said is heard."""

        def now() -> None:
            replica = self._replicas.pop(number)
            for stream in list(replica.streams):
                stream.cancel()
                stream.items.put_nowait(ConnectionResetError("the replica is gone"))
            replica.painter.finish(0)

        assert self._loop is not None
        self._loop.call_soon_threadsafe(now)

    def add(self, source: Callable[[], ModelSource]) -> int:
        """A new replica; its number."""
        number = len(self._sources)
        self._sources[number] = source
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(self._begin(number), self._loop).result()
        return number

"""The store of one host: one SQLite file that any number of its processes share."""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from easel.errors import StoreUnavailable
from easel.gateway.store import sqlite_operations as operations
from easel.gateway.store.availability import Availability
from easel.gateway.store.base import StoreKind
from easel.gateway.store.host_clock import HostClock, host_clock
from easel.gateway.store.sqlite_file import SqliteFile
from easel.gateway.store.sqlite_thread import UNAVAILABLE, Effect, Job, SqliteThread

P = ParamSpec("P")
T = TypeVar("T")

# A disk can hang for minutes; callers are told after this.
_ANSWER_S = 1.0
# The first operation opens the file, and makes it if need be.
_FIRST_ANSWER_S = 10.0
_STOP_S = 2.0


class SqliteStore:
    """`Store` in SQLite; see `base.py` for what the operations do.

    A call that is cancelled or told StoreUnavailable was not done, unless the file
    answered too late: then it may have been.
    """

    kind: StoreKind = "sqlite"

    def __init__(
        self,
        path: Path,
        *,
        clock: HostClock | None = None,
        max_bytes: int = 2**30,
        sweep_every_s: float = 60.0,
    ) -> None:
        """Touches nothing yet. Enter it once.

        Args:
            path: Of the file, on a local disk; it and its folder are made, for this
                user only. SQLite keeps two more beside it while it is open.
            clock: The host's, if left out.
            max_bytes: A file of this size is full.
            sweep_every_s: How often what has ended is deleted, in seconds.
        """
        clock = clock or host_clock()
        self._availability = Availability(str(path))
        self._thread = SqliteThread(
            SqliteFile(path, clock=clock, max_bytes=max_bytes),
            clock,
            self._availability,
            sweep_every_s=sweep_every_s,
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._patience_s = _FIRST_ANSWER_S

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._thread.start(self._loop)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop = None
        await asyncio.to_thread(self._thread.stop, _STOP_S)

    @property
    def is_available(self) -> bool:
        return self._availability.is_available

    async def get(self, key: str) -> bytes | None:
        return await self._do(Effect.READS, operations.get, key)

    async def put(self, key: str, value: bytes, *, ttl_s: float | None = None) -> None:
        await self._do(_effect(ttl_s), operations.put, key, value, ttl_s)

    async def put_if_absent(
        self, key: str, value: bytes, *, ttl_s: float | None = None
    ) -> bytes:
        return await self._do(
            _effect(ttl_s), operations.put_if_absent, key, value, ttl_s
        )

    async def replace(
        self, key: str, old: bytes, new: bytes, *, ttl_s: float | None = None
    ) -> bool:
        return await self._do(_effect(ttl_s), operations.replace, key, old, new, ttl_s)

    async def delete(self, key: str) -> None:
        await self._do(Effect.WRITES, operations.delete, key)

    async def items(self, prefix: str) -> Mapping[str, bytes]:
        return await self._do(Effect.READS, operations.items, prefix)

    async def add_within(
        self, key: str, amount: int, limit: int | None, *, ttl_s: float
    ) -> int | None:
        return await self._do(
            Effect.WRITES, operations.add_within, key, amount, limit, ttl_s
        )

    async def count(self, key: str) -> int:
        return await self._do(Effect.READS, operations.count, key)

    async def lease(
        self, key: str, holder: str, limit: int | None, *, ttl_s: float
    ) -> bool:
        return await self._do(
            Effect.WRITES, operations.lease, key, holder, limit, ttl_s
        )

    async def release(self, key: str, holder: str) -> None:
        await self._do(Effect.WRITES, operations.release, key, holder)

    async def holders(self, key: str) -> int:
        return await self._do(Effect.READS, operations.holders, key)

    async def schedule(self, queue: str, item: str, in_s: float) -> None:
        await self._do(Effect.WRITES, operations.schedule, queue, item, in_s)

    async def due(self, queue: str, *, limit: int, again_in_s: float) -> list[str]:
        return await self._do(Effect.WRITES, operations.due, queue, limit, again_in_s)

    async def unschedule(self, queue: str, item: str) -> None:
        await self._do(Effect.WRITES, operations.unschedule, queue, item)

    async def _do(
        self,
        effect: Effect,
        operation: Callable[Concatenate[sqlite3.Connection, float, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        if self._loop is None:
            raise StoreUnavailable(f"{UNAVAILABLE}: it is closed.")

        def work(connection: sqlite3.Connection, now: float) -> T:
            return operation(connection, now, *args, **kwargs)

        job = Job(effect, work, self._loop.create_future())
        self._thread.submit(job)
        patience_s, self._patience_s = self._patience_s, _ANSWER_S
        try:
            async with asyncio.timeout(patience_s):
                await job.future
        except TimeoutError:
            # If it is settled, it was this event loop that did not look in time.
            if not job.is_settled:
                self._availability.failed("no answer in time")
                raise StoreUnavailable(f"{UNAVAILABLE}: no answer.") from None
        return job.outcome()


def _effect(ttl_s: float | None) -> Effect:
    return Effect.LASTS if ttl_s is None else Effect.WRITES

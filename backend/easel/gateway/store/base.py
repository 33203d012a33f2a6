"""The few operations that everything shared is built from.

Two implementations: `sqlite.py` (one host, any number of workers) and `redis.py`
(many hosts); one suite of tests holds them to the same behaviour. Keys are short
ASCII strings, `area/name`; values are small (below 64 KiB). Every operation raises
StoreUnavailable when the store cannot do it now, and none takes longer than about a
second to say so. Times to live are in seconds and run by the store's own clock.
"""

from collections.abc import Mapping
from types import TracebackType
from typing import Literal, Protocol, Self

StoreKind = Literal["sqlite", "redis"]


class Store(Protocol):
    """Use as a context manager; entering never fails for a store that is down."""

    @property
    def kind(self) -> StoreKind:
        """For `/health` and metrics."""
        ...

    @property
    def is_available(self) -> bool:
        """Whether operations work; once one has failed, until a write works again."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    # Values

    async def get(self, key: str) -> bytes | None: ...

    async def put(self, key: str, value: bytes, *, ttl_s: float | None = None) -> None:
        """Overwrites value and time to live."""
        ...

    async def put_if_absent(
        self, key: str, value: bytes, *, ttl_s: float | None = None
    ) -> bytes:
        """The value that stands afterwards: `value`, or what was there before."""
        ...

    async def replace(
        self, key: str, old: bytes, new: bytes, *, ttl_s: float | None = None
    ) -> bool:
        """Put `new` only where `old` still stands; whether it did."""
        ...

    async def delete(self, key: str) -> None:
        """Nothing if it is not there."""
        ...

    async def items(self, prefix: str) -> Mapping[str, bytes]:
        """All keys with this prefix. For few: it looks at each."""
        ...

    # Counters

    async def add_within(
        self, key: str, amount: int, limit: int | None, *, ttl_s: float
    ) -> int | None:
        """Add to a counter that begins at 0, unless it would pass `limit`.

        A negative amount never fails and never takes the counter below 0. The time
        to live counts from the counter's first addition.

        Returns:
            The counter afterwards; None if it would have passed the limit, and nothing
            was added.
        """
        ...

    async def count(self, key: str) -> int:
        """0 if it is not there."""
        ...

    # Leases: places that free themselves when their holder is heard of no more

    async def lease(
        self, key: str, holder: str, limit: int | None, *, ttl_s: float
    ) -> bool:
        """Take one of `limit` places, or renew one's own; whether it was had."""
        ...

    async def release(self, key: str, holder: str) -> None: ...

    async def holders(self, key: str) -> int:
        """How many places are taken."""
        ...

    # A timetable

    async def schedule(self, queue: str, item: str, in_s: float) -> None:
        """Make `item` due in `in_s` seconds, whenever it was due before."""
        ...

    async def due(self, queue: str, *, limit: int, again_in_s: float) -> list[str]:
        """Claim items that are due, the most overdue first.

        Each is due again in `again_in_s`, so that it is not lost with who claimed it;
        who is done with it calls `unschedule`.
        """
        ...

    async def unschedule(self, queue: str, item: str) -> None: ...

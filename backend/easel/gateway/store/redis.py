"""The store of many hosts: Redis or Valkey, 6.0 or later."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    ConnectionError as RedisConnectionError,
)
from redis.exceptions import (
    DataError,
    ReadOnlyError,
    RedisError,
)
from redis.exceptions import (
    TimeoutError as RedisTimeoutError,
)

from easel.errors import StoreUnavailable
from easel.gateway.store import redis_scripts as scripts
from easel.gateway.store.availability import Availability
from easel.gateway.store.base import StoreKind

_UNAVAILABLE = "The gateway's store cannot be used now."

# One operation, with a new connection if it needs one.
_ANSWER_S = 1.0
_PROBE_S = 0.5
_CONNECTIONS = 32
_SCAN_KEYS = 1000

_PREFIX = "easel:"
_VALUE = f"{_PREFIX}value:"
_COUNTER = f"{_PREFIX}counter:"
_LEASES = f"{_PREFIX}leases:"
_TIMETABLE = f"{_PREFIX}timetable:"
_PROBE = f"{_PREFIX}probe"

# Nobody answers: whoever asks now would only wait in vain, too.
_CUT_OFF = (RedisConnectionError, RedisTimeoutError, TimeoutError, OSError)


class RedisStore:
    """`Store` in Redis; see `base.py` for what the operations do.

    While nobody answers, operations are refused at once, and a task finds out when
    that is over. One that was refused for an answer too late may have been done.
    """

    kind: StoreKind = "redis"

    def __init__(self, url: str) -> None:
        """Connects with the first operation.

        Raises:
            ValueError: `url` is not of Redis.
        """
        # Never the URL itself: it may hold a password.
        host = urlsplit(url).hostname or "a socket"
        self._availability = Availability(f"redis at {host}")
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=_ANSWER_S,
            socket_connect_timeout=_ANSWER_S,
            socket_timeout=_ANSWER_S,
            # Trying again would count twice what was done once.
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        self._redis = Redis.from_pool(pool)
        register = self._redis.register_script
        self._put_if_absent = register(scripts.PUT_IF_ABSENT)
        self._replace = register(scripts.REPLACE)
        self._add_within = register(scripts.ADD_WITHIN)
        self._lease = register(scripts.LEASE)
        self._holders = register(scripts.HOLDERS)
        self._schedule = register(scripts.SCHEDULE)
        self._due = register(scripts.DUE)
        self._is_cut_off = False
        self._probing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.wait([self._probing])
        await self._redis.aclose()

    @property
    def is_available(self) -> bool:
        return self._availability.is_available

    async def get(self, key: str) -> bytes | None:
        value: bytes | None = await self._do(self._redis.get, _VALUE + key)
        return value

    async def put(self, key: str, value: bytes, *, ttl_s: float | None = None) -> None:
        px = None if ttl_s is None else _ms(ttl_s)
        await self._do(self._redis.set, _VALUE + key, value, px=px)

    async def put_if_absent(
        self, key: str, value: bytes, *, ttl_s: float | None = None
    ) -> bytes:
        standing: bytes = await self._do(
            self._put_if_absent, [_VALUE + key], [value, _ms(ttl_s)]
        )
        return standing

    async def replace(
        self, key: str, old: bytes, new: bytes, *, ttl_s: float | None = None
    ) -> bool:
        done = await self._do(self._replace, [_VALUE + key], [old, new, _ms(ttl_s)])
        return bool(done)

    async def delete(self, key: str) -> None:
        await self._do(self._redis.delete, _VALUE + key)

    async def items(self, prefix: str) -> Mapping[str, bytes]:
        keys = await self._keys(_VALUE + prefix)
        values = await self._do(self._redis.mget, keys) if keys else []
        return {
            key.decode().removeprefix(_VALUE): value
            for key, value in zip(keys, values, strict=True)
            if value is not None  # it has ended since
        }

    async def _keys(self, prefix: str) -> list[bytes]:
        pattern = "".join(f"\\{c}" if c in "*?[]\\" else c for c in prefix) + "*"
        found: set[bytes] = set()  # SCAN may name one twice
        cursor = 0
        while True:
            cursor, some = await self._do(
                self._redis.scan, cursor, match=pattern, count=_SCAN_KEYS
            )
            found.update(some)
            if cursor == 0:
                return sorted(found)

    async def add_within(
        self, key: str, amount: int, limit: int | None, *, ttl_s: float
    ) -> int | None:
        count: int = await self._do(
            self._add_within, [_COUNTER + key], [amount, _limit(limit), _ms(ttl_s)]
        )
        return None if count < 0 else count

    async def count(self, key: str) -> int:
        return int(await self._do(self._redis.get, _COUNTER + key) or 0)

    async def lease(
        self, key: str, holder: str, limit: int | None, *, ttl_s: float
    ) -> bool:
        had = await self._do(
            self._lease, [_LEASES + key], [holder, _limit(limit), _ms(ttl_s)]
        )
        return bool(had)

    async def release(self, key: str, holder: str) -> None:
        await self._do(self._redis.zrem, _LEASES + key, holder)

    async def holders(self, key: str) -> int:
        taken: int = await self._do(self._holders, [_LEASES + key])
        return taken

    async def schedule(self, queue: str, item: str, in_s: float) -> None:
        await self._do(self._schedule, [_TIMETABLE + queue], [item, round(in_s * 1000)])

    async def due(self, queue: str, *, limit: int, again_in_s: float) -> list[str]:
        again_in_ms = round(again_in_s * 1000)
        items: list[bytes] = await self._do(
            self._due, [_TIMETABLE + queue], [max(0, limit), again_in_ms]
        )
        return [item.decode() for item in items]

    async def unschedule(self, queue: str, item: str) -> None:
        await self._do(self._redis.zrem, _TIMETABLE + queue, item)

    # Any: redis-py types an answer by its command at best, a script's not at all.
    async def _do(
        self, command: Callable[..., Awaitable[Any]], *args: Any, **options: Any
    ) -> Any:
        """Raises StoreUnavailable if Redis does not do it."""
        if self._is_cut_off:
            self._find_out()
            raise StoreUnavailable(_UNAVAILABLE)
        try:
            async with asyncio.timeout(_ANSWER_S):
                return await command(*args, **options)
        except DataError:
            raise  # it was asked for what cannot be
        except (RedisError, TimeoutError, OSError) as error:
            await self._note_failure(error)
            raise StoreUnavailable(_UNAVAILABLE) from error

    async def _note_failure(self, error: Exception) -> None:
        # Not its text, which may tell addresses and keys.
        self._availability.failed(type(error).__name__)
        self._is_cut_off = isinstance(error, _CUT_OFF)
        if isinstance(error, ReadOnlyError):
            # After a failover the name may already lead to the new primary.
            await self._redis.connection_pool.disconnect(inuse_connections=False)
        self._find_out()

    def _find_out(self) -> None:
        """When it can be used again, without anybody's request."""
        if self._probing is None or self._probing.done():
            self._probing = asyncio.create_task(self._probe())

    async def _probe(self) -> None:
        await self._try_to_write()
        while not self._availability.is_available:
            await asyncio.sleep(_PROBE_S)
            await self._try_to_write()

    async def _try_to_write(self) -> None:
        try:
            async with asyncio.timeout(_ANSWER_S):
                await self._redis.set(_PROBE, b"", px=1)
        except (RedisError, TimeoutError, OSError) as error:
            self._is_cut_off = isinstance(error, _CUT_OFF)
        else:
            self._is_cut_off = False
            self._availability.has_written()


def _ms(ttl_s: float | None) -> int:
    """-1 for none; never 0, which Redis refuses."""
    return -1 if ttl_s is None else max(1, round(ttl_s * 1000))


def _limit(limit: int | None) -> int:
    return -1 if limit is None else limit

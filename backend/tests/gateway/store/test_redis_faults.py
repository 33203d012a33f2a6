"""Whatever happens to Redis: StoreUnavailable, and all is well when it is over."""

import asyncio

import pytest

from easel.errors import StoreUnavailable
from easel.gateway.store.base import Store
from easel.gateway.store.redis import RedisStore
from tests.gateway.store.redis_server import RedisServer, needs_redis
from tests.gateway.store.waiting import until

pytestmark = [pytest.mark.system, needs_redis]


async def use(store: Store) -> None:
    """Every script, every command."""
    await store.put("key", b"1")
    await store.put_if_absent("key", b"1")
    assert await store.replace("key", b"1", b"1")
    assert await store.items("k") == {"key": b"1"}
    await store.add_within("n", 1, None, ttl_s=100)
    assert await store.count("n") > 0
    assert await store.lease("door", "a", 1, ttl_s=100)
    assert await store.holders("door") == 1
    await store.schedule("q", "item", -1)
    assert await store.due("q", limit=1, again_in_s=0) == ["item"]


async def assert_refused(store: Store) -> None:
    results = await asyncio.gather(
        store.get("key"),
        store.put("key", b"2"),
        store.items(""),
        store.add_within("n", 1, None, ttl_s=100),
        store.lease("door", "a", 1, ttl_s=100),
        store.due("q", limit=1, again_in_s=1),
        return_exceptions=True,
    )
    assert {type(result) for result in results} == {StoreUnavailable}
    assert not store.is_available


async def test_a_server_that_is_stopped_and_started(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with RedisStore(redis_server.url) as store:
        await use(store)
        redis_server.stop()
        await assert_refused(store)
        await assert_refused(store)
        redis_server.start()
        await until(lambda: store.is_available)
        assert await store.get("key") is None
        await use(store)
    first, second = (record.getMessage() for record in caplog.records)
    assert "cannot be used" in first
    assert "can be used again" in second


async def test_a_server_that_restarts_unseen(redis_server: RedisServer) -> None:
    async with RedisStore(redis_server.url) as store:
        await use(store)
        # In a thread, so that the store's event loop hears of the end.
        await asyncio.to_thread(redis_server.stop)
        await asyncio.to_thread(redis_server.start)
        await use(store)
        assert store.is_available


async def test_a_server_that_is_not_there_yet(redis_server: RedisServer) -> None:
    redis_server.stop()
    async with RedisStore(redis_server.url) as store:
        await assert_refused(store)
        redis_server.start()
        await until(lambda: store.is_available)
        await use(store)


async def test_a_server_that_does_not_answer(redis_server: RedisServer) -> None:
    async with RedisStore(redis_server.url) as store:
        await use(store)
        redis_server.freeze()
        await assert_refused(store)
        redis_server.thaw()
        await until(lambda: store.is_available)
        await use(store)


async def test_everything_is_flushed(redis_server: RedisServer) -> None:
    async with RedisStore(redis_server.url) as store:
        await use(store)
        redis_server.command("FLUSHALL")
        redis_server.command("SCRIPT", "FLUSH")
        assert await store.holders("door") == 0
        await use(store)


async def test_a_server_without_memory_is_read(redis_server: RedisServer) -> None:
    async with RedisStore(redis_server.url) as store:
        await use(store)
        redis_server.command("CONFIG", "SET", "maxmemory", "1")
        with pytest.raises(StoreUnavailable):
            await store.put("key", b"2")
        with pytest.raises(StoreUnavailable):
            await store.add_within("n", 1, None, ttl_s=100)
        assert await store.get("key") == b"1"
        assert await store.holders("door") == 1
        assert not store.is_available
        redis_server.command("CONFIG", "SET", "maxmemory", "0")
        await until(lambda: store.is_available)
        await use(store)


async def test_a_server_that_became_a_replica_is_read(
    redis_server: RedisServer,
) -> None:
    async with RedisStore(redis_server.url) as store:
        await use(store)
        redis_server.command("REPLICAOF", "127.0.0.1", "1")
        with pytest.raises(StoreUnavailable):
            await store.put("key", b"2")
        assert await store.get("key") == b"1"
        assert not store.is_available
        redis_server.command("REPLICAOF", "NO", "ONE")
        await until(lambda: store.is_available)
        await use(store)


async def test_a_call_that_is_given_up_leaves_no_answer_to_the_next(
    redis_server: RedisServer,
) -> None:
    async with RedisStore(redis_server.url) as store:
        names = [f"{number}" for number in range(50)]
        await asyncio.gather(*(store.put(name, name.encode()) for name in names))
        for _ in range(20):
            doomed = [asyncio.create_task(store.get(name)) for name in names]
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            for task in doomed:
                task.cancel()
            await asyncio.gather(*doomed, return_exceptions=True)
        values = await asyncio.gather(*(store.get(name) for name in names))
        assert values == [name.encode() for name in names]


async def test_no_password_is_told(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    scheme, _, path = redis_server.url.partition("://")
    async with RedisStore(f"{scheme}://user:secret@{path}") as store:
        with pytest.raises(StoreUnavailable) as caught:
            await store.get("key")
    assert caplog.records
    assert "secret" not in caplog.text + caught.value.detail
    assert path not in caplog.text + caught.value.detail

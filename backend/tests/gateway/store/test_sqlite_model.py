"""Any sequence of operations, compared with a store made of dictionaries."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from easel.clock import ManualClock
from easel.gateway.store.base import Store
from easel.gateway.store.sqlite import SqliteStore
from tests.gateway.store.manual_host_clock import ManualHostClock
from tests.gateway.store.memory_store import MemoryStore

T = TypeVar("T")

KEYS = st.sampled_from(["a", "a/b", "a/c", "b"])
VALUES = st.sampled_from([b"", b"1", b"2"])
SECONDS = st.integers(min_value=1, max_value=8)
TTLS = st.none() | SECONDS
LIMITS = st.none() | st.integers(min_value=0, max_value=4)


class Comparison(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = TemporaryDirectory()
        self.clock, self.host = ManualClock(), ManualHostClock()
        self.memory = MemoryStore(self.clock)
        self.open()

    def open(self) -> None:
        path = Path(self.folder.name) / "store"
        self.sqlite = SqliteStore(path, clock=self.host)
        self.runner.run(self.sqlite.__aenter__())

    def close(self) -> None:
        self.runner.run(self.sqlite.__aexit__(None, None, None))

    def teardown(self) -> None:
        self.close()
        self.runner.close()
        self.folder.cleanup()

    def same(self, operation: Callable[[Store], Awaitable[T]]) -> None:
        async def results() -> tuple[T, T]:
            return await operation(self.sqlite), await operation(self.memory)

        sqlite, memory = self.runner.run(results())
        assert sqlite == memory

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: int) -> None:
        # Halves: nothing ends or is due at the very moment of a look.
        self.clock.advance(seconds - 0.5)
        self.host.advance(seconds - 0.5)

    @rule(by_s=st.sampled_from([-3600.0, 3600.0]))
    def somebody_sets_the_clock(self, by_s: float) -> None:
        self.host.set_wall(by_s)

    @rule()
    def it_is_restarted(self) -> None:
        self.close()
        self.open()

    @rule(key=KEYS, value=VALUES, ttl_s=TTLS)
    def put(self, key: str, value: bytes, ttl_s: float | None) -> None:
        self.same(lambda store: store.put(key, value, ttl_s=ttl_s))

    @rule(key=KEYS, value=VALUES, ttl_s=TTLS)
    def put_if_absent(self, key: str, value: bytes, ttl_s: float | None) -> None:
        self.same(lambda store: store.put_if_absent(key, value, ttl_s=ttl_s))

    @rule(key=KEYS, old=VALUES, new=VALUES, ttl_s=TTLS)
    def replace(self, key: str, old: bytes, new: bytes, ttl_s: float | None) -> None:
        self.same(lambda store: store.replace(key, old, new, ttl_s=ttl_s))

    @rule(key=KEYS)
    def delete(self, key: str) -> None:
        self.same(lambda store: store.delete(key))

    @rule(key=KEYS, amount=st.integers(-3, 3), limit=LIMITS, ttl_s=SECONDS)
    def add(self, key: str, amount: int, limit: int | None, ttl_s: float) -> None:
        self.same(lambda store: store.add_within(key, amount, limit, ttl_s=ttl_s))

    @rule(key=KEYS, holder=KEYS, limit=LIMITS, ttl_s=SECONDS)
    def lease(self, key: str, holder: str, limit: int | None, ttl_s: float) -> None:
        self.same(lambda store: store.lease(key, holder, limit, ttl_s=ttl_s))

    @rule(key=KEYS, holder=KEYS)
    def release(self, key: str, holder: str) -> None:
        self.same(lambda store: store.release(key, holder))

    @rule(queue=KEYS, item=KEYS, in_s=SECONDS)
    def schedule(self, queue: str, item: str, in_s: float) -> None:
        self.same(lambda store: store.schedule(queue, item, in_s))

    @rule(queue=KEYS, limit=st.integers(0, 3), again_in_s=SECONDS)
    def due(self, queue: str, limit: int, again_in_s: float) -> None:
        self.same(lambda store: store.due(queue, limit=limit, again_in_s=again_in_s))

    @rule(queue=KEYS, item=KEYS)
    def unschedule(self, queue: str, item: str) -> None:
        self.same(lambda store: store.unschedule(queue, item))

    @invariant()
    def both_look_the_same(self) -> None:
        self.same(lambda store: store.items("a"))
        self.same(lambda store: store.get("b"))
        self.same(lambda store: store.count("a"))
        self.same(lambda store: store.holders("a"))


TestComparison = Comparison.TestCase
TestComparison.settings = settings(
    max_examples=20,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)

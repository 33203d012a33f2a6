from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.gateway.store.manual_host_clock import ManualHostClock
from tests.gateway.store.redis_server import RedisServer


@pytest.fixture
def host_clock() -> ManualHostClock:
    return ManualHostClock()


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    # A socket's path must be short.
    with TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        yield server
        server.stop()

from collections.abc import AsyncIterator

import pytest

from easel.clock import ManualClock
from tests.gateway.replicas.model_server import ModelServer
from tests.gateway.replicas.probe_ticks import ProbeTicks


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def ticks() -> ProbeTicks:
    return ProbeTicks()


@pytest.fixture
async def one() -> AsyncIterator[ModelServer]:
    async with ModelServer("r1") as server:
        yield server


@pytest.fixture
async def two() -> AsyncIterator[ModelServer]:
    async with ModelServer("r2") as server:
        yield server

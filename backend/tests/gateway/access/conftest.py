import pytest

from tests.gateway.access.access_rig import FlakyStore, Times


@pytest.fixture
def times() -> Times:
    return Times()


@pytest.fixture
def store(times: Times) -> FlakyStore:
    return FlakyStore(times.store)

from collections.abc import AsyncIterator

import pytest

from easel.gateway.access.accounts import Accounts
from tests.gateway.access.access_rig import FlakyStore, Times, accounts_of


@pytest.fixture
def times() -> Times:
    return Times()


@pytest.fixture
def store(times: Times) -> FlakyStore:
    return FlakyStore(times.store)


@pytest.fixture(params=[1, 4])
async def accounts(
    request: pytest.FixtureRequest, store: FlakyStore, times: Times
) -> AsyncIterator[Accounts]:
    async with accounts_of(store, times, processes=request.param) as accounts:
        yield accounts

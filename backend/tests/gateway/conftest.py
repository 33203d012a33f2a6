from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.gateway.running_gateway import gateway_for
from tests.gateway.stub_server import StubServer


@pytest.fixture
async def stub() -> AsyncIterator[StubServer]:
    async with StubServer() as stub:
        yield stub


@pytest.fixture
async def client(stub: StubServer) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of a gateway before `stub`, with the guide's settings."""
    async with gateway_for(stub.url) as client:
        yield client

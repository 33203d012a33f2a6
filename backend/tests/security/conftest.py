from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.gateway.running_gateway import gateway_for
from tests.gateway.stub_server import StubServer
from tests.security.security_rig import ClosedGateway, closed_gateway


@pytest.fixture
async def stub() -> AsyncIterator[StubServer]:
    async with StubServer() as stub:
        yield stub


@pytest.fixture
async def client(stub: StubServer) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of an open gateway before `stub`."""
    async with gateway_for(stub.url) as client:
        yield client


@pytest.fixture
async def closed(stub: StubServer, tmp_path: Path) -> AsyncIterator[ClosedGateway]:
    """A gateway before `stub` that asks for keys."""
    async with closed_gateway(stub.url, tmp_path / "gateway") as gateway:
        yield gateway

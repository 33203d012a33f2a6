from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from easel.clock import ManualClock
from easel.gateway.replicas.overall_health import overall
from easel.gateway.replicas.probed_pool import ProbedPool
from tests.gateway.replicas.model_server import ModelServer

pytestmark = pytest.mark.component


@pytest.fixture
async def servers() -> AsyncIterator[list[ModelServer]]:
    made = [ModelServer(f"r{number}") for number in range(3)]
    async with AsyncExitStack() as stack:
        for server in made:
            await stack.enter_async_context(server)
        yield made


async def told(*servers: ModelServer) -> dict[str, object]:
    urls = [server.url for server in servers]
    async with ProbedPool(urls, clock=ManualClock()) as pool:
        await pool.probe()
        return overall(pool).model_dump(exclude_unset=True)


async def test_one_server_speaks_for_itself(servers: list[ModelServer]) -> None:
    assert await told(servers[0]) == servers[0].health


async def test_several_are_healthy_if_any_is(servers: list[ModelServer]) -> None:
    servers[0].health |= {"status": "stopping", "queued": 2, "cuda_available": True}
    servers[1].health |= {"status": "loading", "model_loaded": False}
    servers[2].health |= {"queued": 3, "running": 1, "model": "flux"}
    assert await told(*servers) == {
        "status": "healthy",
        "model_loaded": True,
        "cuda_available": True,
        "model": "flux",
        "device": "cpu",
        "version": "0.1.0",
        "queued": 5,
        "running": 1,
    }


async def test_if_none_is_healthy_all_reasons_are_told(
    servers: list[ModelServer],
) -> None:
    servers[0].health |= {"status": "unhealthy", "model_loaded": False}
    servers[1].health |= {"status": "loading", "model_loaded": False}
    servers[2].health = {"nonsense": 1}
    document = await told(*servers)
    assert document["status"] == "loading"
    assert document["model_loaded"] is False
    assert "unhealthy" in str(document["detail"])
    assert "TEXT2IMAGE_SERVER_URL" in str(document["detail"])

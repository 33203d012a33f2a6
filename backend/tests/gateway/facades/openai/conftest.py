from collections.abc import AsyncIterator

import aiohttp
import pytest
from openai import AsyncOpenAI

from tests.gateway.facades.openai.fake_dispatch import FakeDispatch
from tests.gateway.facades.openai.fake_pool import model, pool_of
from tests.gateway.facades.openai.openai_app import KEY, openai_app, sdk_for
from tests.gateway.running_gateway import serving


@pytest.fixture
def dispatch() -> FakeDispatch:
    return FakeDispatch()


@pytest.fixture
async def base_url(dispatch: FakeDispatch) -> AsyncIterator[str]:
    pool = pool_of([model("fox-1"), model("lab/fox-2", max_images=2)])
    app = openai_app(dispatch, pool, aliases={"gpt-image-1": "fox-1"}, heartbeat_s=0.05)
    async with serving(app) as base_url:
        yield base_url


@pytest.fixture
async def sdk(base_url: str) -> AsyncIterator[AsyncOpenAI]:
    async with sdk_for(base_url) as client:
        yield client


@pytest.fixture
async def http(base_url: str) -> AsyncIterator[aiohttp.ClientSession]:
    """For what the SDK would not send, or would not show."""
    headers = {"Authorization": f"Bearer {KEY}"}
    async with aiohttp.ClientSession(base_url, headers=headers) as client:
        yield client

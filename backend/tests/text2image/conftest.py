from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from easel.text2image.engines.fake import FakeEngine
from tests.text2image.gated_engine import GatedEngine
from tests.text2image.running_server import RunningServer, make_app, serve


@pytest.fixture
def gated() -> GatedEngine:
    return GatedEngine()


@pytest.fixture
async def server(tmp_path: Path, gated: GatedEngine) -> AsyncIterator[RunningServer]:
    """One image at a time; two may wait; every step waits for `gated.allow`."""
    app = make_app(
        tmp_path, lambda: gated, max_queued=2, shutdown_grace_s=0, max_batch_rows=1
    )
    async with serve(app) as running:
        await running.until_loaded()
        yield running
        # What a test left running may end, or the stop would wait for it.
        gated.allow(1000)


@pytest.fixture
async def quick(tmp_path: Path) -> AsyncIterator[RunningServer]:
    """The fake engine at full speed."""
    app = make_app(tmp_path, lambda: FakeEngine(step_s=0))
    async with serve(app) as running:
        await running.until_loaded()
        yield running

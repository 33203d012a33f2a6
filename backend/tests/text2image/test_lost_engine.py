"""What happens while a generation runs: cancel, hang up, queue, fail, stop."""

from pathlib import Path

import pytest

from easel.text2image.engines.base import ModelUnavailable
from tests.text2image.gated_engine import GatedEngine
from tests.text2image.running_server import (
    make_app,
    serve,
)

pytestmark = pytest.mark.component

PROMPT = {"prompt": "a lighthouse", "num_inference_steps": 10, "seed": 7}
EVENTS = {"Accept": "text/event-stream"}
STEPS = "easel_server_denoising_steps_total"


async def test_an_engine_that_is_lost_for_good_takes_the_server_out(
    tmp_path: Path, gated: GatedEngine
) -> None:
    reasons: list[str] = []
    app = make_app(tmp_path, lambda: gated, on_unavailable=reasons.append)
    async with serve(app) as server:
        await server.until_loaded()
        gated.failure = ModelUnavailable("the GPU failed")
        gated.allow(1)
        url = f"{server.url}/generate"
        async with server.http.post(url, json=PROMPT) as answer:
            assert answer.status == 500
        assert reasons == ["the GPU failed"]
        async with server.http.get(f"{server.url}/readyz") as answer:
            assert answer.status == 500

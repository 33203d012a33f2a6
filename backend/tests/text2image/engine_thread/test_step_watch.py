"""A device that hangs is seen, by the watch and through the app."""

from pathlib import Path

import pytest

from easel.clock import ManualClock
from easel.text2image.engine_thread.step_watch import StepWatch
from tests.text2image.gated_engine import GatedEngine
from tests.text2image.running_server import make_app, serve


def test_an_idle_device_never_hangs() -> None:
    watch = StepWatch()
    assert watch.hung_for_s(1e9) is None
    watch.begin(0.0, None)
    watch.end()
    assert watch.hung_for_s(1e9) is None


@pytest.mark.parametrize(
    ("expected_s", "limit_s"), [(None, 30.0), (0.1, 30.0), (60.0, 600.0)]
)
def test_a_step_hangs_when_it_takes_ten_times_as_long_and_half_a_minute(
    expected_s: float | None, limit_s: float
) -> None:
    watch = StepWatch()
    watch.begin(1000.0, expected_s)
    assert watch.hung_for_s(1000.0 + limit_s) is None
    assert watch.hung_for_s(1001.0 + limit_s) == pytest.approx(limit_s + 1.0)


async def test_a_server_whose_device_hangs_says_so_and_recovers_with_it(
    tmp_path: Path, gated: GatedEngine
) -> None:
    clock = ManualClock()
    app = make_app(tmp_path, lambda: gated, clock=clock)
    body = {"prompt": "a lighthouse", "num_inference_steps": 2}
    async with serve(app) as server:
        await server.until_loaded()
        headers = {"Prefer": "respond-async"}
        url = f"{server.url}/generate"
        async with server.http.post(url, json=body, headers=headers) as answer:
            location = answer.headers["Location"]
        await server.until(lambda: gated.asked == 1)
        clock.advance(31)
        async with server.http.get(f"{server.url}/health") as answer:
            assert (await answer.json())["status"] == "unhealthy"
        async with server.http.get(f"{server.url}/livez") as answer:
            assert answer.status == 200
        for ask in (
            server.http.get(f"{server.url}/readyz"),
            server.http.post(url, json=body),
        ):
            async with ask as answer:
                assert answer.status == 503
                assert int(answer.headers["Retry-After"]) > 0
                problem = await answer.json()
            assert problem["code"] == "engine_hung"
            assert "31 s" in problem["detail"]
        gated.allow(2)
        await app.generations.present.until_idle()
        async with server.http.get(f"{server.url}{location}") as answer:
            assert (await answer.json())["status"] == "completed"
        async with server.http.get(f"{server.url}/readyz") as answer:
            assert answer.status == 200

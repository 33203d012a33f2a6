import pytest

from easel.contract.generations import Parameters
from easel.text2image.pace import Pace, RunningEta


def parameters(*, side: int = 1000, steps: int = 10, images: int = 1) -> Parameters:
    return Parameters(
        prompt="a cat",
        negative_prompt=None,
        width=side,
        height=side,
        num_inference_steps=steps,
        guidance_scale=4,
        seed=0,
        num_images=images,
        sampler="euler",
    )


def test_nothing_is_predicted_before_something_was_measured() -> None:
    assert Pace().predicted_s(parameters()) is None


def test_a_prediction_grows_with_steps_pixels_and_images() -> None:
    pace = Pace()
    pace.learn(parameters(), denoise_s=10, overhead_s=2)
    assert pace.predicted_s(parameters()) == pytest.approx(12)
    assert pace.predicted_s(parameters(steps=20)) == pytest.approx(22)
    assert pace.predicted_s(parameters(side=2000)) == pytest.approx(42)
    assert pace.predicted_s(parameters(images=3)) == pytest.approx(32)


def test_the_pace_follows_what_it_sees() -> None:
    pace = Pace()
    pace.learn(parameters(), denoise_s=10, overhead_s=0)
    for _ in range(30):
        pace.learn(parameters(), denoise_s=20, overhead_s=0)
    assert pace.predicted_s(parameters()) == pytest.approx(20, rel=0.01)


def running_eta(
    steps: int, *, predicted_s: float | None = None, overhead_s: float | None = None
) -> RunningEta:
    return RunningEta(
        steps, started_at_s=0.0, predicted_s=predicted_s, overhead_s=overhead_s
    )


def test_no_eta_before_two_steps_were_timed() -> None:
    eta = running_eta(10)
    assert eta.after_step(1, 5.0) is None
    assert eta.after_step(2, 6.0) is None
    assert eta.after_step(3, 7.0) == pytest.approx(7.0)


def test_what_was_predicted_counts_down_until_steps_are_timed() -> None:
    eta = running_eta(10, predicted_s=10)
    assert eta.at(0.0) == 10
    assert eta.after_step(1, 1.0) == pytest.approx(9)
    assert eta.after_step(2, 1.5) == pytest.approx(8.5)
    assert eta.after_step(3, 2.0) == pytest.approx(3.5)
    assert eta.at(3.0) == pytest.approx(2.5)


def test_the_eta_never_grows_while_steps_advance() -> None:
    eta = running_eta(10, overhead_s=1)
    told = [eta.after_step(step, now) for step, now in enumerate([0, 1, 2, 9, 30], 1)]
    assert told[2] == pytest.approx(8)
    assert told[3:] == [told[2], told[2]]


def test_the_eta_counts_what_comes_after_the_last_step() -> None:
    eta = running_eta(4, overhead_s=3)
    told = [eta.after_step(step, float(step)) for step in range(1, 5)]
    assert told[-1] == pytest.approx(3)


def test_the_time_left_is_never_negative() -> None:
    assert running_eta(4, predicted_s=3).at(100.0) == 0

import pytest

from easel.clock import ManualClock
from easel.errors import EngineFailed
from easel.text2image.engine_thread.calibration import calibrate
from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.scheduling.cost_model import CostModel
from easel.text2image.scheduling.samples import BatchKey
from tests.text2image.scripted_engine import ScriptedEngine

KEY = BatchKey(model="fake", width=512, height=512)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def test_a_fast_model_is_measured_until_more_rows_gain_nothing(
    clock: ManualClock,
) -> None:
    engine, costs = ScriptedEngine(clock, step_s=0.001), CostModel(max_rows=16)
    calibrate(engine, costs, clock)
    # All of them cost the same, so the operator's cap is the best.
    assert costs.cap_rows(KEY) == 16
    assert costs.step_s(KEY, 16) == pytest.approx(0.001)
    assert max(engine.asked) == 16
    assert engine.held == {}


def test_a_slow_model_is_not_kept_from_its_first_caller(clock: ManualClock) -> None:
    engine, costs = ScriptedEngine(clock, step_s=1.0), CostModel()
    calibrate(engine, costs, clock)
    assert clock.now() < 6
    assert costs.step_s(KEY, 2) == pytest.approx(1.0)
    assert engine.held == {}


def test_more_rows_are_not_tried_where_they_would_delay_the_start(
    clock: ManualClock,
) -> None:
    engine = ScriptedEngine(clock, step_s=0.1)
    calibrate(engine, CostModel(), clock)
    assert clock.now() == pytest.approx(0.4)
    # A sample has two rows, one of them without the prompt.
    assert max(engine.asked) == 2


def test_memory_that_ends_caps_the_rows(clock: ManualClock) -> None:
    engine = ScriptedEngine(clock, step_s=0.001, memory_rows=4)
    costs = CostModel()
    calibrate(engine, costs, clock)
    assert costs.cap_rows(KEY) == 4
    assert engine.held == {}


@pytest.mark.parametrize("where", ["begin", "step"])
def test_a_model_that_cannot_be_measured_serves_all_the_same(
    clock: ManualClock, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    engine = ScriptedEngine(clock, step_s=0.001)
    fault = EngineFailed("not today")
    if where == "begin":
        engine.faults["begin", "calibration-1"] = fault
    else:
        engine.faults["step", "calibration-1"] = fault
    calibrate(engine, CostModel(), clock)
    assert engine.held == {}
    assert "the calibration failed" in caplog.text


def test_a_lost_device_is_not_kept_quiet(clock: ManualClock) -> None:
    engine = ScriptedEngine(clock)
    engine.faults["step", "calibration-0"] = ModelUnavailable("the GPU is gone")
    with pytest.raises(ModelUnavailable):
        calibrate(engine, CostModel(), clock)
    assert engine.held == {}

"""What fails in the step loop fails alone; memory that ends costs nobody a step."""

import logging

import pytest

from easel.errors import EngineFailed, InvalidRequest, OutOfMemory
from easel.text2image.engines.base import ModelUnavailable
from tests.text2image.driven_loop import DrivenLoop
from tests.text2image.scripted_engine import Fault
from tests.text2image.some_painting import some_painting


@pytest.fixture
def stage() -> DrivenLoop:
    return DrivenLoop()


# Memory


def test_a_step_that_does_not_fit_is_halved_and_nobody_loses_a_step() -> None:
    stage = DrivenLoop(memory_rows=2)
    stage.take(*(some_painting(name, steps=4) for name in "abcd"))
    stage.finish()
    assert stage.engine.asked[:3] == [2, 4, 2]
    assert max(stage.engine.asked[2:]) == 2
    for name in "abcd":
        assert stage.heard.progress(name) == [1, 2, 3, 4]
    assert len(stage.heard.images) == 4
    assert stage.heard.failed == {}
    stage.assert_nothing_is_left()


def test_two_rows_of_one_sample_go_one_after_the_other_where_only_one_fits() -> None:
    stage = DrivenLoop(memory_rows=1)
    stage.take(some_painting("a", guidance_scale=4.0))
    stage.finish()
    assert stage.heard.painted("a") == [0]


def test_one_row_of_one_sample_that_does_not_fit_fails_alone() -> None:
    stage = DrivenLoop(memory_rows=0)
    stage.take(some_painting("a"))
    stage.finish()
    assert isinstance(stage.heard.failed["a"], OutOfMemory)
    stage.engine.memory_rows = 1
    stage.take(some_painting("b"))
    stage.finish()
    assert stage.heard.painted("b") == [0]
    stage.assert_nothing_is_left()


# Failures


def test_an_exception_in_a_batch_fails_only_the_guilty(
    stage: DrivenLoop, caplog: pytest.LogCaptureFixture
) -> None:
    stage.engine.faults["step", "b-0"] = ValueError("a secret of the model")
    stage.take(some_painting("a"), some_painting("b"), some_painting("c"))
    stage.finish()
    assert set(stage.heard.failed) == {"b"}
    assert isinstance(stage.heard.failed["b"], EngineFailed)
    assert "secret" not in stage.heard.failed["b"].detail
    assert stage.heard.progress("a") == stage.heard.progress("c") == [1, 2, 3]
    assert {name for name, _ in stage.heard.images} == {"a", "c"}
    stage.assert_nothing_is_left()
    assert [r.levelno for r in caplog.records if r.levelno >= logging.ERROR]


def test_who_runs_out_of_memory_while_the_guilty_is_sought_gets_fewer_rows(
    stage: DrivenLoop,
) -> None:
    stage.engine.faults["step", "b-0"] = ValueError("broken")
    stage.engine.faults["step", "a-0"] = OutOfMemory("too much just now")
    stage.take(some_painting("a", guidance_scale=4.0), some_painting("b"))
    stage.loop.turn()
    assert set(stage.heard.failed) <= {"b"}
    del stage.engine.faults["step", "a-0"]
    stage.finish()
    assert set(stage.heard.failed) == {"b"}
    assert stage.heard.painted("a") == [0]


@pytest.mark.parametrize("where", ["plan", "begin", "decode", "result", "image"])
def test_what_fails_fails_alone(
    stage: DrivenLoop, where: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    error = EngineFailed("numbers that are no image")
    stage.engine.faults[where, "b-0"] = error
    # Another size, so that a batch of images is not decoded with it.
    stage.take(
        some_painting("a", size=64),
        some_painting("b", num_images=2),
        some_painting("c", size=64),
    )
    stage.finish()
    assert stage.heard.failed == {"b": error}
    assert {name for name, _ in stage.heard.images} - {"b"} == {"a", "c"}
    stage.assert_nothing_is_left()


@pytest.mark.parametrize("where", ["decode", "result", "image"])
def test_an_image_that_cannot_be_decoded_does_not_take_its_neighbours_along(
    stage: DrivenLoop, where: Fault
) -> None:
    stage.engine.faults[where, "b-0"] = EngineFailed("numbers that are no image")
    stage.take(*(some_painting(name) for name in "ab"))
    stage.finish()
    assert set(stage.heard.failed) == {"b"}
    assert stage.heard.painted("a") == [0]
    stage.assert_nothing_is_left()


def test_the_second_image_of_what_failed_at_its_first_is_not_begun(
    stage: DrivenLoop,
) -> None:
    stage.engine.faults["begin", "a-0"] = EngineFailed("no such prompt")
    stage.take(some_painting("a", num_images=2))
    stage.loop.turn()
    assert stage.engine.begun == []
    stage.assert_nothing_is_left()


def test_a_refusal_of_the_engine_keeps_its_own_words(stage: DrivenLoop) -> None:
    refusal = InvalidRequest("loras: do not fit together", param="loras")
    stage.engine.faults["plan", "a-0"] = refusal
    stage.take(some_painting("a"))
    assert stage.heard.failed == {"a": refusal}
    stage.assert_nothing_is_left()


@pytest.mark.parametrize("where", ["begin", "step", "decode", "result", "preview"])
def test_a_device_that_is_lost_ends_the_loop(stage: DrivenLoop, where: Fault) -> None:
    stage.engine.faults[where, "a-0"] = ModelUnavailable("the GPU is gone")
    stage.take(some_painting("a", is_watched=True, steps=9))
    with pytest.raises(ModelUnavailable):
        stage.finish()


def test_a_device_that_is_lost_while_planning_ends_the_loop(stage: DrivenLoop) -> None:
    stage.engine.faults["plan", "a-0"] = ModelUnavailable("the GPU is gone")
    with pytest.raises(ModelUnavailable):
        stage.take(some_painting("a"))

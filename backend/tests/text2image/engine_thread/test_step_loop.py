"""Who steps with whom, who comes and goes, and what of it is told."""

import pytest

from easel.errors import EngineFailed
from tests.text2image.driven_loop import DrivenLoop
from tests.text2image.some_painting import some_painting


@pytest.fixture
def stage() -> DrivenLoop:
    return DrivenLoop()


def test_samples_of_one_key_step_together_whatever_else_differs(
    stage: DrivenLoop,
) -> None:
    stage.take(
        some_painting("a", steps=2),
        some_painting("b", steps=3, guidance_scale=4.0),
    )
    stage.finish()
    assert [set(batch) for batch in stage.engine.batches] == [
        {"a-0", "b-0"},
        {"a-0", "b-0"},
        {"b-0"},
    ]
    assert [report.rows for report in stage.heard.steps] == [3, 3, 2]
    assert [report.images for report in stage.heard.steps] == [2, 2, 1]
    assert {image.largest_batch for _, image in stage.heard.images} == {2}
    stage.assert_nothing_is_left()


def test_a_newcomer_joins_at_the_next_step_and_the_finished_leave(
    stage: DrivenLoop,
) -> None:
    stage.take(some_painting("a", steps=3))
    stage.loop.turn()
    stage.take(some_painting("b", steps=3))
    stage.finish()
    assert [set(batch) for batch in stage.engine.batches] == [
        {"a-0"},
        {"a-0", "b-0"},
        {"a-0", "b-0"},
        {"b-0"},
    ]
    assert [name for name, _ in stage.heard.images] == ["a", "b"]
    assert stage.heard.progress("a") == stage.heard.progress("b") == [1, 2, 3]


def test_samples_of_other_sizes_never_share_a_step(stage: DrivenLoop) -> None:
    stage.take(some_painting("a"), some_painting("b", size=64))
    stage.finish()
    assert all(len(batch) == 1 for batch in stage.engine.batches)
    assert len(stage.heard.images) == 2


def test_at_most_two_prompts_are_encoded_between_two_steps(stage: DrivenLoop) -> None:
    stage.take(*(some_painting(name, steps=9) for name in "abcde"))
    begun = []
    for _ in range(3):
        stage.loop.turn()
        begun.append(len(stage.engine.begun))
    assert begun == [2, 4, 5]
    assert [len(batch) for batch in stage.engine.batches] == [2, 4, 5]


def test_the_images_of_one_generation_are_told_one_by_one(stage: DrivenLoop) -> None:
    stage.take(some_painting("a", steps=2, num_images=4))
    stage.finish()
    assert sorted(stage.heard.painted("a")) == [0, 1, 2, 3]
    assert stage.heard.started == ["a"]
    # The step of a generation is that of its last image.
    assert stage.heard.progress("a") == [1, 2]


def test_times_of_an_image_are_read_off_the_clock(stage: DrivenLoop) -> None:
    stage.take(some_painting("a", steps=3))
    stage.finish()
    times = stage.heard.images[0][1].times
    assert (times.first_step_at, times.encode_s, times.decode_s) == (0.0, 0.0, 0.0)
    assert times.last_step_at == pytest.approx(0.3)


# Leaving


def test_a_cancel_frees_the_row_at_the_next_turn_and_tells_the_saved_steps(
    stage: DrivenLoop,
) -> None:
    kept, gone = some_painting("a", steps=5), some_painting("b", steps=9, num_images=2)
    stage.take(kept, gone)
    for _ in range(3):
        stage.loop.turn()
    done = sum(
        batch.count("b-0") + batch.count("b-1") for batch in stage.engine.batches
    )
    gone.order.stop.set()
    stage.loop.turn()
    assert stage.heard.stopped == {"b": 18 - done}
    assert stage.engine.batches[-1] == ["a-0"]
    assert set(stage.engine.held) == {"a-0"}
    stage.finish()
    assert stage.heard.painted("a") == [0]
    assert stage.heard.painted("b") == []
    stage.assert_nothing_is_left()


def test_one_that_never_began_saves_all_its_steps(stage: DrivenLoop) -> None:
    painting = some_painting("a", steps=7)
    painting.order.stop.set()
    stage.take(painting)
    stage.loop.turn()
    assert stage.heard.stopped == {"a": 7}
    assert stage.engine.begun == []


def test_the_end_of_the_server_is_told_to_everyone(stage: DrivenLoop) -> None:
    stage.take(some_painting("a"), some_painting("b", size=64))
    stage.loop.turn()
    error = EngineFailed("over")
    stage.loop.drop_all(error)
    assert stage.heard.failed == {"a": error, "b": error}
    stage.assert_nothing_is_left()


# Previews and the queue


def test_previews_are_made_for_the_watched_only(stage: DrivenLoop) -> None:
    stage.take(
        some_painting("a", steps=6, is_watched=True), some_painting("b", steps=6)
    )
    stage.finish()
    assert set(stage.engine.previewed) == {"a-0"}
    steps = [report.step for report in stage.heard.previews]
    assert steps == sorted(set(steps))
    assert steps[-1] < 6


def test_a_broken_preview_costs_no_image(
    stage: DrivenLoop, caplog: pytest.LogCaptureFixture
) -> None:
    stage.engine.faults["preview", "a-0"] = ValueError("no preview")
    stage.take(some_painting("a", is_watched=True))
    stage.finish()
    assert stage.heard.previews == []
    assert stage.heard.painted("a") == [0]


def test_the_queue_is_told_when_somebody_comes_and_when_all_have_gone() -> None:
    stage = DrivenLoop(max_rows=1)
    stage.take(some_painting("a", number=1))
    stage.loop.turn()
    stage.take(some_painting("b", number=2, accepted_at_s=1.0))
    stage.loop.turn()
    view = stage.heard.views[-1]
    assert (view.waiting, view.last_number) == (("b",), 2)
    assert set(view.etas) == {"a", "b"}
    stage.finish()
    assert stage.heard.views[-1].backlog_s == 0.0
    assert stage.heard.views[-1].waiting == ()

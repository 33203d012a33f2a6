from dataclasses import replace

import pytest

from easel.contract.generations import NativeSize, Parameters
from easel.text2image.engine_thread.queue_view import QueueView
from easel.text2image.queue_board import QueueBoard
from easel.text2image.scheduling.cost_model import CostModel
from easel.text2image.scheduling.samples import BatchKey
from tests.text2image.some_generation import some_generation

KEY = BatchKey(model="fake", width=512, height=512)
STEP_S = 0.1
OVERHEAD_S = 0.5


def parameters(**changes: object) -> Parameters:
    """Ten steps of 512 x 512 with guidance: two rows."""
    some = some_generation("x").parameters
    return some.model_copy(update={"width": 512, "height": 512, **changes})


@pytest.fixture
def view() -> QueueView:
    """A step takes 0.1 s with two rows and with eight, which is the cap."""
    costs = CostModel(start_rows=8, max_rows=8)
    for _ in range(4):
        for rows in (2, 8):
            costs.learn_step(KEY, rows, STEP_S)
        costs.learn_overhead(KEY, OVERHEAD_S)
    return QueueView(taken_at_s=100.0, last_number=3, costs=costs.snapshot())


@pytest.fixture
def board(view: QueueView) -> QueueBoard:
    made = QueueBoard()
    made.saw(view)
    return made


def test_before_the_first_look_nothing_waits_and_nothing_is_predicted() -> None:
    board = QueueBoard()
    assert board.backlog_s(5.0) == 0.0
    assert board.eta_of_next_s("fake", parameters(), 5.0) is None
    board.joined(1, "fake", parameters())
    assert board.backlog_s(5.0) is None


def test_the_backlog_is_worked_off_as_time_goes_by(
    board: QueueBoard, view: QueueView
) -> None:
    board.saw(replace(view, backlog_s=7.0))
    assert board.backlog_s(103.0) == pytest.approx(4.0)
    assert board.backlog_s(200.0) == 0.0


def test_an_unknown_backlog_stays_unknown(board: QueueBoard, view: QueueView) -> None:
    board.saw(replace(view, backlog_s=None))
    assert board.backlog_s(101.0) is None
    assert board.eta_of_next_s("fake", parameters(), 101.0) is None


def test_who_came_since_the_last_look_adds_his_share_of_full_batches(
    board: QueueBoard,
) -> None:
    board.joined(4, "fake", parameters())
    # Four samples of two rows fit into a pass, so each takes a quarter of it.
    assert board.backlog_s(100.0) == pytest.approx(10 * STEP_S / 4 + OVERHEAD_S)
    board.joined(5, "fake", parameters(num_images=2))
    assert board.backlog_s(100.0) == pytest.approx(3 * (10 * STEP_S / 4 + OVERHEAD_S))


def test_who_has_been_seen_is_not_counted_twice(
    board: QueueBoard, view: QueueView
) -> None:
    board.joined(4, "fake", parameters())
    board.joined(5, "fake", parameters())
    board.saw(replace(view, last_number=4))
    assert board.backlog_s(100.0) == pytest.approx(10 * STEP_S / 4 + OVERHEAD_S)


def test_who_ended_before_he_was_seen_is_taken_off(board: QueueBoard) -> None:
    board.joined(4, "fake", parameters())
    board.left(4)
    board.left(99)
    assert board.backlog_s(100.0) == 0.0


def test_on_an_idle_device_the_next_one_takes_what_it_takes_alone(
    board: QueueBoard,
) -> None:
    eta_s = board.eta_of_next_s("fake", parameters(), 100.0)
    assert eta_s == pytest.approx(10 * STEP_S + OVERHEAD_S)


def test_behind_a_queue_the_next_one_waits_for_all_of_it(
    board: QueueBoard, view: QueueView
) -> None:
    board.saw(replace(view, backlog_s=60.0))
    eta_s = board.eta_of_next_s("fake", parameters(), 100.0)
    assert eta_s == pytest.approx(60.0 + 10 * STEP_S / 4 + OVERHEAD_S)


def test_one_that_must_be_painted_alone_costs_whole_passes(board: QueueBoard) -> None:
    work_s = board.work_s("fake", parameters(determinism="exact"))
    assert work_s == pytest.approx(10 * STEP_S + OVERHEAD_S)


def test_one_that_begins_with_an_image_takes_its_share_of_the_steps(
    board: QueueBoard,
) -> None:
    alone_s = board.alone_s("fake", parameters(strength=0.45))
    assert alone_s == pytest.approx(5 * STEP_S + OVERHEAD_S)


def test_what_counts_is_the_size_that_is_painted(board: QueueBoard) -> None:
    enlarged = parameters(
        width=2048, height=2048, native_size=NativeSize(width=512, height=512)
    )
    assert board.alone_s("fake", enlarged) == board.alone_s("fake", parameters())


def test_of_a_model_that_never_ran_nothing_is_predicted(board: QueueBoard) -> None:
    assert board.work_s("other", parameters()) is None
    assert board.alone_s("other", parameters()) is None

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from easel.contract.generations import NativeSize, Parameters
from easel.text2image.engine_thread.queue_view import QueueView
from easel.text2image.live_generation import Accepted
from easel.text2image.queue_board import QueueBoard
from easel.text2image.scheduling.batch_scheduler import BatchScheduler
from easel.text2image.scheduling.cost_model import CostModel
from easel.text2image.scheduling.forecast import forecast
from easel.text2image.scheduling.samples import BatchKey, QueuedSample
from tests.text2image.some_generation import some_generation

KEY = BatchKey(model="fake", width=512, height=512)
STEP_S = 0.1
OVERHEAD_S = 0.5


def parameters(**changes: object) -> Parameters:
    """Ten steps of 512 x 512 with guidance: two rows."""
    some = some_generation("x").parameters
    return some.model_copy(update={"width": 512, "height": 512, **changes})


def accepted(
    number: int = 4,
    *,
    at_s: float = 100.0,
    user: str = "ann",
    model: str = "fake",
    **changes: object,
) -> Accepted:
    return Accepted(
        id=f"generation {number}",
        number=number,
        model=model,
        parameters=parameters(**changes),
        request_id="-",
        user=user,
        accepted_at_s=at_s,
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


@pytest.fixture
def costs() -> CostModel:
    """A step takes 0.1 s with two rows and with eight, which is the cap."""
    costs = CostModel(start_rows=8, max_rows=8)
    for _ in range(4):
        for rows in (2, 8):
            costs.learn_step(KEY, rows, STEP_S)
        costs.learn_overhead(KEY, OVERHEAD_S)
    return costs


@pytest.fixture
def view(costs: CostModel) -> QueueView:
    return QueueView(taken_at_s=100.0, last_number=3, costs=costs.snapshot())


@pytest.fixture
def crowded(view: QueueView, costs: CostModel) -> QueueView:
    """Ann has eight here that need 10 steps and eight that need 50: 6 s and 14 s."""
    scheduler = BatchScheduler(costs)
    for place in range(16):
        steps = 10 if place < 8 else 50
        scheduler.join(
            QueuedSample(f"{place}", KEY, 2, steps, "interactive", "ann", 100.0)
        )
    foretold = forecast(scheduler, costs, 100.0)
    return replace(view, backlog_s=foretold.backlog_s, outline=foretold.outline)


@pytest.fixture
def board(view: QueueView) -> QueueBoard:
    made = QueueBoard()
    made.saw(view)
    return made


def test_before_the_first_look_nothing_waits_and_nothing_is_predicted() -> None:
    board = QueueBoard()
    assert board.backlog_s(5.0) == 0.0
    assert board.eta_of_next_s(accepted(1, at_s=5.0)) is None
    board.joined(accepted(1, at_s=5.0))
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
    assert board.eta_of_next_s(accepted(at_s=101.0)) is None


def test_who_came_since_the_last_look_adds_his_share_of_full_batches(
    board: QueueBoard,
) -> None:
    board.joined(accepted(4))
    # Four samples of two rows fit into a pass, so each takes a quarter of it.
    assert board.backlog_s(100.0) == pytest.approx(10 * STEP_S / 4 + OVERHEAD_S)
    board.joined(accepted(5, num_images=2))
    assert board.backlog_s(100.0) == pytest.approx(3 * (10 * STEP_S / 4 + OVERHEAD_S))


def test_who_has_been_seen_is_not_counted_twice(
    board: QueueBoard, view: QueueView
) -> None:
    board.joined(accepted(4))
    board.joined(accepted(5))
    board.saw(replace(view, last_number=4))
    assert board.backlog_s(100.0) == pytest.approx(10 * STEP_S / 4 + OVERHEAD_S)


def test_who_ended_before_he_was_seen_is_taken_off(board: QueueBoard) -> None:
    board.joined(accepted(4))
    board.left(4)
    board.left(99)
    assert board.backlog_s(100.0) == 0.0


def test_on_an_idle_device_the_next_one_takes_what_it_takes_alone(
    board: QueueBoard,
) -> None:
    eta_s = board.eta_of_next_s(accepted())
    assert eta_s == pytest.approx(10 * STEP_S + OVERHEAD_S)


# Device-seconds of one image among others, by its steps.
SHORT_S = 10 * STEP_S / 4 + OVERHEAD_S
LONG_S = 50 * STEP_S / 4 + OVERHEAD_S


@pytest.mark.parametrize(
    ("steps", "before_s"),
    [(5, 0.0), (20, 8 * SHORT_S), (60, 8 * SHORT_S + 8 * LONG_S)],
)
def test_the_next_one_waits_for_those_who_are_served_before_it(
    board: QueueBoard, crowded: QueueView, steps: int, before_s: float
) -> None:
    board.saw(crowded)
    eta_s = board.eta_of_next_s(accepted(num_inference_steps=steps))
    alone_s = steps * STEP_S + OVERHEAD_S
    own_s = steps * STEP_S / 4 + OVERHEAD_S
    assert eta_s == pytest.approx(max(before_s + own_s, alone_s))


def test_another_user_waits_for_one_quantum_of_a_long_queue(
    board: QueueBoard, crowded: QueueView
) -> None:
    board.saw(crowded)
    eta_s = board.eta_of_next_s(accepted(user="ben", num_inference_steps=60))
    # Eight short ones have taken exactly 2 s when the first long one begins.
    assert eta_s == pytest.approx(8 * SHORT_S + 60 * STEP_S / 4 + OVERHEAD_S)


def test_those_before_the_next_one_are_worked_off_as_time_goes_by(
    board: QueueBoard, crowded: QueueView
) -> None:
    board.saw(crowded)
    eta_s = board.eta_of_next_s(accepted(at_s=102.5, num_inference_steps=60))
    all_s = 8 * SHORT_S + 8 * LONG_S + 60 * STEP_S / 4 + OVERHEAD_S
    assert eta_s == pytest.approx(all_s - 2.5)
    late_s = board.eta_of_next_s(accepted(at_s=500.0))
    assert late_s == pytest.approx(10 * STEP_S + OVERHEAD_S)


def test_who_came_since_the_last_look_is_waited_for_if_he_is_served_before(
    board: QueueBoard, crowded: QueueView
) -> None:
    board.saw(crowded)
    for place in range(4, 8):
        board.joined(accepted(place, num_inference_steps=20))
        board.joined(accepted(place + 4, num_inference_steps=60))
    eta_s = board.eta_of_next_s(accepted(99, num_inference_steps=20))
    four_s = 4 * (20 * STEP_S / 4 + OVERHEAD_S)
    own_s = 20 * STEP_S / 4 + OVERHEAD_S
    assert eta_s == pytest.approx(8 * SHORT_S + four_s + own_s)


def test_all_images_of_the_next_one_count(
    board: QueueBoard, crowded: QueueView
) -> None:
    board.saw(crowded)
    one_s = board.eta_of_next_s(accepted())
    four_s = board.eta_of_next_s(accepted(num_images=4))
    assert one_s is not None
    assert four_s == pytest.approx(one_s + 3 * SHORT_S)


def test_the_last_of_several_images_waits_for_more_quanta_of_another_user(
    board: QueueBoard, crowded: QueueView
) -> None:
    board.saw(crowded)
    eta_s = board.eta_of_next_s(
        accepted(user="ben", num_inference_steps=60, num_images=4)
    )
    # Three of his images make him 4.5 s ahead; by then four of her long ones are done.
    own_s = 4 * (60 * STEP_S / 4 + OVERHEAD_S)
    assert eta_s == pytest.approx(8 * SHORT_S + 4 * LONG_S + own_s)


def test_long_ones_are_told_that_short_ones_will_overtake_them(
    board: QueueBoard, crowded: QueueView
) -> None:
    for place in range(20):
        board.joined(accepted(place, at_s=80.0 + place))
    board.saw(replace(crowded, last_number=20))
    short_s = board.eta_of_next_s(accepted(21))
    long_s = board.eta_of_next_s(accepted(21, num_inference_steps=60))
    # 20 x 0.75 s in half a minute: half of the device, for all of 40 s.
    own_s = 60 * STEP_S / 4 + OVERHEAD_S
    assert long_s == pytest.approx(2 * (8 * SHORT_S + 8 * LONG_S + own_s))
    assert short_s == pytest.approx(9 * SHORT_S)


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

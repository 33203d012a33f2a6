import pytest

from easel.contract.costs import CostsDocument, ShapeCosts, StepSeconds
from easel.planning.device import (
    UnknownTimes,
    affine_curve,
    measured_table,
    never_falling,
)
from tests.planning.some_fleet import KIND, device


def measured(*points: tuple[int, float], cap_rows: int | None = None) -> CostsDocument:
    shape = ShapeCosts(
        model=KIND.model,
        width=KIND.width,
        height=KIND.height,
        text_length=77,
        dtype="bfloat16",
        step_seconds=tuple(StepSeconds(rows=r, seconds=s) for r, s in points),
        overhead_seconds=0.02,
        cap_rows=cap_rows,
    )
    return CostsDocument(max_rows=32, costs=(shape,))


def test_the_knee_that_a_server_has_found_is_kept() -> None:
    table = measured_table(measured((1, 0.1), (8, 0.2), cap_rows=4), max_rows=None)
    assert table.cap_rows(KIND.key) == 4
    assert table.step_s(KIND.key, 8) == 0.2
    assert table.overhead_s(KIND.key) == 0.02


def test_where_it_still_searches_the_search_is_played_to_its_end() -> None:
    """Eight rows take twice as long as four: that gains nothing."""
    points = ((1, 0.1), (2, 0.1), (4, 0.1), (8, 0.2))
    table = measured_table(measured(*points), max_rows=None)
    assert table.cap_rows(KIND.key) == 4


def test_the_operators_limit_holds() -> None:
    table = measured_table(measured((1, 0.1), (8, 0.1), cap_rows=8), max_rows=2)
    assert table.cap_rows(KIND.key) == 2


def test_nothing_measured_is_said() -> None:
    with pytest.raises(UnknownTimes, match="nothing yet"):
        measured_table(CostsDocument(costs=()), max_rows=None)


def test_a_hiccup_between_two_points_is_no_law() -> None:
    curve = ((2, 0.082), (4, 0.145), (8, 0.09), (16, 0.16))
    assert never_falling(curve) == ((2, 0.082), (4, 0.09), (8, 0.09), (16, 0.16))


def test_a_batch_by_hand() -> None:
    first, last = affine_curve(0.1, efficiency=0.75, rows_an_image=2, max_rows=8)
    assert first == (2, 0.1)
    assert last[0] == 8
    assert last[1] == pytest.approx(0.175)


def test_work_is_counted_in_full_batches() -> None:
    """Ten steps of 0.4 s for four images, and a tenth of a second each."""
    four = device(0.25, max_rows=4, efficiency=0.8, overhead_s=0.1)
    assert four.images_at_once(KIND) == 4
    assert four.work_s(KIND) == pytest.approx(10 * 0.4 / 4 + 0.1)


def test_servers_have_found_the_knee_and_learn_on() -> None:
    of_two = device(1.0, max_rows=8, efficiency=0.05)
    costs = of_two.costs()
    assert costs.snapshot().knees == {KIND.key: of_two.table.cap_rows(KIND.key)}
    for _ in range(50):
        costs.learn_step(KIND.key, 1, 2.0)
    assert costs.step_s(KIND.key, 1) == pytest.approx(2.0, rel=0.05)


def test_models_without_times_are_refused() -> None:
    with pytest.raises(UnknownTimes, match="'other'"):
        device().step_s(KIND.key.__class__("other", 512, 512), 1)

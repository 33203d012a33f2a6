import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.gateway.admission.pace import (
    Held,
    Pace,
    is_too_late,
    retry_after_s,
    wait_s,
)


def a_pace(seconds_for_one: float, measured: int = 20) -> Pace:
    pace = Pace()
    for _ in range(measured):
        pace.learn(1.0, seconds_for_one)
    return pace


def some_held(count: int, *, cost: float = 1.0, entered_at_s: float = 0.0) -> Held:
    held = Held()
    for _ in range(count):
        held.add(cost, entered_at_s)
    return held


def test_nothing_is_predicted_before_something_was_measured() -> None:
    assert Pace().seconds_for(1.0) is None
    assert wait_s(Pace(), some_held(10), 5.0, 1.0, 10) is None
    assert not is_too_late(None, 0.1)


def test_one_measurement_is_enough_to_predict() -> None:
    pace = Pace()
    pace.learn(10.0, 5.0)
    assert pace.seconds_for(20.0) == pytest.approx(10.0)


def test_what_took_no_time_or_cost_teaches_nothing() -> None:
    pace = Pace()
    pace.learn(1.0, 0.0)
    pace.learn(0.0, 1.0)
    assert pace.measured == 0


def test_one_hiccup_hardly_moves_it() -> None:
    pace = a_pace(2.0)
    pace.learn(1.0, 2_000.0)
    assert pace.seconds_for(1.0) == pytest.approx(2.0, rel=0.4)


def test_a_lasting_change_is_learned() -> None:
    pace = a_pace(2.0)
    for _ in range(25):
        pace.learn(1.0, 20.0)
    assert pace.seconds_for(1.0) == pytest.approx(20.0, rel=0.1)


def test_a_bad_first_measurement_is_soon_corrected() -> None:
    pace = Pace()
    pace.learn(1.0, 100.0)
    for _ in range(15):
        pace.learn(1.0, 1.0)
    seconds = pace.seconds_for(1.0)
    assert seconds is not None
    assert seconds < 2.0


def test_who_finds_a_place_free_does_not_wait() -> None:
    assert wait_s(a_pace(3.0), some_held(1), 0.0, 0.0, 2) == 0


def test_with_one_place_the_wait_is_what_is_left_and_all_that_is_ahead() -> None:
    inside = some_held(1, cost=2.0, entered_at_s=10.0)
    assert wait_s(a_pace(3.0), inside, 5.0, 14.0, 1) == pytest.approx(2.0 + 15.0)


def test_more_places_shorten_the_wait() -> None:
    few = wait_s(a_pace(3.0), some_held(2), 20.0, 0.0, 2)
    many = wait_s(a_pace(3.0), some_held(10), 20.0, 0.0, 10)
    assert few is not None
    assert many is not None
    assert 0 < many < few


def test_places_entered_one_after_the_other_become_free_so() -> None:
    inside = Held()
    for entered_at_s in range(10):
        inside.add(1.0, float(entered_at_s))
    waits = [wait_s(a_pace(10.0), inside, ahead, 9.5, 10) for ahead in (0, 4, 9)]
    assert waits == pytest.approx([0.5, 4.5, 9.5], abs=0.6)


def test_what_is_overdue_is_expected_any_moment() -> None:
    assert wait_s(a_pace(3.0), some_held(1), 0.0, 100.0, 1) == 0


def test_only_what_is_surely_too_late_is_refused() -> None:
    assert not is_too_late(124.0, 100.0)
    assert is_too_late(126.0, 100.0)


@given(st.none() | st.floats(0, 1e6), st.integers())
def test_the_time_to_come_back_is_never_silly(
    predicted_s: float | None, seed: int
) -> None:
    assert 0.5 <= retry_after_s(predicted_s, random.Random(seed).random) <= 120.0


@pytest.mark.parametrize("predicted_s", [0.0, 8.0, 1e6])
def test_those_refused_together_do_not_come_back_together(predicted_s: float) -> None:
    numbers = random.Random(1)
    times = {retry_after_s(predicted_s, numbers.random) for _ in range(10)}
    assert len(times) == 10


def test_the_time_to_come_back_is_around_the_one_predicted() -> None:
    assert retry_after_s(10.0, lambda: 0.0) == pytest.approx(8.0)
    assert retry_after_s(10.0, lambda: 0.999999) == pytest.approx(12.0, rel=1e-3)


def test_sums_of_places_do_not_drift_away_from_nothing() -> None:
    held = Held()
    for number in range(1, 1000):
        held.add(0.1 * number, 0.3 * number)
    for number in range(1, 1000):
        held.remove(0.1 * number, 0.3 * number)
    assert held == Held()

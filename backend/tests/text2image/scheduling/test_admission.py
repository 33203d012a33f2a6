import pytest

from easel.text2image.scheduling.admission import Admission, Refusal, spread

ADMISSION = Admission(max_backlog_s=60, max_queued=10)


@pytest.mark.parametrize("own_s", [None, 5.0, 5000.0])
def test_whoever_finds_nobody_is_accepted(own_s: float | None) -> None:
    assert ADMISSION.decide(0.0, own_s, 0) is None
    assert Admission(max_backlog_s=0, max_queued=0).decide(0.0, own_s, 0) is None


def test_work_up_to_the_limit_may_be_ahead() -> None:
    assert ADMISSION.decide(60.0, 5.0, 3) is None


def test_more_work_ahead_is_refused_until_there_is_room() -> None:
    assert ADMISSION.decide(72.5, 5.0, 3) == Refusal("backlog", 12.5)


def test_nobody_is_asked_back_within_a_second() -> None:
    assert ADMISSION.decide(60.1, 5.0, 3) == Refusal("backlog", 1.0)
    assert ADMISSION.decide(2.0, 0.2, 10) == Refusal("count", 1.0)


def test_a_full_house_is_refused_until_one_has_left() -> None:
    assert ADMISSION.decide(40.0, 5.0, 10) == Refusal("count", 4.0)
    assert ADMISSION.decide(44.0, 5.0, 11) == Refusal("count", 8.0)


def test_a_full_house_with_too_much_work_waits_for_both() -> None:
    assert ADMISSION.decide(100.0, 5.0, 10) == Refusal("count", 40.0)


def test_with_unknown_costs_only_the_count_decides() -> None:
    assert ADMISSION.decide(None, None, 9) is None
    assert ADMISSION.decide(None, None, 10) == Refusal("count", 5.0)
    assert ADMISSION.decide(None, 3.0, 10) == Refusal("count", 3.0)


@pytest.mark.parametrize(("drawn", "told_s"), [(0.0, 8.0), (0.5, 10.0), (0.75, 11.0)])
def test_who_is_refused_is_asked_back_about_then(drawn: float, told_s: float) -> None:
    assert spread(10.0, drawn) == pytest.approx(told_s)

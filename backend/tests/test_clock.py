import pytest

from easel.clock import ManualClock, MonotonicClock


def test_a_manual_clock_moves_only_when_told_to() -> None:
    clock = ManualClock(10.0)
    assert clock.now() == clock.now() == 10.0
    clock.advance(2.5)
    assert clock.now() == 12.5


def test_time_cannot_go_back() -> None:
    with pytest.raises(ValueError, match="back by 1"):
        ManualClock().advance(-1)


def test_the_clock_of_the_machine_never_goes_back() -> None:
    clock = MonotonicClock()
    assert clock.now() <= clock.now()

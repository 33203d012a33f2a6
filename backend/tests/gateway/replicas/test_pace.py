import pytest

from easel.clock import ManualClock
from easel.gateway.replicas.pace import UNKNOWN_SECONDS_PER_UNIT, Pace


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def pace(clock: ManualClock) -> Pace:
    return Pace(clock)


def test_an_unknown_server_is_taken_to_be_as_fast_as_the_fastest(pace: Pace) -> None:
    assert pace.seconds_per_unit(0.03) == 0.03
    assert pace.seconds_per_unit(None) == UNKNOWN_SECONDS_PER_UNIT


def test_what_was_learned_counts_by_its_cost(pace: Pace) -> None:
    pace.learn(seconds=1.0, cost=1.0)
    pace.learn(seconds=10.0, cost=100.0)
    assert pace.learned == pytest.approx(11 / 101, rel=0.05)


def test_a_server_that_becomes_slow_is_known_to_be_after_a_few_generations(
    pace: Pace,
) -> None:
    for _ in range(100):
        pace.learn(seconds=1.0, cost=10.0)
    assert pace.learned == pytest.approx(0.1)
    for _ in range(10):
        pace.learn(seconds=10.0, cost=10.0)
    assert pace.learned == pytest.approx(1.0, rel=0.25)


def test_a_server_that_was_slow_is_given_another_chance_some_day(
    pace: Pace, clock: ManualClock
) -> None:
    pace.learn(seconds=10.0, cost=10.0)
    assert pace.seconds_per_unit(0.1) == pytest.approx(1.0)
    clock.advance(60.0)
    assert pace.seconds_per_unit(0.1) == pytest.approx(0.55)
    clock.advance(1200.0)
    assert pace.seconds_per_unit(0.1) == pytest.approx(0.1, rel=0.01)


def test_what_costs_nothing_teaches_nothing(pace: Pace) -> None:
    pace.learn(seconds=1.0, cost=0.0)
    assert pace.learned is None

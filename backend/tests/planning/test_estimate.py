from dataclasses import replace
from math import isnan

import pytest

from easel.planning.estimate import Estimate, Target, interval, smallest
from easel.planning.fleet import play
from easel.planning.outcome import Outcome, percentile
from easel.planning.traffic import DrawnTraffic
from tests.planning.some_fleet import KIND, device, fleet


@pytest.mark.parametrize("answer", [1, 2, 3, 7, 8, 40, 99])
def test_the_smallest_number_is_found_and_each_is_asked_once(answer: int) -> None:
    asked: list[int] = []

    def meets(servers: int) -> bool:
        asked.append(servers)
        return servers >= answer

    assert smallest(meets, least=1, most=100) == answer
    assert len(asked) == len(set(asked)) <= 25


def test_nothing_below_the_least_is_asked() -> None:
    asked: list[int] = []

    def meets(servers: int) -> bool:
        asked.append(servers)
        return servers >= 12

    assert smallest(meets, least=10, most=100) == 12
    assert min(asked) == 10


def test_where_no_number_will_do_there_is_none() -> None:
    assert smallest(lambda servers: False, least=3, most=50) is None
    assert smallest(lambda servers: servers >= 50, least=3, most=50) == 50
    assert smallest(lambda servers: False, least=60, most=50) is None


def test_the_search_finds_the_edge_of_a_real_fleet() -> None:
    """One fewer misses the target."""
    kind = replace(KIND, steps=2)
    traffic = DrawnTraffic(15.0, 12.0, ((kind, 1.0),), callers=1)
    target = Target(0.3)

    def meets(servers: int) -> bool:
        plays = [
            play(fleet(servers, device()), traffic, seed=seed, warm_up_s=2.0)
            for seed in (1, 2)
        ]
        return Estimate(servers, tuple(plays)).meets(target)

    found = smallest(meets, least=3, most=20)
    assert found is not None
    assert meets(found)
    assert not meets(found - 1)


def test_an_interval_is_students() -> None:
    found = interval([1.0, 2.0, 3.0])
    assert found.mean == 2.0
    # 4.303 * 1 / sqrt(3)
    assert (found.high - found.low) / 2 == pytest.approx(2.484, abs=0.001) or (
        found.low == 0.0 and found.high == pytest.approx(4.484, abs=0.001)
    )
    assert isnan(interval([1.0]).low)
    assert isnan(interval([]).mean)
    assert isnan(interval([1.0, float("nan")]).mean)


def test_percentiles_lie_between_values() -> None:
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
    assert percentile([0.0, 1.0], 95) == pytest.approx(0.95)
    assert isnan(percentile([], 95))


def outcome(*whole_s: float, refused: int = 0) -> Outcome:
    found = Outcome(arrived=len(whole_s) + refused, whole_s=list(whole_s))
    found.refused["queue_full"] = refused
    return found


def test_refusals_miss_a_target_however_quick_the_others_were() -> None:
    target = Target(1.0)
    quick = [0.5] * 999
    assert Estimate(1, (outcome(*quick),)).meets(target)
    assert Estimate(1, (outcome(*quick, refused=1),)).meets(target)
    assert not Estimate(1, (outcome(*quick, refused=5),)).meets(target)
    assert Estimate(1, (outcome(*quick, refused=5),)).meets(
        replace(target, max_refused=0.01)
    )


def test_nobody_painted_meets_nothing() -> None:
    assert not Estimate(1, (outcome(refused=9),)).meets(Target(1.0, max_refused=1.0))


def test_what_speaks_against_an_estimate_is_said() -> None:
    (one, few) = Estimate(1, (outcome(1.0),)).doubts()
    assert "one seed only" in one
    assert "1 generations in a play" in few
    plays = tuple(outcome(*[seconds] * 500) for seconds in (0.8, 1.2, 1.0))
    (near,) = Estimate(1, plays).doubts(Target(1.1))
    assert "lies within the interval" in near
    assert not Estimate(1, plays).doubts(Target(5.0))


def test_a_growing_queue_is_told() -> None:
    """Two servers' work for one."""
    traffic = DrawnTraffic(2.0, 100.0, ((KIND, 1.0),))
    swamped = play(fleet(1), traffic, seed=1, warm_up_s=0.0)
    assert swamped.growth > 1.9
    assert any("queue grows" in doubt for doubt in Estimate(1, (swamped,)).doubts())
    calm = play(fleet(4), traffic, seed=1, warm_up_s=0.0)
    assert calm.growth < 1.5

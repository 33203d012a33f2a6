from collections import Counter
from random import Random

from easel.gateway.replicas.balancer import Candidate, pick


def candidate(
    name: str, wait_s: float = 0.0, load_s: float = 0.0, seconds_per_unit: float = 0.1
) -> Candidate[str]:
    return Candidate(name, wait_s, load_s, seconds_per_unit)


def picked(*candidates: Candidate[str], cost: float = 10.0) -> set[str]:
    random = Random(0)
    return {pick(candidates, cost, random) for _ in range(50)}


def test_the_least_expected_finish_time_wins() -> None:
    assert picked(candidate("a", wait_s=3.0), candidate("b", wait_s=2.0)) == {"b"}


def test_a_fast_server_that_is_busy_may_finish_sooner_than_an_idle_slow_one() -> None:
    fast = candidate("fast", wait_s=4.0, seconds_per_unit=0.1)
    slow = candidate("slow", seconds_per_unit=1.0)
    assert picked(fast, slow, cost=10.0) == {"fast"}
    assert picked(fast, slow, cost=1.0) == {"slow"}


def test_a_load_is_waited_for_only_if_that_is_sooner() -> None:
    elsewhere = candidate("elsewhere", load_s=30.0)
    assert picked(candidate("has it", wait_s=29.0), elsewhere) == {"has it"}
    assert picked(candidate("has it", wait_s=40.0), elsewhere) == {"elsewhere"}


def test_chance_decides_between_equals() -> None:
    assert picked(candidate("a"), candidate("b"), candidate("c", wait_s=1.0)) == {
        *("a", "b")
    }


def test_among_many_the_worst_two_are_still_compared_with_another() -> None:
    many = [candidate(str(number), wait_s=float(number)) for number in range(20)]
    random = Random(1)
    counts = Counter(int(pick(many, 1.0, random)) for _ in range(2000))
    assert 19 not in counts
    assert counts[0] > 2000 / 20
    assert len(counts) > 10


def test_among_many_those_that_have_the_model_are_always_looked_at() -> None:
    many = [candidate(str(number), load_s=30.0) for number in range(20)]
    assert picked(*many, candidate("has it", wait_s=5.0)) == {"has it"}

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from easel.text2image.scheduling.overtaking import MEMORY_S, Arrival, Overtaking

AGEING = 0.1
PROMOTE_AFTER_S = 60.0
SHORT_S = 1.0


def arrival(
    at_s: float, *, alone_s: float = SHORT_S, work_s: float = 0.3, place: int = 1
) -> Arrival:
    return Arrival(at_s, place, alone_s, work_s)


def newcomer(*, alone_s: float = 2.0, place: int = 1) -> Arrival:
    return arrival(100.0, alone_s=alone_s, place=place)


def stretched_s(lately: list[Arrival], eta_s: float, who: Arrival) -> float:
    overtaking = Overtaking()
    for one in lately:
        overtaking.joined(one)
    return overtaking.stretched_s(
        eta_s, who, ageing=AGEING, promote_after_s=PROMOTE_AFTER_S
    )


def half_the_device(*, alone_s: float = SHORT_S, place: int = 1) -> list[Arrival]:
    """15 s of work in the last 30 s."""
    return [
        arrival(71.0 + second, alone_s=alone_s, work_s=0.5, place=place)
        for second in range(30)
    ]


def test_if_nobody_came_nobody_is_expected() -> None:
    assert stretched_s([], 7.0, newcomer()) == 7.0


def test_shorter_ones_overtake_until_ageing_outweighs_the_difference() -> None:
    # One second of work less is outweighed by ten seconds of waiting.
    assert stretched_s(half_the_device(), 20.0, newcomer()) == pytest.approx(25.0)


def test_they_overtake_no_longer_than_the_newcomer_waits() -> None:
    """He is there after 8 s, of which those who came meanwhile have taken half."""
    assert stretched_s(half_the_device(), 4.0, newcomer()) == pytest.approx(8.0)


@pytest.mark.parametrize("alone_s", [2.0, 3.0])
def test_who_takes_as_long_or_longer_overtakes_nobody(alone_s: float) -> None:
    lately = half_the_device(alone_s=alone_s)
    assert stretched_s(lately, 20.0, newcomer()) == 20.0


def test_a_higher_class_overtakes_whatever_it_takes_until_promotion() -> None:
    lately = half_the_device(alone_s=50.0, place=0)
    assert stretched_s(lately, 20.0, newcomer()) == pytest.approx(40.0)
    assert stretched_s(lately, 100.0, newcomer()) == pytest.approx(130.0)
    assert stretched_s(lately, 100.0, newcomer(place=2)) == pytest.approx(160.0)


def test_a_lower_class_overtakes_nobody() -> None:
    assert stretched_s(half_the_device(place=2), 20.0, newcomer()) == 20.0


def test_who_came_long_ago_is_not_expected_again() -> None:
    old = [arrival(100.0 - MEMORY_S - 1 - place) for place in range(20)]
    assert stretched_s(old[::-1], 20.0, newcomer()) == 20.0


def test_only_so_many_are_remembered() -> None:
    overtaking = Overtaking()
    for second in range(1000):
        overtaking.joined(arrival(float(second)))
    assert len(overtaking) <= MEMORY_S + 1


arrivals = st.builds(
    Arrival,
    at_s=st.floats(60.0, 100.0),
    priority_class=st.integers(0, 2),
    alone_s=st.floats(0.01, 20.0),
    work_s=st.floats(0.0, 5.0),
)


@given(
    lately=st.lists(arrivals, max_size=40).map(
        lambda some: sorted(some, key=lambda one: one.at_s)
    ),
    eta_s=st.floats(0.01, 200.0),
    alone_s=st.floats(0.01, 20.0),
    place=st.integers(0, 2),
)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_the_answer_is_the_time_that_those_who_come_within_it_leave(
    lately: list[Arrival], eta_s: float, alone_s: float, place: int
) -> None:
    who = newcomer(alone_s=alone_s, place=place)
    found_s = stretched_s(lately, eta_s, who)
    taken_s = 0.0
    for one in lately:
        if one.at_s < who.at_s - MEMORY_S:
            continue
        last_s = (alone_s - one.alone_s) / AGEING
        if one.priority_class != place:
            last_s = (place - one.priority_class) * PROMOTE_AFTER_S
        taken_s += one.work_s / MEMORY_S * max(0.0, min(last_s, found_s))
    assert found_s == pytest.approx(eta_s + taken_s, rel=1e-6)

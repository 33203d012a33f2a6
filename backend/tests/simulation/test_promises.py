"""Ten times as much as the server can do: who is accepted gets his images when told.

Told the whole backlog instead, they were misled by 57 % in the median: most have less
work than those who wait, and are served before them.
"""

from random import Random

import pytest

from tests.simulation.overloaded_server import (
    Arrival,
    OverloadedServer,
    crowd,
    median_error,
)

PER_S = 65.0
DURATION_S = 60.0


def users(count: int) -> list[str]:
    return [f"user {place}" for place in range(count)]


@pytest.mark.parametrize("count", [1, 8])
def test_a_minute_of_overload_keeps_its_promises(count: int) -> None:
    arrivals = crowd(
        Random(count), per_s=PER_S, duration_s=DURATION_S, users=users(count)
    )
    server = OverloadedServer()
    promises = server.play(arrivals)
    assert server.refused > 4 * len(promises)
    assert median_error(promises) <= 0.15
    assert median_error(promises, steps=4) <= 0.15


def test_those_who_are_overtaken_are_told_so() -> None:
    """Once the server has seen for a while how many short ones come."""
    arrivals = crowd(Random(2), per_s=PER_S, duration_s=120, users=["ann"])
    promises = [
        one for one in OverloadedServer().play(arrivals) if 15 < one.arrival.at_s < 70
    ]
    assert median_error(promises, steps=20) <= 0.2
    assert median_error(promises, steps=50) <= 0.25


def test_beside_a_flood_both_it_and_others_are_told_the_truth() -> None:
    flood = crowd(Random(1), per_s=PER_S, duration_s=DURATION_S, users=["ann"])
    others = [
        Arrival(10.0 + 0.2 * place, 4, f"user {place % 20}") for place in range(200)
    ]
    arrivals = sorted([*flood, *others], key=lambda one: one.at_s)
    promises = OverloadedServer().play(arrivals)
    of_ann = [one for one in promises if one.arrival.user == "ann"]
    of_others = [one for one in promises if one.arrival.user != "ann"]
    assert len(of_others) >= 10
    assert median_error(of_ann) <= 0.15
    assert median_error(of_others) <= 0.25
    # They are not behind her whole queue, and are not told that they are.
    assert max(one.eta_s for one in of_others) < 15.0


def test_generations_of_several_images_are_done_when_told() -> None:
    one_by_one = crowd(Random(1), per_s=PER_S, duration_s=DURATION_S, users=users(2))
    arrivals = [
        Arrival(one.at_s, one.steps, one.user, images=(1, 1, 1, 4)[place % 4])
        for place, one in enumerate(one_by_one)
    ]
    assert median_error(OverloadedServer().play(arrivals)) <= 0.15


def test_lower_classes_are_told_of_those_who_come_before_them() -> None:
    drawn = crowd(Random(1), per_s=PER_S, duration_s=150, users=users(2))
    arrivals = [
        Arrival(one.at_s, one.steps, one.user, "batch" if place % 2 else "interactive")
        for place, one in enumerate(drawn)
    ]
    promises = [
        one
        for one in OverloadedServer().play(arrivals)
        if one.arrival.priority == "batch" and 30 < one.arrival.at_s < 90
    ]
    assert median_error(promises) <= 0.25

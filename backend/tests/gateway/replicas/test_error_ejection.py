import pytest

from easel.clock import ManualClock
from easel.gateway.replicas.error_ejection import (
    FORGIVEN_AFTER_S,
    LONGEST_EJECTION_S,
    WINDOW_S,
    ErrorEjection,
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def ejection(clock: ManualClock) -> ErrorEjection:
    return ErrorEjection(clock)


def eject(ejection: ErrorEjection) -> None:
    for _ in range(3):
        ejection.failed(None)
    assert ejection.is_ejected


def works(ejection: ErrorEjection) -> None:
    ejection.end(ejection.begin(), has_worked=True)


def probe_well_twice(ejection: ErrorEjection) -> None:
    for _ in range(2):
        ejection.probed(is_good=True)


def test_three_different_requests_that_fail_within_the_time_eject(
    ejection: ErrorEjection, clock: ManualClock
) -> None:
    for reason in ("a", "b"):
        ejection.failed(reason)
        clock.advance(WINDOW_S / 2)
    assert not ejection.is_ejected
    ejection.failed("c")
    assert ejection.is_ejected


def test_errors_that_are_far_apart_do_not_add_up(
    ejection: ErrorEjection, clock: ManualClock
) -> None:
    for _ in range(10):
        ejection.failed(None)
        clock.advance(WINDOW_S * 0.6)
    assert not ejection.is_ejected


def test_one_request_that_fails_again_and_again_ejects_nobody(
    ejection: ErrorEjection,
) -> None:
    for _ in range(100):
        ejection.failed("poison")
    ejection.failed("another")
    assert not ejection.is_ejected


def test_who_works_more_often_than_it_fails_stays(ejection: ErrorEjection) -> None:
    for _ in range(50):
        ejection.failed(None)
        works(ejection)
        works(ejection)
    assert not ejection.is_ejected
    eject(ejection)


def test_what_left_early_says_nothing(ejection: ErrorEjection) -> None:
    ejection.failed(None)
    ejection.failed(None)
    ejection.end(ejection.begin(), has_worked=False)
    ejection.failed(None)
    assert ejection.is_ejected


def test_the_way_back_is_time_then_probes_then_one_generation(
    ejection: ErrorEjection, clock: ManualClock
) -> None:
    eject(ejection)
    probe_well_twice(ejection)
    assert not ejection.may_be_tried
    clock.advance(5.0)
    assert ejection.may_be_tried
    trial = ejection.begin()
    assert not ejection.may_be_tried
    ejection.end(trial, has_worked=True)
    assert not ejection.is_ejected


def test_one_good_probe_is_not_enough_after_errors(
    ejection: ErrorEjection, clock: ManualClock
) -> None:
    eject(ejection)
    clock.advance(5.0)
    ejection.probed(is_good=True)
    ejection.probed(is_good=False)
    ejection.probed(is_good=True)
    assert not ejection.may_be_tried
    ejection.probed(is_good=True)
    assert ejection.may_be_tried


def test_a_trial_that_is_given_up_makes_room_for_another(
    ejection: ErrorEjection, clock: ManualClock
) -> None:
    eject(ejection)
    clock.advance(5.0)
    probe_well_twice(ejection)
    ejection.end(ejection.begin(), has_worked=False)
    assert ejection.is_ejected
    assert ejection.may_be_tried


def test_a_generation_from_before_the_ejection_ends_it_not(
    ejection: ErrorEjection,
) -> None:
    early = ejection.begin()
    eject(ejection)
    ejection.end(early, has_worked=True)
    assert ejection.is_ejected


def test_each_ejection_that_did_not_help_is_followed_by_one_twice_as_long(
    ejection: ErrorEjection, clock: ManualClock
) -> None:
    eject(ejection)
    lengths = []
    for _ in range(6):
        probe_well_twice(ejection)
        began_at = clock.now()
        while not ejection.may_be_tried:
            clock.advance(1.0)
        lengths.append(clock.now() - began_at)
        trial = ejection.begin()
        ejection.failed(None)
        ejection.end(trial, has_worked=False)
    assert lengths == [5, 10, 20, 40, LONGEST_EJECTION_S, LONGEST_EJECTION_S]


def test_who_has_worked_for_long_begins_with_the_shortest_ejection_again(
    ejection: ErrorEjection, clock: ManualClock
) -> None:
    for pause_s, ejected_s in ((0.0, 5.0), (1.0, 10.0), (FORGIVEN_AFTER_S, 5.0)):
        clock.advance(pause_s)
        eject(ejection)
        probe_well_twice(ejection)
        clock.advance(ejected_s - 0.5)
        assert not ejection.may_be_tried
        clock.advance(0.5)
        assert ejection.may_be_tried
        works(ejection)


def test_a_known_culprit_does_not_prolong_the_ejection(
    ejection: ErrorEjection, clock: ManualClock
) -> None:
    for reason in ("a", "b", "c"):
        ejection.failed(reason)
    clock.advance(5.0)
    probe_well_twice(ejection)
    ejection.failed("b")
    assert ejection.may_be_tried
    ejection.failed("d")
    assert not ejection.may_be_tried

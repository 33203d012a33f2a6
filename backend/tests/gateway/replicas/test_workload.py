import pytest

from easel.clock import ManualClock
from easel.gateway.replicas.workload import Workload


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def workload(clock: ManualClock) -> Workload:
    return Workload(clock)


def test_a_told_backlog_is_worked_off_as_time_goes_by(
    workload: Workload, clock: ManualClock
) -> None:
    workload.told(7.0, as_of_s=clock.now())
    clock.advance(3.0)
    assert workload.backlog_s == pytest.approx(4.0)
    clock.advance(60.0)
    assert workload.backlog_s == 0.0


def test_what_was_sent_since_is_added(workload: Workload, clock: ManualClock) -> None:
    workload.told(0.0, as_of_s=clock.now())
    clock.advance(10.0)
    workload.begin(20.0, seconds_per_unit=0.1)
    assert workload.backlog_s == pytest.approx(2.0)
    clock.advance(0.5)
    workload.begin(10.0, seconds_per_unit=0.1)
    assert workload.backlog_s == pytest.approx(2.5)


def test_who_leaves_takes_its_work_along_unless_the_server_has_told_since(
    workload: Workload, clock: ManualClock
) -> None:
    workload.told(5.0, as_of_s=clock.now())
    leaves = workload.begin(100.0, seconds_per_unit=0.1)
    stays = workload.begin(10.0, seconds_per_unit=0.1)
    clock.advance(2.0)
    workload.end(leaves, teaches=False)
    assert workload.backlog_s == pytest.approx(5.0 + 1.0 - 2.0 + 2.0)
    workload.told(3.0, as_of_s=clock.now())
    workload.end(stays, teaches=True)
    assert workload.backlog_s == pytest.approx(3.0)


def test_a_probe_knows_nothing_of_what_was_sent_while_it_was_away(
    workload: Workload, clock: ManualClock
) -> None:
    workload.begin(10.0, seconds_per_unit=0.1)
    clock.advance(1.0)
    asked_at_s = clock.now()
    clock.advance(0.1)
    workload.begin(30.0, seconds_per_unit=0.1)
    clock.advance(0.1)
    workload.told(5.0, as_of_s=asked_at_s)
    assert workload.backlog_s == pytest.approx(5.0 - 0.2 + 3.0)


def test_a_server_that_does_not_tell_has_what_is_outstanding_there(
    workload: Workload, clock: ManualClock
) -> None:
    one = workload.begin(10.0, seconds_per_unit=0.1)
    workload.begin(5.0, seconds_per_unit=0.1)
    assert workload.backlog_s is None
    assert workload.predicted_s(0.2) == pytest.approx(3.0)
    workload.end(one, teaches=False)
    assert workload.predicted_s(0.2) == pytest.approx(1.0)
    workload.told(9.0, as_of_s=clock.now())
    assert workload.predicted_s(0.2) == pytest.approx(9.0)
    workload.told(None, as_of_s=clock.now())
    assert workload.predicted_s(0.2) == pytest.approx(1.0)


def test_a_server_that_takes_no_more_for_now_is_waited_for(
    workload: Workload, clock: ManualClock
) -> None:
    workload.told(1.0, as_of_s=clock.now())
    workload.refused(4.0)
    assert workload.is_full
    assert workload.predicted_s(0.1) == pytest.approx(4.0)
    clock.advance(4.0)
    assert not workload.is_full
    assert workload.predicted_s(0.1) == 0.0


def test_pace_is_learned_from_one_after_the_other(
    workload: Workload, clock: ManualClock
) -> None:
    for _ in range(3):
        one = workload.begin(10.0, seconds_per_unit=1.0)
        clock.advance(2.0)
        workload.end(one, teaches=True)
        clock.advance(100.0)
    assert workload.pace.learned == pytest.approx(0.2)


def test_who_share_a_server_are_each_charged_their_share(
    workload: Workload, clock: ManualClock
) -> None:
    first = workload.begin(10.0, seconds_per_unit=1.0)
    clock.advance(1.0)
    second = workload.begin(10.0, seconds_per_unit=1.0)
    clock.advance(2.0)
    workload.end(first, teaches=True)
    assert workload.pace.learned == pytest.approx(0.2)
    clock.advance(1.0)
    workload.end(second, teaches=True)
    assert workload.pace.learned == pytest.approx(0.2)
    assert workload.outstanding == 0


def test_who_leaves_early_teaches_nothing_and_is_nobodys_burden(
    workload: Workload, clock: ManualClock
) -> None:
    leaves = workload.begin(1000.0, seconds_per_unit=1.0)
    stays = workload.begin(10.0, seconds_per_unit=1.0)
    clock.advance(2.0)
    workload.end(leaves, teaches=False)
    assert workload.pace.learned is None
    clock.advance(1.0)
    workload.end(stays, teaches=True)
    assert workload.pace.learned == pytest.approx(0.2)

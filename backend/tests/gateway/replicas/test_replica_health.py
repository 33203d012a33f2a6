from random import Random

import pytest

from easel.clock import ManualClock
from easel.gateway.replicas.replica_health import (
    PROBE_EVERY_S,
    PROBE_SOON_S,
    Openness,
    ReplicaHealth,
    Verdict,
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def health(clock: ManualClock) -> ReplicaHealth:
    return ReplicaHealth(clock)


@pytest.fixture
def ready(health: ReplicaHealth, clock: ManualClock) -> ReplicaHealth:
    probe(health, clock, "healthy")
    return health


def openness(health: ReplicaHealth) -> Openness:
    return health.openness


def probe(health: ReplicaHealth, clock: ManualClock, *verdicts: Verdict) -> None:
    for verdict in verdicts:
        health.probed(verdict, asked_at_s=clock.now())


def test_before_the_first_probe_it_is_starting_and_may_be_tried(
    health: ReplicaHealth,
) -> None:
    assert health.state(has_work=False) == "starting"
    assert openness(health) == "unknown"
    assert not health.is_loading


@pytest.mark.parametrize(
    ("verdict", "state", "is_open"),
    [
        ("healthy", "ready", True),
        ("loading", "starting", False),
        ("stopping", "draining", False),
    ],
)
def test_its_own_word_holds_at_once(
    health: ReplicaHealth,
    clock: ManualClock,
    verdict: Verdict,
    state: str,
    is_open: bool,
) -> None:
    probe(health, clock, verdict)
    assert health.state(has_work=False) == state
    assert (openness(health) == "open") == is_open
    probe(health, clock, "healthy")
    assert openness(health) == "open"


def test_busy_is_as_open_as_ready(ready: ReplicaHealth) -> None:
    assert ready.state(has_work=True) == "busy"
    assert openness(ready) == "open"


@pytest.mark.parametrize("bad", ["silent", "unhealthy"])
def test_two_bad_probes_in_a_row_take_it_out_and_a_good_one_brings_it_back(
    ready: ReplicaHealth, clock: ManualClock, bad: Verdict
) -> None:
    probe(ready, clock, bad)
    assert ready.state(has_work=False) == "ready"
    probe(ready, clock, bad)
    assert ready.state(has_work=False) == "unhealthy"
    probe(ready, clock, "healthy")
    assert ready.state(has_work=False) == "ready"


def test_a_failed_connection_takes_it_out_at_once_until_the_next_good_probe(
    ready: ReplicaHealth, clock: ManualClock
) -> None:
    asked_before_s = clock.now()
    clock.advance(0.1)
    ready.disconnected()
    assert openness(ready) == "closed"
    assert ready.is_doubted
    ready.probed("healthy", asked_at_s=asked_before_s)
    assert openness(ready) == "closed"
    probe(ready, clock, "healthy")
    assert openness(ready) == "open"
    assert not ready.is_doubted


def test_the_doubt_after_a_failed_connection_ends_with_a_bad_probe(
    ready: ReplicaHealth, clock: ManualClock
) -> None:
    ready.disconnected()
    probe(ready, clock, "silent")
    assert not ready.is_doubted
    assert openness(ready) == "closed"
    ready.disconnected()
    assert not ready.is_doubted


def test_a_server_that_answers_but_is_not_well_is_the_last_resort(
    ready: ReplicaHealth, clock: ManualClock
) -> None:
    probe(ready, clock, "unhealthy", "unhealthy")
    assert openness(ready) == "last_resort"
    probe(ready, clock, "silent")
    assert openness(ready) == "closed"


def test_errors_eject_it_though_its_probes_are_good(
    ready: ReplicaHealth, clock: ManualClock
) -> None:
    for _ in range(3):
        ready.errors.failed(None)
    probe(ready, clock, "healthy", "healthy")
    assert ready.state(has_work=False) == "unhealthy"
    assert openness(ready) == "last_resort"
    clock.advance(5.0)
    assert openness(ready) == "open"
    trial = ready.errors.begin()
    assert openness(ready) == "last_resort"
    ready.errors.end(trial, has_worked=True)
    assert ready.state(has_work=False) == "ready"


def test_health_that_flaps_with_each_probe_takes_nothing_away(
    ready: ReplicaHealth, clock: ManualClock
) -> None:
    for _ in range(60):
        probe(ready, clock, "silent")
        assert openness(ready) == "open"
        clock.advance(1.0)
        probe(ready, clock, "healthy")
        clock.advance(1.0)


def test_who_goes_to_and_fro_has_to_be_good_for_longer(
    ready: ReplicaHealth, clock: ManualClock
) -> None:
    for needed in (1, 2, 3, 4, 4):
        probe(ready, clock, "silent", "silent")
        for _ in range(needed):
            assert openness(ready) != "open"
            probe(ready, clock, "healthy")
        assert openness(ready) == "open"
    clock.advance(120.0)
    probe(ready, clock, "silent", "silent", "healthy")
    assert openness(ready) == "open"


def test_health_that_is_a_matter_of_chance_moves_the_traffic_seldom(
    ready: ReplicaHealth, clock: ManualClock
) -> None:
    random = Random(0)
    moves = 0
    for _ in range(400):
        before = openness(ready)
        probe(ready, clock, random.choice(["silent", "healthy"]))
        moves += (before == "open") != (openness(ready) == "open")
        clock.advance(1.0)
    # Two bad ones out and one good one in would be a move every third time.
    assert 0 < moves < 400 / 8


def test_probes_are_frequent_until_things_are_settled(
    ready: ReplicaHealth, clock: ManualClock
) -> None:
    assert ready.next_probe_in_s == PROBE_EVERY_S
    probe(ready, clock, "silent")
    assert ready.next_probe_in_s == PROBE_SOON_S
    probe(ready, clock, "healthy")
    assert ready.next_probe_in_s == PROBE_EVERY_S
    ready.disconnected()
    waits = []
    for _ in range(30):
        probe(ready, clock, "silent")
        waits.append(ready.next_probe_in_s)
        clock.advance(waits[-1])
    assert waits[:10] == [PROBE_SOON_S] * 10
    assert waits == sorted(waits)
    assert waits[-1] == PROBE_EVERY_S


def test_a_server_that_loads_is_looked_at_often_at_first(
    health: ReplicaHealth, clock: ManualClock
) -> None:
    probe(health, clock, "loading")
    assert health.is_loading
    assert health.next_probe_in_s == PROBE_SOON_S
    clock.advance(300.0)
    probe(health, clock, "loading")
    assert health.next_probe_in_s == PROBE_EVERY_S

import pytest

from easel.clock import ManualClock
from easel.gateway.replicas.load_times import UNKNOWN_LOAD_S, LoadTimes, LoadWatch


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def times() -> LoadTimes:
    return LoadTimes()


@pytest.fixture
def watch(clock: ManualClock, times: LoadTimes) -> LoadWatch:
    return LoadWatch(clock, times)


def test_what_was_never_seen_to_load_takes_the_usual_time(watch: LoadWatch) -> None:
    watch.saw("flux", "unloaded")
    assert watch.remaining_s("flux") == UNKNOWN_LOAD_S


def test_a_load_that_was_watched_is_known_to_all_servers(
    watch: LoadWatch, clock: ManualClock, times: LoadTimes
) -> None:
    watch.saw("flux", "loading")
    clock.advance(8.0)
    watch.saw("flux", "ready")
    assert LoadWatch(clock, times).remaining_s("flux") == pytest.approx(8.0)
    assert watch.remaining_s("sdxl") == UNKNOWN_LOAD_S


def test_a_load_between_two_looks_took_no_longer_than_that(
    watch: LoadWatch, clock: ManualClock
) -> None:
    watch.saw("flux", "unloaded")
    clock.advance(2.0)
    watch.saw("flux", "ready")
    assert watch.remaining_s("flux") == pytest.approx(2.0)


def test_a_load_that_fails_teaches_nothing(
    watch: LoadWatch, clock: ManualClock, times: LoadTimes
) -> None:
    watch.saw("flux", "loading")
    clock.advance(1.0)
    watch.saw("flux", "failed")
    watch.saw("flux", "ready")
    assert times.expected_s("flux") == UNKNOWN_LOAD_S


def test_what_has_begun_takes_the_rest(watch: LoadWatch, clock: ManualClock) -> None:
    watch.saw("flux", "loading")
    clock.advance(10.0)
    watch.saw("flux", "loading")
    assert watch.remaining_s("flux") == pytest.approx(UNKNOWN_LOAD_S - 10.0)


def test_what_takes_longer_than_expected_takes_longer_still(
    watch: LoadWatch, clock: ManualClock
) -> None:
    watch.saw("flux", "loading")
    clock.advance(200.0)
    assert watch.remaining_s("flux") == pytest.approx(100.0)


def test_progress_says_it_best(watch: LoadWatch, clock: ManualClock) -> None:
    watch.saw("flux", "loading", progress=0.2)
    clock.advance(30.0)
    watch.saw("flux", "loading", progress=0.5)
    assert watch.remaining_s("flux") == pytest.approx(50.0)

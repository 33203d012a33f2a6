import pytest

from easel.clock import ManualClock
from easel.contract.replicas import EndedGenerations, GenerationSeconds
from easel.text2image.recent_endings import RecentEndings


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(start_s=1234.5)


@pytest.fixture
def recent(clock: ManualClock) -> RecentEndings:
    return RecentEndings(clock)


def test_a_server_that_has_just_begun_knows_no_times(recent: RecentEndings) -> None:
    document = recent.document()
    assert (document.completed, document.failed, document.images) == (0, 0, 0)
    assert document.generation_seconds is None
    assert document.window_s == 0


def test_completed_failed_and_images_are_counted(recent: RecentEndings) -> None:
    recent.completed(2.0, images=4)
    recent.completed(3.0, images=1)
    recent.failed()
    document = recent.document()
    assert (document.completed, document.failed, document.images) == (2, 1, 5)
    assert document.last_minute == EndedGenerations(completed=2, failed=1, images=5)


def test_failures_alone_have_no_times(recent: RecentEndings) -> None:
    recent.failed()
    assert recent.document().generation_seconds is None


def test_quantiles_are_the_least_times_that_so_many_took(
    recent: RecentEndings, clock: ManualClock
) -> None:
    for number in range(20, 0, -1):
        recent.completed(number, images=1)
        clock.advance(1)
    assert recent.document().generation_seconds == GenerationSeconds(p50=10, p95=19)


def test_one_generation_is_all_quantiles(recent: RecentEndings) -> None:
    recent.completed(3.4, images=1)
    assert recent.document().generation_seconds == GenerationSeconds(p50=3.4, p95=3.4)


@pytest.mark.parametrize("took_s", [0.0, 0.0123, 0.97, 12.6, 1234.0])
def test_times_are_right_to_two_digits(recent: RecentEndings, took_s: float) -> None:
    recent.completed(took_s, images=1)
    seconds = recent.document().generation_seconds
    assert seconds is not None
    assert seconds.p50 == pytest.approx(took_s, rel=0.05)


def test_what_is_older_than_ten_minutes_is_forgotten(
    recent: RecentEndings, clock: ManualClock
) -> None:
    recent.completed(9.0, images=2)
    clock.advance(300)
    recent.completed(1.0, images=1)
    recent.failed()
    clock.advance(299)
    assert recent.document().completed == 2
    clock.advance(1)
    document = recent.document()
    assert (document.completed, document.failed, document.images) == (1, 1, 1)
    assert document.generation_seconds == GenerationSeconds(p50=1.0, p95=1.0)
    clock.advance(300)
    assert recent.document().generation_seconds is None


def test_the_last_minute_is_told_apart(
    recent: RecentEndings, clock: ManualClock
) -> None:
    recent.completed(1.0, images=1)
    clock.advance(60)
    recent.failed()
    document = recent.document()
    assert document.last_minute == EndedGenerations(completed=0, failed=1, images=0)
    assert document.completed == 1


def test_the_window_grows_to_ten_minutes(
    recent: RecentEndings, clock: ManualClock
) -> None:
    clock.advance(42)
    assert recent.document().window_s == 42
    clock.advance(86_400)
    assert 599 <= recent.document().window_s <= 600


def test_memory_does_not_grow_with_what_is_painted(
    recent: RecentEndings, clock: ManualClock
) -> None:
    for number in range(5_000):
        recent.completed(1 + number / 1e6, images=1)
        clock.advance(0.5)
    assert len(recent._slices) <= 600
    assert sum(len(one.took) for one in recent._slices) <= 600

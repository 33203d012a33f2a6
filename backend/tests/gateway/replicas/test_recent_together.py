from easel.contract.replicas import (
    EndedGenerations,
    GenerationSeconds,
    RecentGenerations,
    ReplicaDocument,
)
from easel.gateway.replicas.recent_together import recent_together


def replica(recent: RecentGenerations | None) -> ReplicaDocument:
    return ReplicaDocument(
        url="http://gpu:8001",
        id="a",
        state="ready",
        models=("fake",),
        backlog_s=0.0,
        outstanding=0,
        seconds_per_cost_unit=None,
        detail=None,
        recent=recent,
    )


def told(
    completed: int, p50: float | None = None, p95: float = 0.0, *, failed: int = 0
) -> ReplicaDocument:
    seconds = None if p50 is None else GenerationSeconds(p50=p50, p95=p95)
    return replica(
        RecentGenerations(
            completed=completed,
            failed=failed,
            images=2 * completed,
            window_s=600.0 if completed else 12.0,
            generation_seconds=seconds,
            last_minute=EndedGenerations(completed=1, failed=0, images=2),
        )
    )


def test_servers_that_do_not_tell_have_nothing_together() -> None:
    assert recent_together([]) is None
    assert recent_together([replica(None), replica(None)]) is None


def test_one_server_speaks_for_itself() -> None:
    only = told(7, 2.0, 5.0, failed=1)
    assert recent_together([only, replica(None)]) == only.recent


def test_counts_are_added_up() -> None:
    both = recent_together([told(7, 2.0, 5.0, failed=1), told(3, 2.0, 5.0, failed=2)])
    assert both is not None
    assert (both.completed, both.failed, both.images) == (10, 3, 20)
    assert both.last_minute == EndedGenerations(completed=2, failed=0, images=4)


def test_equal_servers_are_as_fast_together_as_each() -> None:
    both = recent_together([told(9, 2.0, 5.0), told(400, 2.0, 5.0)])
    assert both is not None
    assert both.generation_seconds == GenerationSeconds(p50=2.0, p95=5.0)


def test_a_slow_server_with_little_to_do_does_not_move_the_middle() -> None:
    both = recent_together([told(10, 60.0, 90.0), told(90, 1.0, 2.0)])
    assert both is not None
    assert both.generation_seconds == GenerationSeconds(p50=1.0, p95=90.0)


def test_a_server_that_has_just_begun_says_nothing_of_times() -> None:
    both = recent_together([told(0), told(4, 1.0, 2.0)])
    assert both is not None
    assert both.generation_seconds == GenerationSeconds(p50=1.0, p95=2.0)
    assert both.window_s == 600.0


def test_no_times_together_are_not_known_either() -> None:
    both = recent_together([told(0), told(0)])
    assert both is not None
    assert both.generation_seconds is None

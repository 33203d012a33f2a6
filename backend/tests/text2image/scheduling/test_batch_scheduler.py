from dataclasses import replace

import pytest

from easel.contract.generations import Priority
from easel.text2image.scheduling.batch_scheduler import Batch, BatchScheduler
from easel.text2image.scheduling.cost_model import CostModel
from easel.text2image.scheduling.samples import BatchKey
from tests.simulation.simulated_server import simulate, taught
from tests.simulation.some_sample import LARGE, SMALL, WIDE, some_sample


def step_time(key: BatchKey, rows: int) -> float:
    """Flat up to four rows of 512 x 512, in proportion beyond."""
    return 0.1 * max(1.0, rows * key.pixels / SMALL.pixels / 4)


@pytest.fixture
def scheduler() -> BatchScheduler:
    """Knees of four rows of 512 x 512, and one of 1024 x 1024."""
    return BatchScheduler(taught(step_time, [SMALL, WIDE, LARGE]))


def next_ids(scheduler: BatchScheduler, now_s: float = 0.0) -> list[str]:
    batch = scheduler.next_batch(now_s)
    return [sample.id for sample in batch.samples] if batch else []


def step(scheduler: BatchScheduler, now_s: float = 0.0) -> Batch:
    batch = scheduler.next_batch(now_s)
    assert batch is not None
    scheduler.stepped(batch, step_time(batch.key, batch.rows), now_s)
    return batch


def test_nobody_here_means_no_batch(scheduler: BatchScheduler) -> None:
    assert scheduler.next_batch(0.0) is None
    assert len(scheduler) == 0


def test_an_id_joins_once(scheduler: BatchScheduler) -> None:
    scheduler.join(some_sample("a"))
    with pytest.raises(ValueError, match="here already"):
        scheduler.join(some_sample("a"))
    with pytest.raises(ValueError, match="nothing to compute"):
        scheduler.join(some_sample("b", steps=0))
    assert len(scheduler) == 1
    assert "a" in scheduler


def test_samples_of_one_key_share_a_step_whatever_their_steps(
    scheduler: BatchScheduler,
) -> None:
    scheduler.join(some_sample("a", steps=50))
    scheduler.join(some_sample("b", steps=4))
    scheduler.join(some_sample("c", WIDE, steps=4, joined_at_s=1))
    assert next_ids(scheduler) == ["b", "a"]


def test_one_joins_at_the_next_step_and_leaves_when_it_is_done(
    scheduler: BatchScheduler,
) -> None:
    scheduler.join(some_sample("a", steps=3))
    assert step(scheduler).rows == 1
    late = some_sample("b", steps=1)
    scheduler.join(late)
    batch = scheduler.next_batch(0.0)
    assert batch is not None
    assert scheduler.stepped(batch, 0.1, 0.1) == (late,)
    assert next_ids(scheduler) == ["a"]
    assert scheduler.remaining_steps("a") == 1


def test_a_batch_ends_at_the_knee(scheduler: BatchScheduler) -> None:
    for name in "abcdef":
        scheduler.join(some_sample(name))
    assert next_ids(scheduler) == ["a", "b", "c", "d"]


def test_rows_count_and_a_smaller_one_takes_the_place_left_over(
    scheduler: BatchScheduler,
) -> None:
    scheduler.join(some_sample("a", rows=1, steps=1))
    for name in "bcd":
        scheduler.join(some_sample(name, rows=2, steps=5))
    scheduler.join(some_sample("e", rows=1, steps=50))
    batch = scheduler.next_batch(0.0)
    assert batch is not None
    assert [sample.id for sample in batch.samples] == ["a", "b", "e"]
    assert batch.rows == 4


def test_a_leader_of_more_rows_than_the_cap_runs_all_the_same(
    scheduler: BatchScheduler,
) -> None:
    scheduler.join(some_sample("a", LARGE, rows=2))
    scheduler.join(some_sample("b", LARGE, rows=2))
    assert next_ids(scheduler) == ["a"]


def test_who_asked_to_be_alone_is(scheduler: BatchScheduler) -> None:
    scheduler.join(some_sample("a", replace(SMALL, alone="a")))
    scheduler.join(some_sample("b", replace(SMALL, alone="b")))
    scheduler.join(some_sample("c"))
    assert next_ids(scheduler) == ["a"]


def test_a_short_sample_goes_before_a_long_one_that_runs(
    scheduler: BatchScheduler,
) -> None:
    scheduler.join(some_sample("long", WIDE, steps=50))
    step(scheduler)
    scheduler.join(some_sample("short", SMALL, steps=4, joined_at_s=0.1))
    assert next_ids(scheduler, 0.1) == ["short"]


def test_an_equal_one_does_not_interrupt_who_runs(scheduler: BatchScheduler) -> None:
    scheduler.join(some_sample("first", WIDE, steps=10, joined_at_s=0.0))
    step(scheduler)
    scheduler.join(some_sample("second", SMALL, steps=10, joined_at_s=0.0))
    assert next_ids(scheduler, 0.1) == ["first"]


def test_equal_jobs_run_cap_by_cap_and_not_round_robin(
    scheduler: BatchScheduler,
) -> None:
    jobs = [some_sample(f"job {place}", steps=10) for place in range(8)]
    outcome = simulate(scheduler, jobs, step_time)
    finished_s = [round(outcome.finished_s[job.id], 3) for job in jobs]
    assert finished_s == [1.0] * 4 + [2.0] * 4


def test_waiting_outweighs_shortness_in_the_end(scheduler: BatchScheduler) -> None:
    scheduler.join(some_sample("long", WIDE, steps=50, joined_at_s=0))  # 5 s
    scheduler.join(some_sample("short", steps=4, joined_at_s=40))  # 0.4 s
    assert next_ids(scheduler, 40) == ["short"]
    scheduler.leave("short")
    scheduler.join(some_sample("late", steps=4, joined_at_s=50))
    assert next_ids(scheduler, 50) == ["long"]


def test_classes_come_before_shortness(scheduler: BatchScheduler) -> None:
    priorities: list[Priority] = ["background", "batch", "interactive"]
    for steps, priority in enumerate(priorities, start=1):
        key = replace(SMALL, alone=priority)
        scheduler.join(some_sample(priority, key, steps=steps, priority=priority))
    assert [one.id for one in scheduler.ranked(0.0)] == priorities[::-1]


def test_each_minute_of_waiting_promotes_by_a_class(
    scheduler: BatchScheduler,
) -> None:
    old = some_sample("old", priority="background", joined_at_s=0)
    assert [scheduler.priority_class(old, at_s) for at_s in (0, 59, 60, 120, 999)] == [
        2,
        2,
        1,
        0,
        0,
    ]
    new = some_sample("new", priority="interactive", joined_at_s=500)
    assert scheduler.priority_class(new, 0.0) == 0


def test_a_lower_class_fills_the_forward_pass_of_a_higher_one(
    scheduler: BatchScheduler,
) -> None:
    scheduler.join(some_sample("background", SMALL, priority="background"))
    scheduler.join(some_sample("wide", WIDE, steps=99))
    scheduler.join(some_sample("leader", SMALL, steps=1))
    assert next_ids(scheduler) == ["leader", "background"]


def test_users_take_turns_of_a_quantum() -> None:
    scheduler = BatchScheduler(taught(step_time, [SMALL, WIDE]), quantum_s=0.5)
    scheduler.join(some_sample("ann", SMALL, steps=20, user="ann"))
    scheduler.join(some_sample("ben", WIDE, steps=30, user="ben"))
    leaders = "".join(step(scheduler).samples[0].id[0] for _ in range(20))
    assert abs(leaders.count("a") - leaders.count("b")) <= 2
    assert leaders.count("ab") + leaders.count("ba") <= 5


def test_a_step_is_charged_in_proportion_to_rows(scheduler: BatchScheduler) -> None:
    guided, plain = some_sample("a", rows=2, user="ann"), some_sample("b", user="ben")
    scheduler.join(guided)
    scheduler.join(plain)
    batch = scheduler.next_batch(0.0)
    assert batch is not None
    scheduler.stepped(batch, 18.0, 18.0)
    # 12 s and 6 s, where each was due 9 s; in quanta of 2 s, counted from that.
    standing = scheduler.standings()["interactive"]
    assert [standing.bucket(user) for user in ("ann", "ben")] == [2, 0]


def test_waiting_in_a_lower_class_saves_up_no_claim(scheduler: BatchScheduler) -> None:
    scheduler.join(some_sample("ann", SMALL, steps=200, user="ann"))
    scheduler.join(some_sample("ben", WIDE, user="ben", priority="background"))
    for _ in range(150):
        step(scheduler)
    scheduler.join(some_sample("cleo", WIDE, user="cleo", priority="background"))
    scheduler.join(some_sample("dora", LARGE, steps=60, user="dora"))
    assert scheduler.ranked(0.0)[0].id == "ann"
    standing = scheduler.standings()["background"]
    assert standing.bucket("ben") == standing.bucket("cleo") == 0


def test_who_left_during_the_step_is_passed_over(scheduler: BatchScheduler) -> None:
    staying = some_sample("b", steps=1)
    scheduler.join(some_sample("a", steps=1))
    scheduler.join(staying)
    batch = scheduler.next_batch(0.0)
    assert batch is not None
    scheduler.leave("a")
    assert scheduler.stepped(batch, 0.1, 0.1) == (staying,)
    assert "a" not in scheduler
    scheduler.leave("a")
    with pytest.raises(KeyError):
        scheduler.remaining_steps("a")


def test_out_of_memory_keeps_the_samples_and_halves_the_batch(
    scheduler: BatchScheduler,
) -> None:
    for name in "abcd":
        scheduler.join(some_sample(name, steps=7))
    batch = scheduler.next_batch(0.0)
    assert batch is not None
    scheduler.out_of_memory(batch)
    assert next_ids(scheduler) == ["a", "b"]
    assert scheduler.remaining_steps("a") == 7


def test_without_measurements_size_and_steps_decide() -> None:
    scheduler = BatchScheduler(CostModel())
    scheduler.join(some_sample("large", LARGE, steps=10))
    scheduler.join(some_sample("guided", SMALL, rows=2, steps=10))
    scheduler.join(some_sample("small", SMALL, steps=10))
    ids = [one.id for one in scheduler.ranked(0.0)]
    assert ids == ["small", "guided", "large"]


def test_times_learnt_meanwhile_change_the_order() -> None:
    costs = CostModel()
    scheduler = BatchScheduler(costs)
    other = BatchKey("another/model", 512, 512)
    scheduler.join(some_sample("slow model", SMALL, steps=9))
    scheduler.join(some_sample("quick model", other, steps=10))
    for _ in range(4):
        costs.learn_step(other, 1, 0.01)
    assert step(scheduler).key == SMALL
    batch = Batch(other, (some_sample("gone", other),), 1)
    scheduler.stepped(batch, 0.01, 0.0)
    assert next_ids(scheduler) == ["quick model"]

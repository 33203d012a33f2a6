"""Where a newcomer would stand is where he stands when he has joined."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from easel.text2image.scheduling.batch_scheduler import BatchScheduler
from easel.text2image.scheduling.forecast import forecast
from easel.text2image.scheduling.outline import Outline, PlannedWork
from easel.text2image.scheduling.samples import PRIORITIES, BatchKey, QueuedSample
from tests.simulation.simulated_server import taught
from tests.simulation.some_sample import SMALL, WIDE, some_sample

OVERHEAD_S = 0.2
NOW_S = 8.0


def step_time(key: BatchKey, rows: int) -> float:
    """In proportion, so that what others cost does not depend on who is beside them."""
    return 0.04 * rows * key.pixels / SMALL.pixels


def server(*samples: QueuedSample) -> BatchScheduler:
    costs = taught(step_time, [SMALL, WIDE])
    for key in (SMALL, WIDE):
        costs.learn_overhead(key, OVERHEAD_S)
    scheduler = BatchScheduler(costs)
    for sample in samples:
        scheduler.join(sample)
    return scheduler


def outlined(scheduler: BatchScheduler) -> Outline:
    """Who is here counts with his steps only."""
    return forecast(scheduler, taught(step_time, [SMALL, WIDE]), NOW_S).outline


def planned(outline: Outline, newcomer: QueuedSample, overhead_s: float) -> PlannedWork:
    alone_s = newcomer.steps * step_time(newcomer.key, newcomer.rows)
    account = newcomer.priority, newcomer.user
    aged_s = outline.aged_s(alone_s + overhead_s, newcomer.joined_at_s)
    turn = outline.turn(account, aged_s)
    return PlannedWork(turn, account, alone_s, alone_s + overhead_s)


def before_s(scheduler: BatchScheduler, newcomer: QueuedSample) -> float:
    outline = outlined(scheduler)
    return outline.before_s(planned(outline, newcomer, OVERHEAD_S))


def test_nobody_is_before_the_first() -> None:
    assert before_s(server(), some_sample("new", joined_at_s=NOW_S)) == 0.0


def test_who_has_less_work_is_before_who_has_more() -> None:
    scheduler = server(some_sample("short", steps=5), some_sample("long", steps=50))
    short_s, long_s = 5 * 0.04, 50 * 0.04
    for steps, expected_s in ((3, 0.0), (20, short_s), (100, short_s + long_s)):
        newcomer = some_sample("new", steps=steps)
        assert before_s(scheduler, newcomer) == pytest.approx(expected_s)


def test_who_has_waited_is_before_a_newcomer_with_a_little_less_work() -> None:
    scheduler = server(some_sample("long", steps=20, joined_at_s=0.0))
    newcomer = some_sample("new", steps=10)
    assert before_s(scheduler, newcomer) == 0.0
    # Eight seconds of waiting outweigh 0.8 s of work.
    late = replace(newcomer, joined_at_s=NOW_S)
    assert before_s(scheduler, late) == pytest.approx(20 * 0.04)


def test_a_newcomer_is_behind_his_own_queue_but_not_behind_that_of_another() -> None:
    flood = [some_sample(f"ann {place}", steps=25, user="ann") for place in range(20)]
    scheduler = server(*flood)
    one_s = 25 * 0.04
    of_ann = some_sample("new", steps=30, user="ann")
    of_ben = replace(of_ann, user="ben")
    assert before_s(scheduler, of_ann) == pytest.approx(20 * one_s)
    # Hers until she is a quantum ahead.
    assert before_s(scheduler, of_ben) == pytest.approx(2 * one_s)


def test_lower_classes_are_behind() -> None:
    scheduler = server(
        some_sample("batch", steps=5, priority="batch"), some_sample("now", steps=50)
    )
    urgent = some_sample("new", steps=100)
    assert before_s(scheduler, urgent) == pytest.approx(50 * 0.04)
    later = replace(urgent, priority="background")
    assert before_s(scheduler, later) == pytest.approx(55 * 0.04)


def test_who_has_gone_ahead_comes_back_where_he_was() -> None:
    scheduler = server(some_sample("ann", user="ann"), some_sample("ben", user="ben"))
    batch = scheduler.next_batch(0.0)
    assert batch is not None
    ann = next(one for one in batch.samples if one.user == "ann")
    scheduler.stepped(replace(batch, samples=(ann,), rows=1), 20.0, 20.0)
    scheduler.leave("ann")
    outline = outlined(scheduler)
    # She had 20 s where both were due 10 s.
    assert outline.turn(("interactive", "ann"), 0.0).bucket == 5
    assert outline.turn(("interactive", "somebody new"), 0.0).bucket == 0


samples = st.builds(
    some_sample,
    st.just(""),
    st.sampled_from([SMALL, WIDE]),
    rows=st.integers(1, 2),
    steps=st.integers(1, 60),
    priority=st.sampled_from(PRIORITIES),
    user=st.sampled_from(["ann", "ben", "cleo"]),
)


@given(
    here=st.lists(samples, max_size=25),
    steps_made=st.integers(0, 30),
    newcomer=samples,
)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_he_stands_where_he_would_stand_if_he_joined(
    here: list[QueuedSample], steps_made: int, newcomer: QueuedSample
) -> None:
    costs = taught(step_time, [SMALL, WIDE])
    scheduler = BatchScheduler(costs)
    for place, sample in enumerate(here):
        joined_at_s = 0.3 * place
        scheduler.join(replace(sample, id=f"{place}", joined_at_s=joined_at_s))
    for _ in range(steps_made):
        if batch := scheduler.next_batch(NOW_S):
            scheduler.stepped(batch, step_time(batch.key, batch.rows), NOW_S)
    newcomer = replace(newcomer, id="new", joined_at_s=NOW_S)
    outline = forecast(scheduler, costs, NOW_S).outline
    work = planned(outline, newcomer, 0.0)
    scheduler.join(newcomer)
    foretold = forecast(scheduler, costs, NOW_S)
    before = sum(other <= work.turn for other in outline.turns)
    assert foretold.places["new"].position == before + 1
    done_s = foretold.outline.until_s[before]
    assert outline.before_s(work) + work.work_s == pytest.approx(done_s)

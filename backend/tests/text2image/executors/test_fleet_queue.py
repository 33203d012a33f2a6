"""Who is sent next, and when everyone is done, on several devices."""

from dataclasses import replace

import pytest

from easel.text2image.engine_thread.painting import Painting
from easel.text2image.executors.fleet_queue import FleetQueue, no_costs
from easel.text2image.scheduling.cost_table import CostTable
from easel.text2image.scheduling.samples import BatchKey
from tests.text2image.some_painting import some_painting

KEY = BatchKey(model="fake", width=512, height=512)


def costs(step_s: float = 1.0, overhead_s: float = 0.0) -> CostTable:
    """A device that paints one row at a time."""
    return replace(
        no_costs(1),
        curves={KEY: ((1, step_s),)},
        overheads={KEY: overhead_s},
        caps={KEY: 1},
    )


def joined(queue: FleetQueue, *paintings: Painting) -> None:
    for painting in paintings:
        queue.join(painting, range(len(painting.specs)))


def test_the_least_work_is_next_and_priority_before_it() -> None:
    queue = FleetQueue(costs())
    urgent = some_painting("urgent", steps=50)
    joined(queue, some_painting("long", steps=9), some_painting("short", steps=2))
    assert queue.ranked(0.0) == ["short", "long"]
    batch = some_painting("batch", steps=1)
    batch.priority = "batch"
    joined(queue, urgent, batch)
    assert queue.ranked(0.0) == ["short", "long", "urgent", "batch"]


def test_two_devices_are_done_in_half_the_time() -> None:
    queue = FleetQueue(costs())
    joined(queue, *(some_painting(name, steps=4) for name in "abcd"))
    one = queue.view(0.0, devices=1, begun=set())
    two = queue.view(0.0, devices=2, begun=set())
    assert one.backlog_s == pytest.approx(16.0)
    assert two.backlog_s == pytest.approx(8.0)
    assert queue.work_s(0.0) == pytest.approx(16.0)
    assert two.waiting == tuple("abcd")
    assert two.etas["d"] == pytest.approx(8.0)


def test_no_number_of_devices_paints_one_image_quicker() -> None:
    queue = FleetQueue(costs(overhead_s=0.5))
    joined(queue, some_painting("a", steps=4))
    view = queue.view(0.0, devices=8, begun={"a"})
    assert view.etas["a"] == pytest.approx(4.5)
    assert view.waiting == ()


def test_steps_that_a_replica_made_are_done() -> None:
    queue = FleetQueue(costs())
    joined(queue, some_painting("a", steps=4))
    queue.stepped("a", 3, rows=1, seconds=1.0, now_s=3.0)
    # What another replica repeats changes nothing.
    queue.stepped("a", 2, rows=1, seconds=1.0, now_s=4.0)
    assert queue.work_s(4.0) == pytest.approx(1.0)
    assert queue.leave("a") == 1
    assert queue.leave("a") == 0
    assert queue.ranked(4.0) == []


def test_who_was_served_more_waits_for_the_others() -> None:
    queue = FleetQueue(costs())
    greedy, modest = some_painting("a", steps=9), some_painting("m", steps=9)
    greedy.user, modest.user = "greedy", "modest"
    joined(queue, greedy, modest)
    assert queue.ranked(0.0) == ["a", "m"]
    queue.stepped("a", 8, rows=1, seconds=1.0, now_s=8.0)
    assert queue.ranked(8.0) == ["m", "a"]


def test_without_measurements_nothing_is_promised() -> None:
    queue = FleetQueue(no_costs(4))
    joined(queue, some_painting("a"))
    view = queue.view(0.0, devices=1, begun=set())
    assert view.backlog_s is None
    assert view.etas == {"a": None}
    assert queue.work_s(0.0) is None
    queue.learn(costs())
    assert queue.view(0.0, devices=1, begun=set()).etas["a"] == pytest.approx(3.0)

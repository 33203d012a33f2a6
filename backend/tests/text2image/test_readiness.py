"""What a refused caller is told: why, and when to come back."""

from random import Random

import pytest

from easel.clock import ManualClock
from easel.errors import EngineHung, ModelLoading, QueueFull
from easel.text2image.engine_thread.queue_view import QueueView
from easel.text2image.engine_thread.step_watch import StepWatch
from easel.text2image.metrics import ServerMetrics
from easel.text2image.present_generations import PresentGenerations
from easel.text2image.queue_board import QueueBoard
from easel.text2image.readiness import Readiness
from easel.text2image.settings import ServerSettings
from tests.text2image.some_generation import some_generation


class Entrance:
    """A loaded server that accepts 30 s of work.

    Args:
        backlog_s: That it has.
    """

    def __init__(self, backlog_s: float = 0.0) -> None:
        self.watch = StepWatch()
        self.present = PresentGenerations(ServerMetrics())
        board = QueueBoard()
        board.saw(QueueView(taken_at_s=0.0, last_number=0, backlog_s=backlog_s))
        self.clock = ManualClock()
        self.readiness = Readiness(
            ServerSettings(_env_file=None, max_backlog_s=30.0, max_queued=2),
            self.present,
            board,
            self.watch,
            self.clock,
            Random(1).random,
        )
        self.readiness.is_loaded = True

    def told_s(self, count: int) -> list[float]:
        """The waits of so many who are refused together."""
        refusals = [self.readiness.why_not() for _ in range(count)]
        return [one.retry_after_s for one in refusals if one and one.retry_after_s]


@pytest.fixture
def full() -> Entrance:
    """Ten seconds of work too much."""
    entrance = Entrance(backlog_s=40.0)
    entrance.present.add(some_generation("a"))
    return entrance


def test_who_finds_room_is_taken() -> None:
    entrance = Entrance(backlog_s=30.0)
    entrance.present.add(some_generation("a"))
    assert entrance.readiness.why_not() is None


def test_who_is_refused_is_told_why_and_about_when_there_will_be_room(
    full: Entrance,
) -> None:
    refusal = full.readiness.why_not()
    assert isinstance(refusal, QueueFull)
    assert refusal.detail == (
        "The queue is full: 40 s of work are accepted; the limit is 30 s."
    )
    assert refusal.retry_after_s == pytest.approx(10.0, rel=0.2)


def test_a_crowd_that_is_refused_is_not_asked_back_together(full: Entrance) -> None:
    told_s = full.told_s(100)
    assert len(told_s) == 100
    assert len(set(told_s)) > 20
    assert min(told_s) < 9.0
    assert max(told_s) > 11.0
    assert sum(told_s) / 100 == pytest.approx(10.0, rel=0.05)


def test_a_full_house_names_its_limit() -> None:
    entrance = Entrance(backlog_s=6.0)
    for name in "abc":
        entrance.present.add(some_generation(name))
    refusal = entrance.readiness.why_not()
    assert isinstance(refusal, QueueFull)
    assert refusal.detail == "The queue is full: 2 wait; the limit is 2."
    assert refusal.retry_after_s == pytest.approx(2.0, rel=0.2)


def test_those_who_came_before_it_was_loaded_do_not_return_together() -> None:
    entrance = Entrance()
    entrance.readiness.is_loaded = False
    assert isinstance(entrance.readiness.why_not(), ModelLoading)
    told_s = entrance.told_s(100)
    assert 4.0 <= min(told_s) < 4.5
    assert 5.5 < max(told_s) <= 6.0


def test_a_device_that_hangs_takes_nobody() -> None:
    entrance = Entrance()
    entrance.watch.begin(0.0, None)
    entrance.clock.advance(100.0)
    refusal = entrance.readiness.why_not()
    assert isinstance(refusal, EngineHung)
    assert refusal.retry_after_s == pytest.approx(5.0, rel=0.2)

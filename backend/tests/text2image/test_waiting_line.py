import pytest

from easel.clock import ManualClock
from easel.contract.generations import Generation, QueuedGeneration
from easel.text2image.waiting_line import WaitingLine
from tests.text2image.some_generation import some_generation


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def line(clock: ManualClock) -> WaitingLine:
    """Steps of one second and nothing else; two generations wait."""
    line = WaitingLine(clock)
    first, second = some_generation("a", steps=10), some_generation("b", steps=5)
    line.pace.learn(first.parameters, denoise_s=10, overhead_s=0)
    line.join(first)
    line.join(second)
    return line


def place(document: Generation) -> tuple[int, float | None]:
    assert isinstance(document, QueuedGeneration)
    return document.position, document.eta_s


def test_the_backlog_is_the_time_of_all_that_is_here(line: WaitingLine) -> None:
    assert line.backlog_s == pytest.approx(15)
    assert line.eta_of_next(some_generation("c").parameters) == pytest.approx(25)


def test_everyone_behind_moves_up_when_one_leaves(line: WaitingLine) -> None:
    first, second = line.waiting
    line.leave(first)
    position, eta_s = place(second.document)
    assert position == 1
    assert eta_s == pytest.approx(5)


def test_who_waits_behind_the_running_one_knows_for_how_long(
    line: WaitingLine, clock: ManualClock
) -> None:
    first, second = line.waiting
    line.run(first)
    assert place(second.document) == (1, 15)
    clock.advance(4)
    line.refresh()
    assert place(second.document) == (1, 11)
    assert line.backlog_s == pytest.approx(11)


def test_the_running_one_counts_with_what_it_has_left(
    line: WaitingLine, clock: ManualClock
) -> None:
    first, second = line.waiting
    line.run(first)
    assert line.next_free_s == pytest.approx(10)
    for step in (1, 2, 3):
        clock.advance(0.5)
        line.after_step(step)
    assert line.next_free_s == pytest.approx(3.5)
    line.release(first)
    assert line.next_free_s == 0
    assert line.waiting == [second]


def test_a_cancelled_one_holds_nobody_up(line: WaitingLine) -> None:
    first, _ = line.waiting
    line.run(first)
    first.cancel("requested", 0.0)
    assert line.backlog_s == pytest.approx(5)


def test_without_a_measurement_nothing_is_promised(clock: ManualClock) -> None:
    line = WaitingLine(clock)
    line.join(some_generation("a"))
    assert line.backlog_s is None
    assert line.eta_of_next(some_generation("b").parameters) is None


def test_leaving_twice_changes_nothing(line: WaitingLine) -> None:
    first = line.waiting[0]
    line.leave(first)
    line.leave(first)
    assert len(line.waiting) == 1

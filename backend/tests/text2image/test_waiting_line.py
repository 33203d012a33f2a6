import pytest

from easel.contract.generations import Generation, QueuedGeneration
from easel.text2image.waiting_line import WaitingLine
from tests.text2image.some_generation import some_generation


@pytest.fixture
def line() -> WaitingLine:
    """Steps of one second and nothing else; two generations wait."""
    line = WaitingLine()
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


def test_the_running_one_counts_with_what_it_has_left(line: WaitingLine) -> None:
    first, second = line.waiting
    line.run(first)
    first.start(0.0, 10.0)
    assert line.next_free_s == pytest.approx(10)
    first.progress(6, eta_s=4.0)
    assert line.backlog_s == pytest.approx(9)
    line.release(first)
    assert line.next_free_s == 0
    assert line.waiting == [second]


def test_without_a_measurement_nothing_is_promised() -> None:
    line = WaitingLine()
    line.join(some_generation("a"))
    assert line.backlog_s is None
    assert line.eta_of_next(some_generation("b").parameters) is None


def test_leaving_twice_changes_nothing(line: WaitingLine) -> None:
    first = line.waiting[0]
    line.leave(first)
    line.leave(first)
    assert len(line.waiting) == 1

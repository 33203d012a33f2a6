from easel.clock import ManualClock
from easel.gateway.retry_budget import RetryBudget


def test_a_tenth_of_what_was_asked_lately_may_be_tried_again() -> None:
    clock = ManualClock()
    budget = RetryBudget(clock, share=0.1, floor=0)
    for _ in range(30):
        budget.asked()
    assert [budget.take() for _ in range(5)] == [True, True, True, False, False]


def test_the_window_moves_on() -> None:
    clock = ManualClock()
    budget = RetryBudget(clock, share=0.1, floor=1)
    assert budget.take()
    assert not budget.take()
    clock.advance(10.1)
    assert budget.take()


def test_all_that_a_dying_server_loses_may_be_tried_again() -> None:
    budget = RetryBudget(ManualClock(), share=0.1, floor=10)
    for _ in range(10):
        budget.asked()
    assert all(budget.take() for _ in range(10))
    assert not budget.take()


def test_without_a_share_nothing_is_tried_again() -> None:
    budget = RetryBudget(ManualClock(), share=0.0, floor=10)
    budget.asked()
    assert not budget.take()

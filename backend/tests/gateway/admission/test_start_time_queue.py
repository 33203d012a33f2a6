from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.gateway.admission.start_time_queue import Claim, StartTimeQueue
from easel.gateway.admission.tickets import Ticket
from tests.gateway.admission.some_ticket import some_ticket

COSTS = st.floats(0.1, 100)
WEIGHTS = st.floats(0.25, 8)


class Adder:
    """Numbers claims as they come."""

    def __init__(self) -> None:
        self.queue = StartTimeQueue()
        self._number = 0

    def __call__(self, caller: str, cost: float = 1.0, weight: float = 1.0) -> Ticket:
        self._number += 1
        ticket = some_ticket(caller, cost=cost, weight=weight)
        self.queue.add(Claim(self._number, ticket))
        return ticket


@pytest.fixture
def add() -> Adder:
    return Adder()


def served(queue: StartTimeQueue, count: int) -> str:
    return "".join(queue.serve_next().caller for _ in range(count))


def test_callers_take_turns_however_many_tickets_each_has(add: Adder) -> None:
    for _ in range(6):
        add("a")
    add("b")
    add("b")
    assert served(add.queue, 8) == "ababaaaa"


def test_one_callers_tickets_stay_in_their_order(add: Adder) -> None:
    tickets = [add("a", cost=cost) for cost in (9, 1, 5)]
    assert [add.queue.serve_next() for _ in tickets] == tickets


def test_who_asks_for_more_has_fewer_turns(add: Adder) -> None:
    for _ in range(3):
        add("a", cost=3)
    for _ in range(9):
        add("b", cost=1)
    assert served(add.queue, 8).count("b") == 6


def test_double_the_weight_is_double_the_share(add: Adder) -> None:
    for _ in range(12):
        add("a", weight=2)
        add("b", weight=1)
    assert served(add.queue, 12).count("a") == 8


def test_a_newcomer_is_before_the_next_one_of_a_flood(add: Adder) -> None:
    for _ in range(10):
        add("a")
    served(add.queue, 4)
    add("b")
    assert served(add.queue, 2) == "ba"


def test_who_is_served_one_at_a_time_takes_turns_with_a_flood(add: Adder) -> None:
    for _ in range(20):
        add("a")
    order = served(add.queue, 1)
    for _ in range(6):
        add("b")
        order += served(add.queue, 2)
    assert order == "a" + 6 * "ba"


def test_what_was_used_while_nobody_waited_is_not_held_against_anybody(
    add: Adder,
) -> None:
    add("b", cost=100)
    add.queue.serve_next()
    for _ in range(50):
        add("a")
        add.queue.serve_next()
    for caller in "aaaccc":
        add(caller)
    assert served(add.queue, 6) == "cacaca"


def test_time_away_earns_nothing(add: Adder) -> None:
    for _ in range(10):
        add("a")
    add("b")
    served(add.queue, 8)
    for _ in range(4):
        add("b")
    assert served(add.queue, 7) == "bababab"


def test_a_ticket_taken_out_was_never_there(add: Adder) -> None:
    first = add("a", cost=50)
    add("a")
    add("b")
    assert add.queue.remove(first.id)
    assert not add.queue.remove(first.id)
    assert served(add.queue, 2) == "ab"


def test_who_left_without_being_served_is_forgotten(add: Adder) -> None:
    ticket = add("a")
    add.queue.remove(ticket.id)
    assert add.queue.flows == {}


def test_after_a_rest_nobody_is_ahead(add: Adder) -> None:
    for _ in range(5):
        add("a", cost=100)
    served(add.queue, 5)
    add.queue.rest()
    assert add.queue == StartTimeQueue()


def test_what_costs_nothing_does_not_go_before_others_forever(add: Adder) -> None:
    for _ in range(1000):
        add("a", cost=0)
    add("b")
    add("b")
    assert served(add.queue, 400).count("b") == 2


def test_nothing_can_be_served_from_an_empty_queue(add: Adder) -> None:
    with pytest.raises(ValueError, match="empty"):
        add.queue.serve_next()


@given(
    weights=st.lists(WEIGHTS, min_size=2, max_size=5),
    costs=st.lists(COSTS, min_size=1, max_size=50),
    passers_by=st.lists(st.tuples(st.integers(0, 60), COSTS), max_size=30),
)
def test_backlogged_callers_are_never_further_apart_than_their_largest_tickets(
    weights: list[float],
    costs: list[float],
    passers_by: list[tuple[int, float]],
) -> None:
    add = Adder()
    callers = {f"caller-{place}": weight for place, weight in enumerate(weights)}
    largest = dict.fromkeys(callers, 0.0)
    had = dict.fromkeys(callers, 0.0)
    next_cost = cycle(costs)

    def come(caller: str) -> None:
        cost = next(next_cost)
        largest[caller] = max(largest[caller], cost / callers[caller])
        add(caller, cost, callers[caller])

    for caller in callers:
        come(caller)
        come(caller)
    for turn in range(60):
        for number, (when, cost) in enumerate(passers_by):
            if when == turn:
                add(f"passer-by-{number}", cost)
        ticket = add.queue.serve_next()
        if ticket.caller in callers:
            had[ticket.caller] += ticket.cost / ticket.weight
            come(ticket.caller)
        for one in callers:
            for other in callers:
                apart = abs(had[one] - had[other])
                assert apart <= largest[one] + largest[other] + 1e-6


@given(
    backlog=st.integers(1, 5),
    costs=st.lists(st.floats(1, 10), min_size=1, max_size=10),
)
def test_nobody_starves_however_many_new_callers_come(
    backlog: int, costs: list[float]
) -> None:
    add = Adder()
    waiting = {add("me", cost=3).id for _ in range(backlog)}
    turns = 0
    while waiting:
        # One comes for each that goes, for as long as it takes.
        add(f"new-{turns}", costs[turns % len(costs)])
        waiting.discard(add.queue.serve_next().id)
        turns += 1
        assert turns < 1000

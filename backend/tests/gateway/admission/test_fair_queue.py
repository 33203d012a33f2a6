import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.contract.generations import Priority
from easel.gateway.admission.fair_queue import PATIENCE, PRIORITIES, FairQueue
from easel.gateway.admission.tickets import Ticket
from tests.gateway.admission.some_ticket import some_ticket

TICKETS = st.builds(
    some_ticket,
    caller=st.sampled_from("abcd"),
    cost=st.floats(0.1, 50),
    weight=st.sampled_from([0.5, 1.0, 3.0]),
    priority=st.sampled_from(PRIORITIES),
)

Arrival = tuple[str, Priority]


def a_queue(*arrivals: Arrival) -> FairQueue:
    queue = FairQueue(max_waiting=100)
    for caller, priority in arrivals:
        queue.join(some_ticket(caller, priority=priority))
    return queue


def test_a_better_class_is_served_first() -> None:
    queue = a_queue(("a", "background"), ("b", "batch"), ("c", "interactive"))
    assert [queue.serve_next().caller for _ in range(3)] == ["c", "b", "a"]


def test_what_was_used_in_one_class_does_not_count_in_another() -> None:
    batch: Arrival = ("a", "batch")
    queue = a_queue(*5 * [batch], ("a", "interactive"), ("b", "interactive"))
    assert queue.serve_next().caller == "a"
    assert queue.serve_next().caller == "b"


def test_under_full_load_no_class_starves_and_the_best_has_eight_of_ten() -> None:
    queue = FairQueue(max_waiting=1000)
    for priority in PRIORITIES:
        for _ in range(100):
            queue.join(some_ticket(priority=priority))
    served = [queue.serve_next().priority for _ in range(100)]
    assert served.count("interactive") == 80
    assert served.count("batch") == 10
    assert served.count("background") == 10


def test_a_class_is_passed_over_only_while_somebody_waits_in_it() -> None:
    interactive: Arrival = ("a", "interactive")
    queue = a_queue(*3 * PATIENCE * [interactive])
    batch = some_ticket(priority="batch")
    queue.join(batch)
    for _ in range(PATIENCE - 1):
        queue.serve_next()
    queue.withdraw(batch.id)
    queue.join(some_ticket(priority="batch"))
    served = [queue.serve_next().priority for _ in range(PATIENCE + 1)]
    assert served == [*(PATIENCE * ["interactive"]), "batch"]


def test_a_flood_fills_the_queue_for_itself_only() -> None:
    queue = FairQueue(max_waiting=4)
    flood = [some_ticket("a") for _ in range(5)]
    refused = [queue.join(ticket) for ticket in flood]
    assert refused == [None, None, None, None, flood[4]]
    assert queue.join(some_ticket("b")) is flood[3]
    assert queue.join(some_ticket("b")) is flood[2]
    newcomer = some_ticket("b")
    assert queue.join(newcomer) is newcomer
    assert len(queue) == 4


def test_a_lower_class_makes_room_for_a_better_one() -> None:
    queue = a_queue(("a", "background"), ("b", "batch"))
    background = next(ticket for ticket in queue.in_order() if ticket.caller == "a")
    queue.max_waiting = 2
    assert queue.join(some_ticket("a", priority="interactive")) is background
    worse = some_ticket("c", priority="background")
    assert queue.join(worse) is worse


def test_of_equal_claims_the_newest_goes() -> None:
    queue = FairQueue(max_waiting=2)
    queue.join(some_ticket("a"))
    queue.join(some_ticket("b"))
    newcomer = some_ticket("c")
    assert queue.join(newcomer) is newcomer


def test_a_queue_without_places_takes_nobody() -> None:
    ticket = some_ticket()
    assert FairQueue(max_waiting=0).join(ticket) is ticket


def test_who_need_not_wait_still_uses_his_share() -> None:
    queue = FairQueue(max_waiting=10)
    queue.pass_by(some_ticket("a"))
    queue.join(some_ticket("a"))
    queue.join(some_ticket("b"))
    assert queue.serve_next().caller == "b"


def test_the_cost_ahead_is_what_would_be_served_before() -> None:
    queue = FairQueue(max_waiting=10)
    for cost in (1, 2, 4):
        queue.join(some_ticket("a", cost=cost))
    queue.join(some_ticket("b", cost=8, priority="batch"))
    assert queue.cost_ahead(some_ticket("c")) == 1
    assert queue.cost_ahead(some_ticket("a")) == 7
    assert queue.cost_ahead(some_ticket("c", priority="background")) == 15


@pytest.mark.parametrize(
    ("cost", "weight"),
    [(1.0, 0.0), (-1.0, 1.0), (float("inf"), 1.0), (1.0, float("nan"))],
)
def test_what_cannot_be_weighed_has_no_place(cost: float, weight: float) -> None:
    with pytest.raises(ValueError, match="cost or weight"):
        FairQueue(max_waiting=1).join(some_ticket(cost=cost, weight=weight))


@given(st.lists(TICKETS, max_size=40), st.integers(1, 20))
def test_the_order_told_is_the_order_kept(
    tickets: list[Ticket], max_waiting: int
) -> None:
    queue = FairQueue(max_waiting)
    for ticket in tickets:
        queue.join(ticket)
    told = list(queue.in_order())
    assert [queue.serve_next() for _ in told] == told
    assert len(queue) == 0


@given(st.lists(TICKETS, max_size=40), st.integers(0, 20))
def test_each_ticket_is_served_refused_or_displaced(
    tickets: list[Ticket], max_waiting: int
) -> None:
    queue = FairQueue(max_waiting)
    ended = [queue.join(ticket) for ticket in tickets]
    assert len(queue) == min(len(tickets), max_waiting)
    gone = [ticket.id for ticket in ended if ticket]
    gone += [queue.serve_next().id for _ in range(len(queue))]
    assert sorted(gone) == sorted(ticket.id for ticket in tickets)


@given(st.lists(TICKETS, min_size=1, max_size=20), st.data())
def test_who_withdraws_leaves_no_trace(
    tickets: list[Ticket], data: st.DataObject
) -> None:
    with_him, without_him = FairQueue(100), FairQueue(100)
    absent = data.draw(st.sampled_from(tickets))
    for ticket in tickets:
        with_him.join(ticket)
        if ticket is not absent:
            without_him.join(ticket)
    with_him.withdraw(absent.id)
    assert list(with_him.in_order()) == list(without_him.in_order())

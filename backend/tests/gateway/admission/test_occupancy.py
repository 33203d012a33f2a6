from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
)

from easel.gateway.admission.fair_queue import PRIORITIES, FairQueue
from easel.gateway.admission.occupancy import Occupancy
from easel.gateway.admission.occupancy_file import as_json, from_json
from easel.gateway.admission.tickets import Place, Ticket
from tests.gateway.admission.some_ticket import some_ticket


def a_house(max_inside: int = 2, max_waiting: int = 3) -> Occupancy:
    return Occupancy(max_inside, FairQueue(max_waiting))


def one_that_takes_10_s(max_inside: int = 1, max_waiting: int = 3) -> Occupancy:
    """A unit of cost takes ten seconds, and somebody has been inside since 0.0."""
    house = a_house(max_inside, max_waiting)
    house.pace.learn(1.0, 10.0)
    house.enter(some_ticket("first"), "w", 0.0)
    return house


def test_so_many_are_inside_so_many_wait_and_the_next_is_refused() -> None:
    house = a_house(max_inside=2, max_waiting=3)
    entries = [house.enter(some_ticket(), "w", 0.0) for _ in range(6)]
    assert entries == ["inside", "inside", "waiting", "waiting", "waiting", "full"]
    state = house.state()
    assert (state.inside, state.waiting) == (2, 3)
    assert (state.max_inside, state.max_waiting) == (2, 3)


def test_who_leaves_lets_in_who_is_next_whichever_worker_he_is_in() -> None:
    house = a_house(max_inside=1)
    house.enter(some_ticket(cost=1.0), "w1", 0.0)
    house.enter(some_ticket(id="next"), "w2", 1.0)
    house.leave("w1", 1.0, 0.0, 5.0)
    assert house.take_verdicts("w1") == {}
    assert house.take_verdicts("w2") == {"next": 5.0}
    assert house.take_verdicts("w2") == {}
    assert (house.inside, len(house.queue)) == (1, 0)


def test_who_is_displaced_is_told_so() -> None:
    house = a_house(max_inside=1, max_waiting=1)
    house.enter(some_ticket("a"), "w1", 0.0)
    house.enter(some_ticket("a", id="flood"), "w1", 0.0)
    assert house.enter(some_ticket("b"), "w2", 0.0) == "waiting"
    assert house.take_verdicts("w1") == {"flood": None}


@pytest.mark.parametrize("has_verdict", [False, True])
def test_a_dead_worker_holds_nothing_and_waits_for_nothing(has_verdict: bool) -> None:
    house = a_house(max_inside=3, max_waiting=9)
    for _ in range(2):
        house.enter(some_ticket("dead"), "dead", 0.0)
    house.enter(some_ticket("ann", cost=1.0), "alive", 0.0)
    for _ in range(2):
        house.enter(some_ticket("dead"), "dead", 0.0)
    for name in ("one", "two"):
        house.enter(some_ticket(id=name), "alive", 0.0)
    if has_verdict:
        house.leave("alive", 1.0, 0.0, 1.0)
    house.remove_worker("dead", 2.0)
    assert set(house.take_verdicts("alive")) == {"one", "two"}
    assert house.workers() == {"alive"}
    assert len(house.queue) == 0


def test_a_ticket_withdrawn_before_or_after_it_was_let_in_leaves_no_trace() -> None:
    house = a_house(max_inside=1)
    house.enter(some_ticket(cost=1.0), "w1", 0.0)
    waiting, let_in = some_ticket("b"), some_ticket("a")
    house.enter(let_in, "w2", 0.0)
    house.enter(waiting, "w2", 0.0)
    house.withdraw(waiting, "w2", 0.0)
    house.leave("w1", 1.0, 0.0, 1.0)
    house.withdraw(let_in, "w2", 1.0)
    assert house.workers() == set()
    assert house.queue.classes == a_house().queue.classes


def test_a_place_that_is_given_back_unused_goes_to_the_next() -> None:
    house = a_house(max_inside=1)
    house.enter(some_ticket(cost=1.0), "w1", 0.0)
    let_in = some_ticket()
    house.enter(let_in, "w1", 0.0)
    house.enter(some_ticket(id="next"), "w1", 0.0)
    house.leave("w1", 1.0, 0.0, 1.0)
    house.withdraw(let_in, "w1", 2.0)
    assert house.take_verdicts("w1") == {"next": 2.0}


def test_more_places_let_in_who_waits_fewer_put_nobody_out() -> None:
    house = a_house(max_inside=1)
    for name in ("a", "b", "c"):
        house.enter(some_ticket(id=name), "w", 0.0)
    house.set_limits(2, 3, 1.0)
    assert house.take_verdicts("w") == {"b": 1.0}
    house.set_limits(1, 0, 2.0)
    assert (house.inside, len(house.queue)) == (2, 1)
    assert house.enter(some_ticket(), "w", 2.0) == "full"


def test_a_closed_house_takes_nobody_but_lets_in_who_waits() -> None:
    house = a_house(max_inside=1)
    house.enter(some_ticket(cost=1.0), "w", 0.0)
    house.enter(some_ticket(id="waits"), "w", 0.0)
    house.is_closed = True
    assert house.enter(some_ticket(), "w", 0.0) == "closed"
    house.leave("w", 1.0, 0.0, 1.0)
    assert house.take_verdicts("w") == {"waits": 1.0}


def test_only_who_left_with_something_to_show_teaches() -> None:
    house = a_house()
    for _ in range(2):
        house.enter(some_ticket(cost=4.0), "w", 0.0)
    house.leave("w", 4.0, 0.0, 0.1)
    assert house.pace.measured == 0
    house.leave("w", 4.0, 0.0, 8.0, took_s=8.0)
    assert house.pace.seconds_for(1.0) == pytest.approx(2.0)


def test_who_would_surely_be_too_late_is_refused_at_once() -> None:
    house = one_that_takes_10_s()
    assert house.enter(some_ticket(deadline_s=15.0), "w", 0.0) == "too_late"
    assert house.enter(some_ticket(deadline_s=17.0), "w", 0.0) == "waiting"
    # Half of the one inside is done by now.
    assert house.enter(some_ticket("b", deadline_s=22.0), "w", 5.0) == "waiting"


def test_what_takes_too_long_is_refused_also_where_places_are_free() -> None:
    house = one_that_takes_10_s(max_inside=5)
    assert house.enter(some_ticket(cost=10, deadline_s=60), "w", 0.0) == "too_late"


def test_an_empty_house_refuses_nobody() -> None:
    house = a_house()
    house.pace.learn(1.0, 1000.0)
    assert house.enter(some_ticket(deadline_s=1.0), "w", 0.0) == "inside"


def test_nobody_is_too_late_before_anything_was_measured() -> None:
    house = a_house(max_inside=1)
    for _ in range(3):
        assert house.enter(some_ticket(deadline_s=0.001), "w", 0.0) != "too_late"


def test_places_are_told_in_the_order_of_service_with_falling_etas() -> None:
    house = one_that_takes_10_s()
    for name in ("a", "b"):
        house.enter(some_ticket(name, id=name), "w", 0.0)
    assert house.places(0.0) == {"a": Place(1, 10.0), "b": Place(2, 20.0)}
    assert house.places(4.0) == {"a": Place(1, 6.0), "b": Place(2, 16.0)}


def test_no_eta_is_told_before_anything_was_measured() -> None:
    house = a_house(max_inside=1)
    for name in ("inside", "a"):
        house.enter(some_ticket(id=name), "w", 0.0)
    assert house.places(0.0) == {"a": Place(1, None)}


def test_after_an_idle_time_nobody_has_used_more_than_others() -> None:
    house = a_house(max_inside=1, max_waiting=9)
    house.enter(some_ticket("a", cost=500.0), "w", 0.0)
    house.leave("w", 500.0, 0.0, 10.0)
    house.enter(some_ticket("b"), "w", 20.0)
    for caller in "aba":
        house.enter(some_ticket(caller), "w", 20.0)
    order = [ticket.caller for ticket in house.queue.in_order()]
    assert order == ["a", "b", "a"]


class AnyTraffic(RuleBasedStateMachine):
    """Everything that can happen, with the state written and read each time."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.house = a_house(max_inside=3, max_waiting=5)
        self.most_inside = 3
        # What the workers know: where each ticket is, and what became of it.
        self.inside: dict[str, tuple[str, Ticket, float]] = {}
        self.queued: dict[str, tuple[str, Ticket]] = {}
        self.ends: Counter[str] = Counter()
        self.came: list[str] = []

    def keep(self) -> None:
        """Write and read it, and take all verdicts."""
        self.house = from_json(as_json(self.house))
        for worker in ("w1", "w2", "w3"):
            for ticket_id, entered_at_s in self.house.take_verdicts(worker).items():
                host, ticket = self.queued.pop(ticket_id)
                assert host == worker
                if entered_at_s is None:
                    self.ends[ticket_id] += 1
                else:
                    self.inside[ticket_id] = (worker, ticket, entered_at_s)

    @rule(
        caller=st.sampled_from("abc"),
        worker=st.sampled_from(["w1", "w2", "w3"]),
        cost=st.floats(0.1, 20),
        priority=st.sampled_from(PRIORITIES),
        deadline_s=st.sampled_from([5.0, 300.0, float("inf")]),
    )
    def come(self, worker: str, **ticket: object) -> None:
        newcomer = some_ticket(**ticket)  # type: ignore[arg-type] # drawn by name
        self.came.append(newcomer.id)
        had_place = self.house.has_place
        entry = self.house.enter(newcomer, worker, self.now_s)
        if entry == "inside":
            self.inside[newcomer.id] = (worker, newcomer, self.now_s)
        elif entry == "waiting":
            self.queued[newcomer.id] = (worker, newcomer)
        else:
            assert entry == "too_late" or not had_place
            self.ends[newcomer.id] += 1
        self.keep()

    @rule(data=st.data(), learns=st.booleans())
    def leave(self, data: st.DataObject, learns: bool) -> None:
        if not self.inside:
            return
        name = data.draw(st.sampled_from(sorted(self.inside)))
        worker, ticket, at_s = self.inside.pop(name)
        took_s = self.now_s - at_s if learns else None
        self.house.leave(worker, ticket.cost, at_s, self.now_s, took_s=took_s)
        self.ends[name] += 1
        self.keep()

    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        if not self.queued:
            return
        name = data.draw(st.sampled_from(sorted(self.queued)))
        worker, ticket = self.queued.pop(name)
        self.house.withdraw(ticket, worker, self.now_s)
        self.ends[name] += 1
        self.keep()

    @rule(worker=st.sampled_from(["w1", "w2", "w3"]))
    def die(self, worker: str) -> None:
        for known in (self.inside, self.queued):
            lost = [name for name, (host, *_) in known.items() if host == worker]
            for name in lost:
                del known[name]
                self.ends[name] += 1
        self.house.remove_worker(worker, self.now_s)
        self.keep()

    @rule(max_inside=st.integers(1, 5), max_waiting=st.integers(0, 6))
    def reload(self, max_inside: int, max_waiting: int) -> None:
        self.house.set_limits(max_inside, max_waiting, self.now_s)
        self.keep()
        self.most_inside = max(max_inside, len(self.inside))

    @rule(seconds=st.floats(0, 30))
    def time_passes(self, seconds: float) -> None:
        self.now_s += seconds

    @invariant()
    def never_are_more_inside_than_there_are_places(self) -> None:
        assert self.house.inside == len(self.inside)
        assert len(self.inside) <= self.most_inside
        self.most_inside = max(self.house.max_inside, len(self.inside))

    @invariant()
    def nobody_waits_while_a_place_is_free(self) -> None:
        assert len(self.house.queue) == len(self.queued) == len(self.house.hosts)
        assert not (self.house.has_place and self.queued)

    @invariant()
    def each_ticket_ends_once(self) -> None:
        for name in self.came:
            lives = (name in self.inside) + (name in self.queued)
            assert lives + self.ends[name] == 1

    @invariant()
    def the_state_stays_small(self) -> None:
        assert self.house.workers() <= {"w1", "w2", "w3"}
        assert not self.house.verdicts
        if not self.inside:
            flows = [queue.flows for queue in self.house.queue.classes.values()]
            assert flows == [{}, {}, {}]

    @invariant()
    def everybody_who_waits_has_a_place(self) -> None:
        places = self.house.places(self.now_s)
        assert places.keys() == self.queued.keys()
        assert [place.position for place in places.values()] == [
            *range(1, len(places) + 1)
        ]


AnyTraffic.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestAnyTraffic = AnyTraffic.TestCase

"""What the rules add up to: minutes of overload, played in simulated time."""

import heapq
import random
from collections.abc import Iterable
from itertools import count

import pytest

from easel.gateway.admission.fair_queue import FairQueue
from easel.gateway.admission.occupancy import Occupancy
from easel.gateway.admission.tickets import Ticket
from tests.gateway.admission.some_ticket import some_ticket

PLACES = 10
# Each takes so long inside, give or take a fifth.
PAINTING_S = 2.0
CAPACITY = PLACES / PAINTING_S  # a second


class Simulation:
    """One worker's door; everybody who is refused comes again after `again_s`."""

    def __init__(self, *, again_s: float | None = None) -> None:
        self.house = Occupancy(PLACES, FairQueue(max_waiting=4 * PLACES))
        self.waits_s: dict[str, float] = {}
        self.promised_s: dict[str, float] = {}
        self.done_at_s: list[float] = []
        self._again_s = again_s
        self._numbers = random.Random(4)
        self._came_at_s: dict[str, float] = {}
        self._tickets: dict[str, Ticket] = {}
        self._order = count()
        self._events: list[tuple[float, int, Ticket, float | None]] = []

    def play(self, arrivals: Iterable[tuple[float, Ticket]], until_s: float) -> None:
        for at_s, ticket in arrivals:
            self._later(at_s, ticket)
        while self._events and self._events[0][0] <= until_s:
            now_s, _, ticket, entered_at_s = heapq.heappop(self._events)
            if entered_at_s is None:
                self._comes(ticket, now_s)
            else:
                self.house.leave(
                    *("w", ticket.cost, entered_at_s, now_s),
                    took_s=now_s - entered_at_s,
                )
                self.done_at_s.append(now_s)
            for ticket_id, let_in_at_s in self.house.take_verdicts("w").items():
                if let_in_at_s is None:
                    self._refused(self._tickets[ticket_id], now_s)
                else:
                    self._enters(self._tickets[ticket_id], let_in_at_s)

    def _later(
        self, at_s: float, ticket: Ticket, entered_at_s: float | None = None
    ) -> None:
        event = (at_s, next(self._order), ticket, entered_at_s)
        heapq.heappush(self._events, event)

    def _comes(self, ticket: Ticket, now_s: float) -> None:
        self._tickets[ticket.id] = ticket
        self._came_at_s[ticket.id] = now_s
        entry = self.house.enter(ticket, "w", now_s)
        if entry == "inside":
            self._enters(ticket, now_s)
        elif entry == "waiting":
            eta_s = self.house.places(now_s)[ticket.id].eta_s
            if eta_s is not None:
                self.promised_s[ticket.id] = eta_s
        else:
            self._refused(ticket, now_s)

    def _enters(self, ticket: Ticket, now_s: float) -> None:
        self.waits_s[ticket.id] = now_s - self._came_at_s[ticket.id]
        takes_s = PAINTING_S * self._numbers.uniform(0.8, 1.2)
        self._later(now_s + takes_s, ticket, now_s)

    def _refused(self, ticket: Ticket, now_s: float) -> None:
        if self._again_s is not None:
            self._later(now_s + self._again_s, ticket)


def percentile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[int(share * (len(ordered) - 1))]


@pytest.mark.parametrize("again_s", [None, 3.0], ids=["go away", "insist"])
def test_ten_times_what_can_be_done_does_not_waste_what_can_be_done(
    again_s: float | None,
) -> None:
    numbers = random.Random(19)
    simulation = Simulation(again_s=again_s)
    arrivals = [
        (numbers.uniform(0, 60), some_ticket(f"caller-{numbers.randrange(300)}"))
        for _ in range(int(10 * CAPACITY * 60))
    ]
    simulation.play(arrivals, until_s=60)
    assert len(simulation.done_at_s) >= 0.95 * CAPACITY * (60 - PAINTING_S)


def test_who_is_let_into_the_queue_waits_no_longer_than_was_promised() -> None:
    numbers = random.Random(19)
    simulation = Simulation()
    arrivals = [
        (numbers.uniform(0, 60), some_ticket(f"caller-{number}"))
        for number in range(int(10 * CAPACITY * 60))
    ]
    simulation.play(arrivals, until_s=60)
    waited = simulation.waits_s.keys() & simulation.promised_s.keys()
    assert len(waited) > 200
    late_s = [simulation.waits_s[name] - simulation.promised_s[name] for name in waited]
    assert percentile(late_s, 0.99) < PAINTING_S


def test_one_callers_thousand_hardly_delay_another_callers_one_a_second() -> None:
    simulation = Simulation(again_s=5.0)
    flood = [(0.001 * number, some_ticket("flood")) for number in range(1000)]
    own = [some_ticket("bob") for _ in range(100)]
    mine = [(1.0 + second, ticket) for second, ticket in enumerate(own)]
    simulation.play([*flood, *mine], until_s=120)
    waits_s = [simulation.waits_s[ticket.id] for ticket in own]
    # Alone, it takes what painting takes.
    assert percentile(waits_s, 0.95) + PAINTING_S <= 2 * PAINTING_S
    assert percentile(waits_s, 0.95) < PAINTING_S / 2

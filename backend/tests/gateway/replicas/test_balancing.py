"""The whole choice, played in simulated time: no sockets, servers as plain queues."""

import heapq
from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import count
from random import Random

import pytest

from easel.clock import ManualClock
from easel.gateway.replicas.pool import Need
from easel.gateway.replicas.probed_pool import ProbedPool
from easel.gateway.replicas.probed_replica import ProbedReplica
from tests.gateway.replicas.some_answer import some_answer

FAST = "http://fast:8001"
OTHER = "http://other:8001"


# When it is done, a number that makes it unique, where it is, what, and how it ends.
Painting = tuple[float, int, ProbedReplica, Need, AbstractContextManager[None]]


@dataclass
class OneAfterTheOther:
    """A server that paints one generation at a time.

    Attributes:
        seconds_per_unit: How slow it is.
        tells: Whether its answers tell its backlog.
    """

    seconds_per_unit: float
    tells: bool
    free_at: float = 0.0

    def done_at(self, now: float, cost: float) -> float:
        self.free_at = max(self.free_at, now) + cost * self.seconds_per_unit
        return self.free_at

    def headers(self, now: float) -> dict[str, str]:
        if not self.tells:
            return {}
        return {
            "X_Easel_Replica": f"r{id(self)}",
            "X_Easel_Backlog_Seconds": f"{max(0.0, self.free_at - now):.2f}",
        }


@dataclass
class Simulation:
    servers: dict[str, OneAfterTheOther]
    load: float
    clock: ManualClock = field(default_factory=ManualClock)
    random: Random = field(default_factory=lambda: Random(7))

    def __post_init__(self) -> None:
        self.pool = ProbedPool(list(self.servers), clock=self.clock, random=self.random)
        for replica in self.pool.replicas:
            replica.standing.probed("healthy", asked_at_s=self.clock.now())
        self._running: list[Painting] = []
        self._numbers = count()

    def run(self, seconds: float) -> Counter[str]:
        """Where the generations of the next seconds were sent."""
        sent: Counter[str] = Counter()
        ends_at = self.clock.now() + seconds
        while (now := self._until_next_arrival()) < ends_at:
            need = Need(None, self.random.uniform(0.5, 1.5))
            replica = self.pool.choose(need)
            assert replica is not None
            sent[replica.url] += 1
            sends = replica.sends(need)
            sends.__enter__()
            done_at = self.servers[replica.url].done_at(now, need.cost)
            entry = (done_at, next(self._numbers), replica, need, sends)
            heapq.heappush(self._running, entry)
        return sent

    def _until_next_arrival(self) -> float:
        capacity = sum(1 / one.seconds_per_unit for one in self.servers.values())
        arrives_at = self.clock.now() + self.random.expovariate(self.load * capacity)
        while self._running and self._running[0][0] <= arrives_at:
            done_at, _, replica, need, sends = heapq.heappop(self._running)
            self.clock.advance(done_at - self.clock.now())
            headers = self.servers[replica.url].headers(done_at)
            replica.answered(some_answer(200, **headers), need=need)
            sends.__exit__(None, None, None)
        self.clock.advance(arrives_at - self.clock.now())
        return arrives_at


@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize("load", [0.7, 0.95])
def test_equal_servers_get_equal_shares(tells: bool, load: float) -> None:
    simulation = Simulation(
        {url: OneAfterTheOther(0.1, tells) for url in (FAST, OTHER)}, load
    )
    sent = simulation.run(300.0)
    assert 0.45 < sent[OTHER] / sent.total() < 0.55


@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize("load", [0.7, 0.95])
def test_a_server_that_becomes_ten_times_slower_gets_about_a_tenth(
    tells: bool, load: float
) -> None:
    simulation = Simulation(
        {url: OneAfterTheOther(0.1, tells) for url in (FAST, OTHER)}, load
    )
    simulation.run(60.0)
    simulation.servers[OTHER].seconds_per_unit = 1.0
    simulation.run(30.0)
    sent = simulation.run(600.0)
    share = sent[OTHER] / sent.total()
    assert 0.01 < share < 0.15
    assert all(one.state != "unhealthy" for one in simulation.pool.replicas)


@pytest.mark.parametrize("tells", [True, False])
def test_a_server_that_was_slow_for_a_while_gets_its_share_back(tells: bool) -> None:
    simulation = Simulation(
        {url: OneAfterTheOther(0.1, tells) for url in (FAST, OTHER)}, load=0.5
    )
    simulation.servers[OTHER].seconds_per_unit = 1.0
    simulation.run(120.0)
    simulation.servers[OTHER].seconds_per_unit = 0.1
    simulation.run(300.0)
    sent = simulation.run(300.0)
    assert 0.4 < sent[OTHER] / sent.total() < 0.6

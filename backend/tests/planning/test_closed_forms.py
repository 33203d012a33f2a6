"""The simulation against what queueing theory says of the same queue."""

from dataclasses import replace
from math import factorial
from statistics import fmean

import pytest

from easel.planning.fleet import play
from easel.planning.gateway import GatewayLimits
from easel.planning.traffic import DrawnTraffic
from tests.planning.some_fleet import KIND, device, fleet

ONE_STEP = replace(KIND, steps=1)


def poisson(per_s: float, count: int) -> DrawnTraffic:
    return DrawnTraffic(per_s, count / per_s, ((ONE_STEP, 1.0),), callers=1)


def test_one_server_is_lindleys_recursion() -> None:
    """Of each single arrival, not only on the average."""
    traffic, service_s = poisson(0.9, 300), 1.0
    times_s = [arrival.at_s for arrival in traffic.arrivals(seed=3)]
    waits_s, free_at_s = [], 0.0
    for at_s in times_s:
        begins_s = max(at_s, free_at_s)
        waits_s.append(begins_s - at_s)
        free_at_s = begins_s + service_s
    found = play(fleet(1, device(service_s)), traffic, seed=3, warm_up_s=0.0)
    assert found.arrived == len(times_s)
    assert found.waiting_s == pytest.approx(waits_s, abs=1e-6)
    assert found.whole_s == pytest.approx([w + service_s for w in waits_s], abs=1e-6)


def test_one_server_waits_as_pollaczek_and_khinchine_say() -> None:
    """M/D/1: the mean wait is rho / (2 (1 - rho)) services."""
    rho, service_s = 0.4, 1.0
    found = play(fleet(1, device(service_s)), poisson(rho, 1500), seed=2, warm_up_s=0.0)
    # Three standard errors of a mean over so many, which depend on each other.
    assert fmean(found.waiting_s) == pytest.approx(1 / 3, rel=0.25)
    assert found.busy_share == pytest.approx(rho, rel=0.05)


def erlang_c(servers: int, offered: float) -> float:
    """The share of those who have to wait."""
    last = offered**servers / factorial(servers) * servers / (servers - offered)
    others = sum(offered**k / factorial(k) for k in range(servers))
    return last / (others + last)


def test_several_servers_behind_a_door_wait_as_erlang_says() -> None:
    """M/M/c, with services that are geometric numbers of steps.

    Their variance is 1 - p of the exponential's, which shortens the wait by
    (Allen, Cunneen) half of that.
    """
    servers, rho, p = 3, 0.7, 0.5
    kinds = tuple(
        (replace(KIND, steps=steps), p * (1 - p) ** (steps - 1))
        for steps in range(1, 15)
    )
    traffic = DrawnTraffic(rho * servers, 1000.0, kinds, callers=1)
    limits = GatewayLimits(max_concurrent_requests=servers, max_queue=1000)
    one_at_a_time = replace(fleet(servers, device(p)), gateway_limits=limits)
    found = play(one_at_a_time, traffic, seed=5, warm_up_s=0.0)
    waits = erlang_c(servers, rho * servers)
    expected_s = waits / (servers * (1 - rho)) * (1 - p / 2)
    assert not found.refused
    assert fmean(found.waiting_s) == pytest.approx(expected_s, rel=0.15)
    waited = sum(wait_s > 1e-9 for wait_s in found.waiting_s) / found.arrived
    assert waited == pytest.approx(waits, rel=0.1)

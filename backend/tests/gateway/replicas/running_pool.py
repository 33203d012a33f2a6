"""A pool before real sockets, and what tests ask of it."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from easel.clock import ManualClock
from easel.gateway.replicas.pool import Need, ReplicaState
from easel.gateway.replicas.probed_pool import ProbedPool
from easel.gateway.replicas.probed_replica import ProbedReplica
from tests.gateway.replicas.probe_ticks import ProbeTicks
from tests.gateway.replicas.some_answer import some_answer

ANY = Need(None, 10.0)


@asynccontextmanager
async def probed(
    clock: ManualClock, ticks: ProbeTicks, *urls: str
) -> AsyncIterator[ProbedPool]:
    """A pool whose first probes are through."""
    async with ProbedPool(urls, clock=clock, random=Random(0), pause=ticks) as pool:
        await ticks.probed(len(urls))
        yield pool


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def chosen(pool: ProbedPool, need: Need = ANY, *excluding: str) -> set[str | None]:
    """The ids of all that are chosen, now and then."""
    choices = (pool.choose(need, excluding=frozenset(excluding)) for _ in range(30))
    return {choice.id if choice else "nobody" for choice in choices}


def fail(replica: ProbedReplica, blame: str | None = None) -> None:
    need = Need(None, 1.0, blame)
    with replica.sends(need):
        replica.answered(some_answer(500), need=need)


def states(pool: ProbedPool) -> list[ReplicaState]:
    return [replica.state for replica in pool.replicas]

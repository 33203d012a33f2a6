"""Waits for a server that can take a generation, while its model loads everywhere."""

import asyncio
from collections.abc import Callable

from easel.errors import UpstreamFault
from easel.gateway.admission.tickets import Place, Ticket
from easel.gateway.calls import OnPlace
from easel.gateway.parts import Parts
from easel.gateway.refusals import no_server
from easel.gateway.replicas.pool import Need, Replica, ReplicaPool

# Between two looks at a server that loads its model, unless it changes before.
_LOOK_AGAIN_S = 0.5


async def servable(
    parts: Parts, need: Need, ticket: Callable[[], Ticket], on_place: OnPlace | None
) -> Replica:
    """
    Args:
        parts: Of the gateway.
        need: Of the generation.
        ticket: Makes its claim to wait; called only if it has to.
        on_place: Told when a server should be ready, at each look.

    Raises:
        QueueFull, EvictedFromQueue: too many wait already.
        ServiceError: no server can take it, nor will one soon.
    """
    pool = parts.pool
    replica = pool.choose(need)
    if replica is not None:
        return replica
    eta_s = pool.may_become_ready(need)
    if eta_s is not None:
        with parts.waiting_room.seat(ticket(), eta_s) as seat:
            while replica is None and eta_s is not None:
                seat.check(eta_s)
                if on_place is not None:
                    on_place(Place(position=1, eta_s=eta_s))
                await change(pool)
                replica = pool.choose(need)
                eta_s = pool.may_become_ready(need)
    return replica or _last_hope(pool, need)


async def change(pool: ReplicaPool) -> None:
    """Of a server, or at least time to look again."""
    try:
        async with asyncio.timeout(_LOOK_AGAIN_S):
            await pool.changed()
    except TimeoutError:
        await pool.probe()


def _last_hope(pool: ReplicaPool, need: Need) -> Replica:
    refusal = no_server(pool, need.model)
    if len(pool.replicas) > 1 or not isinstance(refusal, UpstreamFault):
        raise refusal
    # The only one may be back since it was last asked: trying tells.
    return pool.replicas[0]

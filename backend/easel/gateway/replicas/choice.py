"""Which of all servers may take a generation, and which one does. Pure."""

from collections.abc import Iterable, Sequence
from random import Random
from typing import TypeVar

from easel.gateway.replicas import balancer
from easel.gateway.replicas.known_replica import KnownReplica
from easel.gateway.replicas.need import Need

Known = TypeVar("Known", bound=KnownReplica)


def choose(
    replicas: Sequence[Known],
    need: Need,
    random: Random,
    *,
    excluding: frozenset[str] = frozenset(),
) -> Known | None:
    """See `ReplicaPool.choose`.

    Those that answer, but with errors, are better than none: they are tried where no
    other one has the model or will have it soon.

    Args:
        replicas: All of the pool.
        need: What it must be able to do.
        random: Decides between equals.
        excluding: URLs that were tried already.
    """
    if len(replicas) == 1 and not excluding:
        only = replicas[0]
        if only.standing.openness == "open" and need.model is None:
            # What all of the below would come to, for most gateways.
            return only
    able = _able(replicas, need)
    well = [one for one in able if one.standing.openness in ("open", "unknown")]
    if not well and _soonest(able) is None:
        well = [one for one in able if one.standing.openness == "last_resort"]
    # Where none can honour the request, any says best why.
    fit = [one for one in well if one.told.fits(need.model, need.fits)] or well
    left = [one for one in fit if one.url not in excluding]
    return _pick(replicas, left, need, random) if left else None


def may_become_ready(replicas: Sequence[KnownReplica], need: Need) -> float | None:
    """See `ReplicaPool.may_become_ready`."""
    return _soonest(_able(replicas, need))


def default_model(replicas: Sequence[KnownReplica]) -> str | None:
    """Of the first server that answers, or else did; None until one has said."""
    listed = [replica for replica in replicas if replica.models]
    answering = [one for one in listed if one.standing.has_answered]
    first = next(iter(answering or listed), None)
    return None if first is None else first.models[0].id


def fastest(replicas: Iterable[KnownReplica]) -> float | None:
    """Seconds for a unit of cost of the fastest; None while none has painted."""
    learned = (replica.workload.pace.learned for replica in replicas)
    return min((pace for pace in learned if pace is not None), default=None)


def _able(replicas: Sequence[Known], need: Need) -> list[Known]:
    """All that have the model, or have not said what they have."""
    default = default_model(replicas)
    return [
        replica
        for replica in replicas
        if replica.told.has(need.model, default=default) is not False
    ]


def _soonest(able: Iterable[KnownReplica]) -> float | None:
    times = (replica.ready_in_s() for replica in able)
    return min((time_s for time_s in times if time_s is not None), default=None)


def _pick(
    replicas: Sequence[Known], able: Sequence[Known], need: Need, random: Random
) -> Known:
    ranked = [(_rank(replica, need), replica) for replica in able]
    best = min(rank for rank, _ in ranked)
    pool_fastest = fastest(replicas)
    candidates = [
        replica.candidate(need.model, pool_fastest)
        for rank, replica in ranked
        if rank == best
    ]
    return balancer.pick(candidates, need.cost, random)


def _rank(replica: KnownReplica, need: Need) -> tuple[bool, bool, bool]:
    """What weighs more than time; the least is the best."""
    return (
        replica.standing.openness == "unknown",
        not replica.models,
        replica.told.has_failed(need.model),
    )

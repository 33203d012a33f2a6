"""The last minutes of several text-to-image servers as those of one. Pure."""

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

from easel.contract.replicas import (
    EndedGenerations,
    GenerationSeconds,
    RecentGenerations,
    ReplicaDocument,
)


def recent_together(replicas: Iterable[ReplicaDocument]) -> RecentGenerations | None:
    """What the servers that tell have done, added up; None if none of them tells.

    Times cannot be added: of each server only two quantiles are known. The p50 of all
    is the weighted median of the servers' p50, each with the weight of what it
    completed; the p95 the weighted 95th percentile of their p95. Exact for one server
    and for equal ones; otherwise an estimate that some server told, and that slow
    servers with little to do do not draw to them, as they would a mean.
    """
    told = [one.recent for one in replicas if one.recent is not None]
    if not told:
        return None
    ended = _sum(told)
    return RecentGenerations(
        completed=ended.completed,
        failed=ended.failed,
        images=ended.images,
        window_s=max(one.window_s for one in told),
        generation_seconds=_seconds(told),
        last_minute=_sum([one.last_minute for one in told]),
    )


def _sum(ended: Sequence[EndedGenerations]) -> EndedGenerations:
    return EndedGenerations(
        completed=sum(one.completed for one in ended),
        failed=sum(one.failed for one in ended),
        images=sum(one.images for one in ended),
    )


def _seconds(told: Sequence[RecentGenerations]) -> GenerationSeconds | None:
    weighted = [
        (one.generation_seconds, one.completed)
        for one in told
        if one.generation_seconds is not None and one.completed
    ]
    if not weighted:
        return None

    def quantile(of: Callable[[GenerationSeconds], float], percent: int) -> float:
        values = sorted((of(seconds), weight) for seconds, weight in weighted)
        up_to = list(accumulate(weight for _, weight in values))
        enough = percent * up_to[-1]
        return next(
            value
            for (value, _), weight in zip(values, up_to, strict=True)
            if 100 * weight >= enough
        )

    return GenerationSeconds(
        p50=quantile(lambda seconds: seconds.p50, 50),
        p95=quantile(lambda seconds: seconds.p95, 95),
    )

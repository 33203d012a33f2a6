"""What several text-to-image servers are together, in the shape of the setup guide."""

from collections.abc import Sequence
from typing import Literal

from easel.contract.replicas import UpstreamHealth
from easel.gateway.replicas.pool import ReplicaPool

Status = Literal["healthy", "loading", "stopping", "unhealthy", "unreachable"]

# The best of them says what the whole can do.
_BEST_FIRST: tuple[Status, ...] = (
    *("healthy", "loading", "stopping", "unhealthy", "unreachable"),
)

# Of ServerHealth: what one stands for all with, and what can be added up.
_NAMES = ("model", "device", "version")
_SUMS = ("queued", "running")


def overall(pool: ReplicaPool) -> UpstreamHealth:
    """The one server's own document, or one for all of them.

    That is healthy if any is. It names the model and the device of the first of the
    best, adds up what waits and runs, and tells each reason for not being well once.
    """
    documents = [replica.health for replica in pool.replicas]
    if len(documents) == 1:
        return documents[0]
    best = min(documents, key=lambda document: _BEST_FIRST.index(document.status))
    told = best.model_extra or {}
    more: dict[str, object] = {name: told[name] for name in _NAMES if name in told}
    if best.status != "healthy":
        more["detail"] = _why(documents)
    return UpstreamHealth.model_validate(
        {
            "status": best.status,
            "model_loaded": any(document.model_loaded for document in documents),
            "cuda_available": any(document.cuda_available for document in documents),
            **more,
            **_sums(documents),
        }
    )


def _why(documents: Sequence[UpstreamHealth]) -> str:
    reasons = dict.fromkeys(
        document.detail or document.status for document in documents
    )
    return " ".join(reasons)


def _sums(documents: Sequence[UpstreamHealth]) -> dict[str, int]:
    told = [document.model_extra or {} for document in documents]
    return {
        name: sum(numbers)
        for name in _SUMS
        if (numbers := [one[name] for one in told if isinstance(one.get(name), int)])
    }

"""Which models make room for another one. Pure: values in, a decision out."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ResidentModel:
    """One that is on the device, or on its way there.

    Args:
        used_at_s: When it last had work, by the clock that the others' are from.
        is_in_use: It has work, or is loading: it stays.
    """

    id: str
    weight_bytes: int
    used_at_s: float
    is_in_use: bool


def why_it_never_fits(model: str, needed_bytes: int, limit_bytes: int) -> str | None:
    """One line for the operator, or None where it fits an empty device."""
    if needed_bytes <= limit_bytes:
        return None
    return (
        f"{model!r} needs {_gib(needed_bytes)} and all models together may take "
        f"{_gib(limit_bytes)}"
    )


def evictions(
    needed_bytes: int, resident: Iterable[ResidentModel], limit_bytes: int
) -> tuple[str, ...] | None:
    """The models to unload so that one more fits: the least recently used first.

    None is unloaded in vain: without any one of them the new model would not fit.

    Returns:
        Their ids; None while those in use leave too little room.
    """
    by_age = sorted(resident, key=lambda each: (each.used_at_s, each.id))
    excess = needed_bytes + sum(each.weight_bytes for each in by_age) - limit_bytes
    chosen = []
    for each in by_age:
        if excess <= 0:
            break
        if not each.is_in_use:
            chosen.append(each)
            excess -= each.weight_bytes
    if excess > 0:
        return None
    # A large model, chosen last, may make up for small ones: those used last stay.
    for each in reversed(chosen.copy()):
        if excess + each.weight_bytes <= 0:
            chosen.remove(each)
            excess += each.weight_bytes
    return tuple(each.id for each in chosen)


def _gib(count: int) -> str:
    return f"{count / 2**30:.1f} GiB"

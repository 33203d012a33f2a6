"""What AUTOMATIC1111's answers say, read with care: they differ between makes. Pure."""

import json
from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Any, TypeGuard

from easel.contract.generations import MAX_SEED
from easel.gateway.facades.automatic1111.sampler_names import (
    AUTOMATIC,
    native_samplers,
)


@dataclass(frozen=True, slots=True)
class Info:
    """Of the pictures of one answer.

    Attributes:
        first_image: Index of the first that is no grid.
        seeds: Of each; empty if it does not say.
    """

    first_image: int = 0
    seeds: tuple[int, ...] = ()


def info_of(text: Any) -> Info:
    """From the answer's `info`, which is JSON within JSON."""
    try:
        info = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return Info()
    if not isinstance(info, dict):
        return Info()
    first, seeds = info.get("index_of_first_image"), info.get("all_seeds")
    return Info(
        first if isinstance(first, int) and first > 0 else 0,
        tuple(seeds) if _are_seeds(seeds) else (),
    )


def words(items: Any, *names: str) -> frozenset[str]:
    """All names that a list gives its items, aliases too, in lower case."""
    found: set[str] = set()
    for item in items if isinstance(items, list) else ():
        for name in names:
            value = item.get(name) if isinstance(item, dict) else None
            listed: Iterable[Any] = value if isinstance(value, list) else [value]
            found.update(each.lower() for each in listed if isinstance(each, str))
    return frozenset(found)


def offered_samplers(samplers: Set[str], schedules: Set[str]) -> tuple[str, ...]:
    """Those of ours that it has by any of their names, the default first.

    Args:
        samplers: Its words for samplers, in lower case.
        schedules: And for how steps are spaced; a sampler of ours that names a schedule
            needs it there.
    """
    return tuple(
        ours
        for ours, solver_words, schedule in native_samplers()
        if solver_words & samplers
        and (schedule == AUTOMATIC or schedule.lower() in schedules)
    )


def _are_seeds(seeds: Any) -> TypeGuard[list[int]]:
    return isinstance(seeds, list) and all(
        isinstance(seed, int) and 0 <= seed <= MAX_SEED for seed in seeds
    )

"""Samplers and schedules in AUTOMATIC1111's words, and in ours. Pure.

AUTOMATIC1111 names a solver and, apart from it or behind it, how the steps are spaced:
`DPM++ 2M` with `Karras`, or `DPM++ 2M Karras`. Ours is one name for both.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from easel.contract.models import ModelDocument
from easel.errors import InvalidRequest

AUTOMATIC = "Automatic"
UNIFORM = "Uniform"
KARRAS = "Karras"

# Of Karras et al. (2022), as every implementation has it.
_KARRAS_RHO = 7.0


@dataclass(frozen=True, slots=True)
class Named:
    """
    Attributes:
        sampler: AUTOMATIC1111's name of the solver.
        schedule: And of the spacing that it is.
    """

    sampler: str
    schedule: str = AUTOMATIC


# Ours to theirs. Where two of ours are one of theirs with `Automatic`, the first that
# the model has is meant: AUTOMATIC1111 itself spaces DPM++ 2M as Karras does.
_NAMES: dict[str, Named] = {
    "euler": Named("Euler"),
    "flow_match_euler": Named("Euler"),
    "euler_ancestral": Named("Euler a"),
    "dpmpp_2m_karras": Named("DPM++ 2M", KARRAS),
    "dpmpp_2m": Named("DPM++ 2M", UNIFORM),
    "dpmpp_2m_sde": Named("DPM++ 2M SDE"),
    "heun": Named("Heun"),
    "ddim": Named("DDIM"),
    "pndm": Named("PLMS"),
    "unipc": Named("UniPC"),
    "lcm": Named("LCM"),
    "ddpm": Named("DDPM"),
}
_ALIASES = {
    "Euler": ("k_euler",),
    "Euler a": ("k_euler_a", "k_euler_ancestral"),
    "DPM++ 2M": ("k_dpmpp_2m",),
    "DPM++ 2M SDE": ("k_dpmpp_2m_sde",),
    "Heun": ("k_heun",),
    "DDIM": ("ddim",),
    "PLMS": ("plms", "PNDM"),
    "UniPC": ("unipc",),
    "LCM": ("k_lcm",),
}
_SAMPLERS_BY_WORD = {
    word.lower(): name
    for name in {named.sampler for named in _NAMES.values()}
    for word in (name, *_ALIASES.get(name, ()))
}

# Steps as the model was made for; ComfyUI's two names for that are sent by some.
_SCHEDULE_ALIASES = {AUTOMATIC: (), UNIFORM: ("normal", "simple"), KARRAS: ()}
_SCHEDULES_BY_WORD = {
    word.lower(): schedule
    for schedule, aliases in _SCHEDULE_ALIASES.items()
    for word in (schedule, *aliases)
}


def native_samplers() -> Iterator[tuple[str, frozenset[str], str]]:
    """Each of ours that they have: with their words for its solver, in lower case, and
    their name of its schedule. Of two that are one of theirs, only the first.
    """
    seen: set[Named] = set()
    for ours, theirs in _NAMES.items():
        if theirs not in seen:
            names = (theirs.sampler, *_ALIASES.get(theirs.sampler, ()))
            yield ours, frozenset(map(str.lower, names)), theirs.schedule
        seen.add(theirs)


def named(sampler: str) -> Named:
    """Ours in their words; one that they do not have keeps its name."""
    return _NAMES.get(sampler, Named(sampler))


def native_sampler(
    sampler: str | None, schedule: str | None, model: ModelDocument
) -> str | None:
    """What a generation is to ask for; None for the model's default.

    Args:
        sampler: Their name, with or without a schedule behind it, or ours.
        schedule: Their name of the schedule.
        model: What is to be painted with.

    Raises:
        InvalidRequest: there is no such sampler or schedule, or not for this model.
    """
    wanted = _split(sampler, schedule)
    if sampler is None:
        if wanted.schedule == KARRAS:
            raise InvalidRequest(
                f"scheduler: {KARRAS} needs a sampler_name", param="scheduler"
            )
        return None
    offered = _in_our_order(model.samplers)
    if sampler in offered:
        return sampler
    of_this_solver = [name for name in offered if _is_solver(name, wanted)]
    for name in of_this_solver:
        if wanted.schedule in (AUTOMATIC, schedule_of(name)):
            return name
    is_default = _is_solver(model.sampler, wanted)
    if is_default and wanted.schedule == AUTOMATIC:
        return None
    if is_default or of_this_solver:
        raise InvalidRequest(
            f"scheduler: {wanted.sampler} has no {wanted.schedule} here",
            param="scheduler",
        )
    raise _no_sampler(offered)


def schedule_of(sampler: str) -> str:
    """How one of ours spaces its steps: as Karras does, or as the model was made."""
    return KARRAS if named(sampler).schedule == KARRAS else UNIFORM


def sampler_items(samplers: Iterable[str]) -> list[dict[str, object]]:
    """These of ours as `GET /sdapi/v1/samplers` lists them: each solver once."""
    natives: dict[str, list[str]] = {}
    for sampler in _in_our_order(samplers):
        natives.setdefault(named(sampler).sampler, []).append(sampler)
    return [
        {
            "name": solver,
            "aliases": [*_ALIASES.get(solver, ()), *names],
            # What `Automatic` means for it.
            "options": {"scheduler": schedule_of(names[0]).lower()},
        }
        for solver, names in natives.items()
    ]


def scheduler_items(samplers: Iterable[str]) -> list[dict[str, object]]:
    """What `GET /sdapi/v1/schedulers` lists where there are these of ours."""
    offered = {AUTOMATIC, UNIFORM, *map(schedule_of, samplers)}
    return [
        {
            "name": schedule.lower(),
            "label": schedule,
            "aliases": list(aliases) or None,
            "default_rho": _KARRAS_RHO if schedule == KARRAS else -1.0,
            "need_inner_model": False,
        }
        for schedule, aliases in _SCHEDULE_ALIASES.items()
        if schedule in offered
    ]


def _split(sampler: str | None, schedule: str | None) -> Named:
    """A schedule behind the sampler goes before the field."""
    found = _schedule(schedule)
    word = (sampler or "").strip().lower()
    if word in _SAMPLERS_BY_WORD:
        return Named(_SAMPLERS_BY_WORD[word], found)
    for suffix, each in _SCHEDULES_BY_WORD.items():
        solver = word.removesuffix(f" {suffix}")
        if solver != word and solver in _SAMPLERS_BY_WORD:
            return Named(_SAMPLERS_BY_WORD[solver], each)
    return Named(sampler or "", found)


def _schedule(name: str | None) -> str:
    if not name:
        return AUTOMATIC
    try:
        return _SCHEDULES_BY_WORD[name.strip().lower()]
    except KeyError:
        raise InvalidRequest(
            f"scheduler: there are {', '.join(_SCHEDULE_ALIASES)}", param="scheduler"
        ) from None


def _is_solver(sampler: str, wanted: Named) -> bool:
    return named(sampler).sampler == wanted.sampler


def _in_our_order(samplers: Iterable[str]) -> tuple[str, ...]:
    order = {name: position for position, name in enumerate(_NAMES)}
    return tuple(sorted(samplers, key=lambda name: order.get(name, len(order))))


def _no_sampler(offered: Sequence[str]) -> InvalidRequest:
    names = dict.fromkeys(named(sampler).sampler for sampler in offered)
    return InvalidRequest(
        f"sampler_name: there are {', '.join(names) or 'none to choose from'}",
        param="sampler_name",
    )

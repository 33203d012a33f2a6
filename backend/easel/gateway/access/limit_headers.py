"""What an answer tells its caller of the caller's limits.

`RateLimit` and `RateLimit-Policy` as draft-ietf-httpapi-ratelimit-headers has them, and
the `x-ratelimit-*` that OpenAI's clients know. Known deep inside a request and sent by
its outermost layer, they travel in a context variable.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from math import ceil
from typing import NamedTuple

from easel.gateway.access.wall_clock import DAY_S

RATE = "rate"
IMAGES = "images-per-day"


class LimitState(NamedTuple):
    """
    Attributes:
        quota: So many in a window.
        window_s: Its length.
        remaining: Of the quota, now.
        reset_s: Seconds until more remain.
    """

    quota: int
    window_s: float
    remaining: int
    reset_s: float


_notes: ContextVar[dict[str, LimitState] | None] = ContextVar(
    "limit_notes", default=None
)

# With OpenAI's names for what we count.
_OPENAI_NAMES = {
    name: tuple(
        f"x-ratelimit-{what}-{unit}" for what in ("limit", "remaining", "reset")
    )
    for name, unit in ((RATE, "requests"), (IMAGES, "images"))
}


def begin_limit_notes() -> None:
    """For this request, from here on; tasks that it starts write to the same notes."""
    _notes.set({})


def note_limit(name: str, state: LimitState) -> None:
    """Nothing outside of a request."""
    notes = _notes.get()
    if notes is not None:
        notes[name] = state


def note_rate(quota: int, window_s: float, remaining: int, reset_s: float) -> None:
    note_limit(RATE, LimitState(quota, window_s, remaining, reset_s))


def note_images(quota: int, remaining: int, reset_s: float) -> None:
    note_limit(IMAGES, LimitState(quota, DAY_S, remaining, reset_s))


def limit_headers() -> Mapping[str, str]:
    """Of the limits that were looked at so far; empty for who has none."""
    notes = _notes.get()
    return render_limits(notes) if notes else {}


def render_limits(limits: Mapping[str, LimitState]) -> dict[str, str]:
    policies, states, headers = [], [], {}
    for name, (quota, window_s, remaining, reset_s) in limits.items():
        seconds = ceil(reset_s)
        policies.append(_policy(name, quota, window_s))
        states.append(f'"{name}";r={remaining};t={seconds}')
        limit_name, remaining_name, reset_name = _OPENAI_NAMES[name]
        headers[limit_name] = str(quota)
        headers[remaining_name] = str(remaining)
        headers[reset_name] = f"{seconds}s"
    headers["RateLimit-Policy"] = ", ".join(policies)
    headers["RateLimit"] = ", ".join(states)
    return headers


@lru_cache(maxsize=1024)
def _policy(name: str, quota: int, window_s: float) -> str:
    return f'"{name}";q={quota};w={ceil(window_s)}'

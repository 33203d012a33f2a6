"""Who asks: the holder of an API key, or an address while the gateway is open."""

from dataclasses import dataclass, field
from typing import Literal

from starlette.types import Scope

# What a key may do. `generate`: paint, and see, follow and cancel what it painted;
# `admin`: drain the gateway, load and unload models.
KeyScope = Literal["generate", "admin"]

_SCOPE_KEY = "easel.caller"


@dataclass(frozen=True, slots=True)
class CallerLimits:
    """None is no limit.

    Attributes:
        rate: Generations per time, as `limits` writes it: `60/minute`.
        max_concurrent: Generations in flight or queued at the same time.
        images_per_day: Images delivered from midnight to midnight, UTC.
    """

    rate: str | None = None
    max_concurrent: int | None = None
    images_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """
    Attributes:
        id: The public id of the key, or `address:` and the client's address. Also the
            account on which the server runs the generation (`X-Easel-User`).
        is_anonymous: There was no key; the gateway is open.
        weight: Share of the queue beside callers of weight 1.
        scopes: What the key may do.
        models: Ids that it may use; None for all.
        limits: Of this key.
    """

    id: str
    is_anonymous: bool = True
    weight: float = 1.0
    scopes: frozenset[KeyScope] = frozenset({"generate"})
    models: frozenset[str] | None = None
    limits: CallerLimits = field(default_factory=CallerLimits)


def set_caller(scope: Scope, caller: Caller) -> None:
    scope[_SCOPE_KEY] = caller


def caller_of(scope: Scope) -> Caller:
    """Raises KeyError where no authentication ran."""
    caller: Caller = scope[_SCOPE_KEY]
    return caller

"""What a caller may do. Pure."""

from ipaddress import ip_address

from easel.errors import Forbidden
from easel.gateway.access.callers import Caller, KeyScope

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_MODEL_ACTS = ("/load", "/unload")
# Asked by POST, because a prompt is nothing for a URL; as harmless as any GET.
_MODEL_QUESTION = "/tokens"


def scope_needed(method: str, path: str) -> KeyScope | None:
    """What a key must be made for to ask this; None if any key will do.

    Which generations a caller may see is not decided here: those of others are not
    found.
    """
    if path == "/admin" or path.startswith("/admin/"):
        return "admin"
    if method in SAFE_METHODS:
        return None
    if path.startswith("/models/"):
        if path.endswith(_MODEL_ACTS):
            return "admin"
        if path.endswith(_MODEL_QUESTION):
            return None
    return "generate"


def check_scope(caller: Caller, method: str, path: str) -> None:
    """Raises Forbidden if the caller's key was not made for this."""
    needed = scope_needed(method, path)
    if needed is not None and needed not in caller.scopes:
        raise Forbidden(f"This needs an API key with the scope {needed}.")


def check_model(caller: Caller, model: str) -> None:
    """Raises Forbidden if the caller's key may not use this model."""
    if caller.models is not None and model not in caller.models:
        raise Forbidden("This API key may not use this model.", param="model")


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

"""The id that follows one request through all tiers and every log line."""

import random
import re
from contextvars import ContextVar

REQUEST_ID_HEADER = "X-Request-Id"

# A caller's id ends up in logs and headers, so only harmless ones are taken over.
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")

_current: ContextVar[str] = ContextVar("request_id", default="-")


def current_request_id() -> str:
    """The id of the request being served, or `-` outside of one."""
    return _current.get()


def adopt_request_id(offered: str | None) -> str:
    """Make `offered`, if it is harmless, or else a new id, the current one."""
    acceptable = offered is not None and _ACCEPTABLE.fullmatch(offered)
    # Ids need to differ, not to be secret, and asking the system for one is slow. The
    # module's own generator is seeded anew in each process.
    request_id = (
        offered if offered and acceptable else f"{random.getrandbits(128):032x}"
    )
    _current.set(request_id)
    return request_id

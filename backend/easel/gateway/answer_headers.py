"""Which headers of a text-to-image server's answer a client may see. Pure.

A list of what is known, rather than of what is bad: a server that was taken over, or a
proxy before it, could set cookies, lead clients away, or open its answers to the pages
of other origins.
"""

import re
from collections.abc import Iterable

from easel.web.tier_headers import CACHE_HEADER

HeaderPair = tuple[bytes, bytes]

# Ours by their name.
_PREFIX = b"x-easel-"
_PASSED = frozenset(
    {
        *(b"content-type", b"content-length", b"content-encoding", b"content-range"),
        *(b"content-disposition", b"accept-ranges", b"etag", b"last-modified"),
        *(b"cache-control", b"expires", b"vary", b"age"),
        *(b"retry-after", b"preference-applied", b"allow"),
        # Tells a proxy before the gateway that events are not to be kept back.
        b"x-accel-buffering",
        CACHE_HEADER.lower().encode(),
    }
)

# To a generation of this API.
_LOCATION, _OWN_PATH = b"location", b"/generations/"

# Ours are shorter by far; proxies refuse answers with long ones.
_LONGEST_VALUE_BYTES = 1024

# What separates headers, or is nothing that a header may have.
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


def passed_on(raw: Iterable[HeaderPair]) -> list[HeaderPair]:
    """What may travel on, in its order; names in lower case."""
    pairs = [(name.lower(), value) for name, value in raw]
    passed = [pair for pair in pairs if _may_pass(*pair)]
    for name, value in pairs:
        if name == b"connection":
            # They speak of one connection, not of the answer (RFC 9110, 7.6.1).
            listed = {token.strip() for token in value.lower().split(b",")}
            passed = [pair for pair in passed if pair[0] not in listed]
    return passed


def _may_pass(name: bytes, value: bytes) -> bool:
    if name == _LOCATION:
        is_known = value.startswith(_OWN_PATH)
    else:
        is_known = name in _PASSED or name.startswith(_PREFIX)
    return (
        is_known
        and len(value) <= _LONGEST_VALUE_BYTES
        and _CONTROL.search(value) is None
    )

"""Where webhooks may go: to the public internet, and to hosts that the operator named.

A caller chooses the address and our machine makes the request, so without this a
caller could reach what only our machine can (OWASP API7: server-side request forgery).
The address that was checked is the one that is connected to: a name that resolves to
something else a moment later changes nothing.
"""

import socket
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from easel.errors import InvalidRequest

WEBHOOK_HEADER = "X-Easel-Webhook"
_MAX_URL_CHARACTERS = 2000

# All that the internet routes is in here; outside, Python takes too much for global.
_UNICAST = IPv6Network("2000::/3")
# But for these, on a network without IPv4 (RFC 6052): the last 32 bits are the IPv4
# address that is meant.
_NAT64 = IPv6Network("64:ff9b::/96")


def checked_url(url: str, allowed_hosts: Collection[str]) -> str:
    """`url`, if a webhook may go there as far as that can be seen from it.

    Args:
        url: What the caller gave.
        allowed_hosts: Hosts that may have any address, and be spoken to without TLS.

    Raises:
        InvalidRequest: names the header and the reason.
    """
    if len(url) > _MAX_URL_CHARACTERS:
        raise _refused(f"is longer than {_MAX_URL_CHARACTERS} characters")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise _refused("is not a URL") from None
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        raise _refused("must be an absolute https URL")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _refused("must be without user, password and fragment")
    if host in allowed_hosts:
        return url
    if parts.scheme != "https":
        raise _refused("must be https")
    address = _literal(host)
    if address is not None and not is_public(address):
        raise _refused("must not be a private address")
    return url


def _refused(reason: str) -> InvalidRequest:
    return InvalidRequest(f"{WEBHOOK_HEADER}: {reason}", param=WEBHOOK_HEADER)


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether anybody on the internet can reach it: no private, local or test range."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
        if address.teredo is not None or address not in _UNICAST:
            return False
    return address.is_global and not address.is_multicast


class GuardedResolver(AbstractResolver):
    """Resolves names to public addresses only."""

    def __init__(
        self, allowed_hosts: Collection[str], inner: AbstractResolver | None = None
    ) -> None:
        self._allowed_hosts = allowed_hosts
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises OSError if the name has none that may be connected to."""
        results = await self._inner.resolve(host, port, family)
        if host in self._allowed_hosts:
            return results
        public = [one for one in results if is_public(ip_address(one["host"]))]
        if not public:
            raise OSError("the name resolves to no public address")
        return public

    async def close(self) -> None:
        await self._inner.close()

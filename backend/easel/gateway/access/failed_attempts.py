"""Who tries keys that do not hold, and for how long not to listen. No I/O."""

from ipaddress import IPv6Address, ip_address

from easel.clock import Clock
from easel.gateway.access.bounded import keep


class FailedAttempts:
    """Counts by client address; one IPv6 network of 64 bits is one client.

    Args:
        clock: Measures.
        limit: So many failures within `per_s` are heard.
        per_s: From the first of them.
    """

    def __init__(self, clock: Clock, *, limit: int = 10, per_s: float = 60.0) -> None:
        self._clock = clock
        self._limit = limit
        self._per_s = per_s
        # (failures, when the first was), the least recent first
        self._failures: dict[str, tuple[int, float]] = {}

    def note(self, host: str) -> None:
        client = client_of(host)
        now = self._clock.now()
        count, since = self._failures.get(client, (0, now))
        if now - since >= self._per_s:
            count, since = 0, now
        keep(self._failures, client, (count + 1, since))

    def wait_s(self, host: str) -> float | None:
        """Seconds until this client is heard again; None if it is heard now."""
        count, since = self._failures.get(client_of(host), (0, 0.0))
        left_s = since + self._per_s - self._clock.now()
        return left_s if count >= self._limit and left_s > 0 else None


def client_of(host: str) -> str:
    """One name for all addresses that one client can choose from."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    network = IPv6Address(int(address) >> 64 << 64)
    return f"{network}/64"

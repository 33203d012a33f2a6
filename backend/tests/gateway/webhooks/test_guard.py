import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from easel.errors import InvalidRequest
from easel.gateway.webhooks.guard import GuardedResolver, checked_url


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hook",
        "https://example.com:8443/hook?x=1",
        "https://93.184.216.34/",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/",
    ],
)
def test_public_addresses_may_be_told(url: str) -> None:
    assert checked_url(url, ()) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "ftp://example.com/hook",
        "https:///hook",
        "hook",
        "",
        "https://user:password@example.com/",
        "https://example.com/#part",
        "https://example.com:99999/",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://172.16.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://0.0.0.0/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://[::1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[2002:7f00:1::]/",
        "https://example.com/" + "x" * 2000,
    ],
)
def test_everything_else_is_refused_by_name(url: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        checked_url(url, ())
    assert caught.value.param == "X-Easel-Webhook"


def test_hosts_of_the_operator_may_be_private_and_without_tls() -> None:
    url = "http://127.0.0.1:9000/hook"
    assert checked_url(url, ("127.0.0.1",)) == url


class Names(AbstractResolver):
    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host=one, port=port, family=family, proto=0, flags=0
            )
            for one in self._addresses
        ]

    async def close(self) -> None:
        pass


async def test_a_name_for_private_addresses_resolves_to_nothing() -> None:
    resolver = GuardedResolver((), Names("10.0.0.1", "127.0.0.1"))
    with pytest.raises(OSError, match="no public address"):
        await resolver.resolve("rebound.example.com", 443)


async def test_of_several_addresses_only_the_public_ones_remain() -> None:
    resolver = GuardedResolver((), Names("10.0.0.1", "93.184.216.34"))
    results = await resolver.resolve("example.com", 443)
    assert [one["host"] for one in results] == ["93.184.216.34"]


async def test_a_host_of_the_operator_resolves_to_whatever_it_is() -> None:
    resolver = GuardedResolver(("hooks.internal",), Names("10.0.0.1"))
    results = await resolver.resolve("hooks.internal", 80)
    assert [one["host"] for one in results] == ["10.0.0.1"]

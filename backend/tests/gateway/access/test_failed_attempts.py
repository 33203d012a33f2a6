import pytest

from easel.clock import ManualClock
from easel.gateway.access import bounded
from easel.gateway.access.failed_attempts import FailedAttempts, client_of


def test_ten_failures_in_a_minute_are_enough() -> None:
    clock = ManualClock()
    attempts = FailedAttempts(clock)
    for _ in range(9):
        attempts.note("10.0.0.1")
    assert attempts.wait_s("10.0.0.1") is None
    clock.advance(20.0)
    attempts.note("10.0.0.1")
    assert attempts.wait_s("10.0.0.1") == 40.0
    assert attempts.wait_s("10.0.0.2") is None
    clock.advance(40.0)
    assert attempts.wait_s("10.0.0.1") is None


def test_slow_failures_are_heard() -> None:
    clock = ManualClock()
    attempts = FailedAttempts(clock, limit=2, per_s=60.0)
    for _ in range(10):
        attempts.note("10.0.0.1")
        clock.advance(60.0)
        assert attempts.wait_s("10.0.0.1") is None


def test_addresses_of_one_network_are_one_client() -> None:
    attempts = FailedAttempts(ManualClock(), limit=2)
    attempts.note("2001:db8::1")
    attempts.note("2001:db8::2")
    assert attempts.wait_s("2001:db8::ffff:3") is not None
    assert attempts.wait_s("2001:db8:0:1::1") is None


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("unknown", "unknown"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_a_client_has_one_name(host: str, client: str) -> None:
    assert client_of(host) == client


def test_many_clients_do_not_fill_the_memory() -> None:
    attempts = FailedAttempts(ManualClock(), limit=1)
    for number in range(bounded.CAPACITY + 10):
        attempts.note(f"client {number}")
    assert len(attempts._failures) == bounded.CAPACITY
    assert attempts.wait_s("client 0") is None
    assert attempts.wait_s(f"client {bounded.CAPACITY}") is not None

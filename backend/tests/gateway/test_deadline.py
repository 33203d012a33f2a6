import pytest

from easel.clock import ManualClock
from easel.gateway.deadline import Deadline, time_allowed_s
from easel.web.preferences import read_preferences


def test_a_deadline_travels_as_what_is_left_of_it() -> None:
    clock = ManualClock()
    deadline = Deadline(clock, 10.0)
    clock.advance(4.0)
    assert deadline.remaining_s == 6.0
    clock.advance(7.0)
    assert deadline.remaining_s == 0.0


@pytest.mark.parametrize(
    ("prefer", "allowed_s"),
    [
        (None, 300.0),
        ("wait=10", 10.0),
        ("Wait = 10", 10.0),
        ('wait="10"', 10.0),
        ("return=minimal, wait=7; foo", 7.0),
        ("wait=301", 300.0),
        ("wait=-1", 300.0),
        ("wait=ten", 300.0),
        # Longer than that means 202, not too late.
        ("respond-async, wait=10", 300.0),
    ],
)
def test_what_a_client_is_willing_to_wait(prefer: str | None, allowed_s: float) -> None:
    assert time_allowed_s(read_preferences(prefer), 300.0) == allowed_s

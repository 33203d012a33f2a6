import pytest

from easel.errors import EvictedFromQueue, QueueFull
from easel.gateway.admission.waiting_room import WaitingRoom
from tests.gateway.admission.some_ticket import some_ticket


def room_for(most: int) -> WaitingRoom:
    return WaitingRoom(lambda: most, lambda: 0.5)


def test_a_batch_is_shed_for_somebody_who_sits_and_waits() -> None:
    room = room_for(2)
    with (
        room.seat(some_ticket("1", priority="batch"), 10.0) as first,
        room.seat(some_ticket("2", priority="batch"), 10.0) as second,
    ):
        with pytest.raises(QueueFull) as full:
            room.seat(some_ticket("3", priority="background"), 10.0).__enter__()
        assert full.value.retry_after_s == 10.0
        assert "the limit is 2" in str(full.value)
        with room.seat(some_ticket("4"), 10.0) as third:
            first.check(10.0)
            with pytest.raises(EvictedFromQueue) as evicted:
                second.check(20.0)
            assert evicted.value.retry_after_s == 20.0
            third.check(10.0)


def test_a_callers_flood_displaces_its_own() -> None:
    room = room_for(3)
    with (
        room.seat(some_ticket("flood"), None),
        room.seat(some_ticket("flood"), None),
        room.seat(some_ticket("flood"), None) as last,
        room.seat(some_ticket("other"), None) as other,
    ):
        assert last.is_lost
        assert not other.is_lost
        with pytest.raises(QueueFull):
            room.seat(some_ticket("flood"), None).__enter__()


def test_who_leaves_makes_room_also_where_the_seat_was_lost() -> None:
    room = room_for(1)
    with (
        room.seat(some_ticket("1", priority="batch"), None) as lost,
        room.seat(some_ticket("2"), None),
    ):
        assert lost.is_lost
    for number in "34":
        with room.seat(some_ticket(number, priority="batch"), None) as seat:
            seat.check(None)


def test_a_new_limit_holds_for_whoever_comes_next() -> None:
    limits = [1, 2, 0]
    room = WaitingRoom(lambda: limits.pop(0), lambda: 0.5)
    with (
        room.seat(some_ticket("1"), None) as first,
        room.seat(some_ticket("2"), None) as second,
    ):
        with pytest.raises(QueueFull):
            room.seat(some_ticket("3"), None).__enter__()
        assert (first.is_lost, second.is_lost) == (False, False)

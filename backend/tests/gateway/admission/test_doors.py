import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NoReturn

import pytest

from easel.clock import ManualClock
from easel.errors import (
    DeadlineUnreachable,
    EvictedFromQueue,
    QueueFull,
    QueueTimeout,
    ServerStopping,
    ServiceError,
)
from easel.gateway.admission.door import Door, DoorState
from easel.gateway.admission.process_door import ProcessDoor
from easel.gateway.admission.shared_door import SharedDoor
from easel.gateway.admission.tickets import Place
from easel.gateway.admission.worker_door import WorkerDoor
from tests.gateway.admission.some_ticket import some_ticket
from tests.gateway.admission.visitor import Visitor, all_leave, visitors


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(100.0)


@pytest.fixture(params=["process", "shared"])
async def door(
    request: pytest.FixtureRequest, clock: ManualClock, tmp_path: Path
) -> AsyncIterator[WorkerDoor]:
    """Two places, and three to wait."""
    if request.param == "process":
        yield ProcessDoor(max_inside=2, max_waiting=3, clock=clock, random=lambda: 0.5)
        return
    shared = SharedDoor(
        tmp_path, max_inside=2, max_waiting=3, clock=clock, random=lambda: 0.5
    )
    async with shared:
        yield shared


async def refusal(visitor: Visitor) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await visitor.task
    return caught.value


async def test_a_place_that_is_free_is_entered_at_once(door: WorkerDoor) -> None:
    [visitor] = await visitors(door, some_ticket())
    assert visitor.is_inside
    assert visitor.places == []
    assert door.state() == DoorState(1, 0, 2, 3)
    await visitor.leaves()
    assert door.state() == DoorState(0, 0, 2, 3)


async def test_who_leaves_lets_in_the_next(door: WorkerDoor) -> None:
    those = await visitors(door, *(some_ticket() for _ in range(4)))
    assert [visitor.is_inside for visitor in those] == [True, True, False, False]
    await those[0].leaves()
    await those[2].entered.wait()
    assert not those[3].is_inside
    assert door.state() == DoorState(2, 1, 2, 3)
    await all_leave(those)
    assert door.state() == DoorState(0, 0, 2, 3)


async def test_callers_are_let_in_by_turns(door: WorkerDoor) -> None:
    inside = await visitors(door, *(some_ticket("flood") for _ in range(2)))
    flood = await visitors(door, *(some_ticket("flood") for _ in range(2)))
    [bob] = await visitors(door, some_ticket("bob"))
    await inside[0].leaves()
    await bob.entered.wait()
    assert not any(visitor.is_inside for visitor in flood)
    await all_leave([*inside, *flood, bob])


async def test_an_error_inside_frees_the_place_and_teaches_nothing(
    door: WorkerDoor, clock: ManualClock
) -> None:
    async def fail() -> NoReturn:
        async with door.pass_through(some_ticket()):
            clock.advance(1000.0)
            raise RuntimeError

    for _ in range(3):
        with pytest.raises(RuntimeError):
            await fail()
    those = await visitors(door, some_ticket(), some_ticket(deadline_s=1.0))
    assert all(visitor.is_inside for visitor in those)
    await all_leave(those)


async def test_what_is_not_typical_teaches_nothing(
    door: WorkerDoor, clock: ManualClock
) -> None:
    async with door.pass_through(some_ticket()) as passage:
        clock.advance(1000.0)
        passage.is_typical = False
    those = await visitors(door, some_ticket(), some_ticket(deadline_s=1.0))
    assert all(visitor.is_inside for visitor in those)
    await all_leave(those)


async def test_an_answer_that_costs_nothing_takes_a_place_like_others(
    door: WorkerDoor, clock: ManualClock
) -> None:
    those = await visitors(door, *(some_ticket(cost=0.0) for _ in range(3)))
    clock.advance(10.0)
    await those[0].leaves()
    await those[2].entered.wait()
    await all_leave(those)


async def test_a_full_queue_refuses_with_the_limits_and_a_time_to_come_back(
    door: WorkerDoor,
) -> None:
    those = await visitors(door, *(some_ticket() for _ in range(6)))
    error = await refusal(those[5])
    assert isinstance(error, QueueFull)
    assert error.detail.startswith("Text-to-image server unavailable")
    assert "2 in flight and 3 waiting" in error.detail
    assert error.retry_after_s == 5.0
    await all_leave(those)


async def test_a_refusal_says_when_a_place_in_the_queue_will_be_free(
    door: WorkerDoor, clock: ManualClock
) -> None:
    async with door.pass_through(some_ticket()):
        clock.advance(30.0)
    those = await visitors(door, *(some_ticket() for _ in range(6)))
    error = await refusal(those[5])
    # Two places, each taken for the next 30 s by one who has just come.
    assert error.retry_after_s == pytest.approx((60 - 15) / 2)
    await all_leave(those)


async def test_a_fairer_claim_displaces_the_worst_of_a_flood(door: WorkerDoor) -> None:
    flood = await visitors(door, *(some_ticket("flood") for _ in range(5)))
    [bob] = await visitors(door, some_ticket("bob"))
    error = await refusal(flood[4])
    assert isinstance(error, EvictedFromQueue)
    assert error.detail.startswith("Text-to-image server unavailable")
    assert error.retry_after_s is not None
    assert door.state().waiting == 3
    await flood[0].leaves()
    await bob.entered.wait()
    await all_leave([*flood, bob])


async def test_who_cannot_be_done_in_time_is_refused_at_once(
    door: WorkerDoor, clock: ManualClock
) -> None:
    async with door.pass_through(some_ticket()):
        clock.advance(100.0)
    those = await visitors(door, some_ticket(), some_ticket(cost=4.0, deadline_s=300.0))
    error = await refusal(those[1])
    assert isinstance(error, DeadlineUnreachable)
    assert error.detail.startswith("Text-to-image server unavailable")
    assert "400 s and has 300 s" in error.detail
    assert error.retry_after_s == pytest.approx(100.0)
    await all_leave(those)


async def test_who_waits_past_his_deadline_is_told_so(door: WorkerDoor) -> None:
    inside = await visitors(door, some_ticket(), some_ticket())
    [late] = await visitors(door, some_ticket(deadline_s=0.01))
    error = await refusal(late)
    assert isinstance(error, QueueTimeout)
    assert error.detail.startswith("Request to text-to-image server timed out")
    assert "its turn did not come" in error.detail
    assert door.state().waiting == 0
    await all_leave(inside)


async def test_who_has_no_deadline_may_wait(door: WorkerDoor) -> None:
    those = await visitors(
        door, *(some_ticket(deadline_s=float("inf")) for _ in range(3))
    )
    await those[0].leaves()
    await those[2].entered.wait()
    await all_leave(those)


async def test_a_cancelled_wait_leaves_no_trace(door: WorkerDoor) -> None:
    those = await visitors(door, *(some_ticket() for _ in range(4)))
    await those[2].gives_up()
    assert door.state() == DoorState(2, 1, 2, 3)
    await those[0].leaves()
    await those[3].entered.wait()
    await all_leave(those)


@pytest.mark.parametrize("cancelled_first", [True, False])
async def test_a_cancellation_in_the_moment_of_entry_leaks_no_place(
    door: WorkerDoor, cancelled_first: bool
) -> None:
    inside = await visitors(door, some_ticket(), some_ticket())
    [waiting] = await visitors(door, some_ticket())
    if cancelled_first:
        waiting.task.cancel()
    # Both happen before the task runs again.
    door.set_limits(3, 3)
    if not cancelled_first:
        waiting.task.cancel()
    await asyncio.wait([waiting.task])
    assert waiting.task.cancelled()
    assert not waiting.entered.is_set()
    assert door.state() == DoorState(2, 0, 3, 3)
    await all_leave(inside)


async def test_a_cancellation_in_the_moment_of_eviction_ends_it_once(
    door: WorkerDoor,
) -> None:
    flood = await visitors(door, *(some_ticket("flood") for _ in range(5)))
    bob = Visitor(door, some_ticket("bob"))
    flood[4].task.cancel()
    await asyncio.wait([flood[4].task])
    await asyncio.sleep(0)
    assert door.state() == DoorState(2, 3, 2, 3)
    await all_leave([*flood, bob])
    assert door.state() == DoorState(0, 0, 2, 3)


async def test_who_waits_is_told_his_place_at_once_and_then_when_it_changes(
    door: WorkerDoor, clock: ManualClock
) -> None:
    those = await visitors(door, *(some_ticket() for _ in range(4)))
    assert those[2].places == [Place(1, None)]
    assert those[3].places == [Place(2, None)]
    await those[2].gives_up()
    door.look()
    assert those[3].places == [Place(2, None)]
    clock.advance(1.0)
    door.look()
    assert those[3].places == [Place(2, None), Place(1, None)]
    clock.advance(5.0)
    door.look()
    assert len(those[3].places) == 2
    await all_leave(those)


async def test_etas_count_down_at_most_once_a_second(
    door: WorkerDoor, clock: ManualClock
) -> None:
    async with door.pass_through(some_ticket()):
        clock.advance(30.0)
    those = await visitors(door, *(some_ticket() for _ in range(3)))
    for _ in range(4):
        clock.advance(0.5)
        door.look()
    etas = [place.eta_s for place in those[2].places]
    assert etas == pytest.approx([22.5, 21.5, 20.5])
    await all_leave(those)


async def test_more_places_let_in_who_waits(door: WorkerDoor) -> None:
    those = await visitors(door, *(some_ticket() for _ in range(3)))
    door.set_limits(3, 5)
    await those[2].entered.wait()
    assert door.state() == DoorState(3, 0, 3, 5)
    await all_leave(those)


async def test_a_closed_door_refuses_newcomers_and_lets_in_who_waits(
    door: WorkerDoor,
) -> None:
    those = await visitors(door, *(some_ticket() for _ in range(3)))
    assert not door.is_closed
    door.close()
    assert door.is_closed
    [late] = await visitors(door, some_ticket())
    assert isinstance(await refusal(late), ServerStopping)
    await those[0].leaves()
    await those[2].entered.wait()
    await all_leave(those)


async def test_it_is_a_door(door: Door) -> None:
    async with door.pass_through(some_ticket()):
        assert door.state().inside == 1

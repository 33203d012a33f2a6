"""Several workers' doors on one folder; here they run in one process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from easel.clock import ManualClock
from easel.errors import EvictedFromQueue, StoreUnavailable
from easel.gateway.admission.door import DoorState
from easel.gateway.admission.shared_door import SharedDoor, sweep
from tests.gateway.admission.some_ticket import some_ticket
from tests.gateway.admission.visitor import all_leave, visitors

MakeDoor = Callable[[], Awaitable[SharedDoor]]


def a_door(folder: Path, *, max_inside: int = 2) -> SharedDoor:
    """Two places, and three to wait."""
    return SharedDoor(folder, max_inside=max_inside, max_waiting=3, clock=ManualClock())


@pytest.fixture
async def new_door(tmp_path: Path) -> AsyncIterator[MakeDoor]:
    async with AsyncExitStack() as stack:
        yield lambda: stack.enter_async_context(a_door(tmp_path))


def remove_bells(folder: Path) -> None:
    bells = [*folder.glob("*.bell")]
    assert len(bells) == 2
    for bell in bells:
        bell.unlink()


def files_of_workers(folder: Path) -> list[Path]:
    return [*folder.glob("*.alive"), *folder.glob("*.bell")]


async def test_workers_share_places_and_queue(new_door: MakeDoor) -> None:
    one, other = await new_door(), await new_door()
    those = await visitors(one, some_ticket(), some_ticket())
    others = await visitors(other, *(some_ticket() for _ in range(3)))
    assert not any(visitor.is_inside for visitor in others)
    assert one.state() == other.state() == DoorState(2, 3, 2, 3)
    await all_leave([*those, *others])
    assert one.state() == other.state() == DoorState(0, 0, 2, 3)


async def test_who_leaves_lets_in_a_ticket_of_another_worker(
    new_door: MakeDoor,
) -> None:
    one, other = await new_door(), await new_door()
    those = await visitors(one, some_ticket(), some_ticket())
    [waiting] = await visitors(other, some_ticket())
    await those[0].leaves()
    await waiting.entered.wait()
    await all_leave([*those, waiting])


async def test_a_fairer_claim_displaces_a_ticket_of_another_worker(
    new_door: MakeDoor,
) -> None:
    one, other = await new_door(), await new_door()
    flood = await visitors(one, *(some_ticket("flood") for _ in range(5)))
    [bob] = await visitors(other, some_ticket("bob"))
    with pytest.raises(EvictedFromQueue):
        await flood[4].task
    await all_leave([*flood, bob])


async def test_a_lost_message_is_made_good_by_looking(
    new_door: MakeDoor, tmp_path: Path
) -> None:
    one, other = await new_door(), await new_door()
    remove_bells(tmp_path)
    those = await visitors(one, some_ticket(), some_ticket())
    [waiting] = await visitors(other, some_ticket())
    await those[0].leaves()
    other.look()
    await waiting.entered.wait()
    await all_leave([*those, waiting])


async def test_nobody_has_to_make_a_waiting_worker_look(
    new_door: MakeDoor, tmp_path: Path
) -> None:
    one, other = await new_door(), await new_door()
    remove_bells(tmp_path)
    those = await visitors(one, some_ticket(), some_ticket())
    [waiting] = await visitors(other, some_ticket())
    await those[0].leaves()
    await waiting.entered.wait()
    await all_leave([*those, waiting])


async def test_a_cancellation_in_the_moment_of_entry_leaks_no_place_elsewhere(
    new_door: MakeDoor,
) -> None:
    one, other = await new_door(), await new_door()
    those = await visitors(one, some_ticket(), some_ticket())
    mine, next_one = await visitors(other, some_ticket(), some_ticket())
    those[0].task.cancel()
    mine.task.cancel()
    await asyncio.wait([those[0].task, mine.task])
    await next_one.entered.wait()
    assert not mine.entered.is_set()
    assert one.state() == DoorState(2, 0, 2, 3)
    await all_leave([those[1], next_one])
    assert one.state() == DoorState(0, 0, 2, 3)


async def test_a_worker_that_goes_leaves_nothing_behind(tmp_path: Path) -> None:
    async with a_door(tmp_path) as door:
        those = await visitors(door, *(some_ticket() for _ in range(3)))
        assert len(files_of_workers(tmp_path)) == 2
    assert files_of_workers(tmp_path) == []
    async with a_door(tmp_path) as next_one:
        assert next_one.state() == DoorState(0, 0, 2, 3)
    for visitor in those:
        visitor.task.cancel()
    await asyncio.gather(*(visitor.task for visitor in those), return_exceptions=True)


async def test_the_newest_worker_brings_the_limits(
    new_door: MakeDoor, tmp_path: Path
) -> None:
    one = await new_door()
    async with a_door(tmp_path, max_inside=5):
        assert one.state() == DoorState(0, 0, 5, 3)


async def test_what_cannot_be_shared_is_refused_and_nothing_is_lost(
    new_door: MakeDoor, tmp_path: Path
) -> None:
    door = await new_door()
    those = await visitors(door, *(some_ticket() for _ in range(4)))
    # Where the new state is to be written stands something else.
    obstacle = tmp_path / "occupancy.new"
    obstacle.mkdir()
    [refused] = await visitors(door, some_ticket())
    with pytest.raises(StoreUnavailable):
        await refused.task
    await those[0].leaves()
    await those[2].gives_up()
    assert not those[3].is_inside
    obstacle.rmdir()
    await those[3].entered.wait()
    assert door.state() == DoorState(2, 0, 2, 3)
    await all_leave([those[1], those[3]])


async def test_a_door_that_was_not_opened_lets_nobody_in(tmp_path: Path) -> None:
    [visitor] = await visitors(a_door(tmp_path), some_ticket())
    with pytest.raises(StoreUnavailable):
        await visitor.task


def test_there_is_nothing_to_sweep_before_the_first_worker(tmp_path: Path) -> None:
    sweep(tmp_path)
    sweep(tmp_path / "not there")
    assert list(tmp_path.iterdir()) == []


async def test_the_living_are_not_swept(new_door: MakeDoor, tmp_path: Path) -> None:
    door = await new_door()
    those = await visitors(door, *(some_ticket() for _ in range(3)))
    sweep(tmp_path)
    assert door.state() == DoorState(2, 1, 2, 3)
    await all_leave(those)


async def test_closing_one_workers_door_closes_all(new_door: MakeDoor) -> None:
    one, other = await new_door(), await new_door()
    one.close()
    assert other.is_closed

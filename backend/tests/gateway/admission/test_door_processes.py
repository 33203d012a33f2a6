"""The shared door as gunicorn's workers use it: processes that come, wait and die."""

import asyncio
import contextlib
from itertools import cycle
from pathlib import Path

import pytest

from easel.clock import MonotonicClock
from easel.gateway.admission.fair_queue import FairQueue
from easel.gateway.admission.occupancy import Occupancy
from easel.gateway.admission.occupancy_file import OccupancyFile
from easel.gateway.admission.shared_door import SharedDoor, sweep
from tests.gateway.admission.door_process import DoorProcess, Log, door_processes
from tests.gateway.admission.some_ticket import some_ticket
from tests.gateway.admission.visitor import all_leave, visitors

pytestmark = pytest.mark.system


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Its path is longer than a socket's address may be."""
    return tmp_path / ("long" * 30)


def spread(
    workers: list[DoorProcess], tickets: list[str], *, caller: str = "ann"
) -> dict[str, DoorProcess]:
    """Let each ticket come in the next worker in turn; by ticket, which one."""
    where = dict(zip(tickets, cycle(workers), strict=False))
    for ticket, worker in where.items():
        worker.order(f"enter {ticket} {caller}")
    return where


async def reaches(folder: Path, *, inside: int, waiting: int) -> None:
    """Tickets that wait write nothing, so here we must look."""
    file = OccupancyFile(folder, lambda: Occupancy(0, FairQueue(0)))
    with contextlib.closing(file):
        async with asyncio.timeout(20):
            while True:
                state = file.as_it_is().state()
                if (state.inside, state.waiting) == (inside, waiting):
                    return
                await asyncio.sleep(0.01)


async def test_of_forty_tickets_on_four_workers_ten_are_inside_at_any_time(
    folder: Path,
) -> None:
    log, tickets = Log(), [f"ticket-{number}" for number in range(40)]
    async with door_processes(
        folder, log, count=4, max_inside=10, max_waiting=40
    ) as workers:
        where = spread(workers, tickets)
        await log.has("inside", 10)
        await reaches(folder, inside=10, waiting=30)
        for left in range(40):
            inside = await log.has("inside", min(40, 10 + left))
            # Each that was told to leave has made room for one, and for one only.
            assert len(inside) == min(40, 10 + left)
            where[inside[left]].order(f"leave {inside[left]}")
        await log.has("left", 40)
        await reaches(folder, inside=0, waiting=0)
        assert log.tickets("refused") == []


@pytest.mark.parametrize("is_swept_by", ["its parent", "other workers"])
async def test_the_places_of_a_killed_worker_go_to_others(
    folder: Path, is_swept_by: str
) -> None:
    log = Log()
    async with door_processes(
        folder, log, count=4, max_inside=10, max_waiting=40
    ) as workers:
        victim, *others = workers
        spread([victim], [f"lost-{number}" for number in range(5)])
        await log.has("inside", 5)
        spread(others, [f"inside-{number}" for number in range(5)])
        await log.has("inside", 10)
        spread([victim], [f"lost-too-{number}" for number in range(3)])
        await reaches(folder, inside=10, waiting=3)
        spread(others, [f"waiting-{number}" for number in range(7)])
        await reaches(folder, inside=10, waiting=10)
        victim.process.kill()
        await victim.process.wait()
        if is_swept_by == "its parent":
            sweep(folder)
        await log.has("inside", 15, within_s=5.0)
        await reaches(folder, inside=10, waiting=2)
        assert log.tickets("refused") == []


async def test_nobody_is_refused_for_the_places_of_a_killed_worker(
    folder: Path,
) -> None:
    log = Log()
    async with door_processes(
        folder, log, count=1, max_inside=2, max_waiting=0
    ) as workers:
        spread(workers, ["lost-1", "lost-2"])
        await log.has("inside", 2)
        workers[0].process.kill()
        await workers[0].process.wait()
        async with SharedDoor(
            folder, max_inside=2, max_waiting=0, clock=MonotonicClock()
        ) as door:
            those = await visitors(door, some_ticket(), some_ticket())
            assert all(visitor.is_inside for visitor in those)
            await all_leave(those)


async def test_no_wake_up_is_lost_however_fast_places_change_hands(
    folder: Path,
) -> None:
    log = Log()
    async with door_processes(
        folder, log, count=4, max_inside=3, max_waiting=400
    ) as workers:
        for worker in workers:
            worker.order("churn 50")
        await log.has("left", 200)
        await reaches(folder, inside=0, waiting=0)


async def test_callers_take_turns_whichever_workers_they_are_at(folder: Path) -> None:
    log = Log()
    async with door_processes(
        folder, log, count=3, max_inside=1, max_waiting=40
    ) as workers:
        flood = [f"flood-{number}" for number in range(7)]
        where = spread(workers[:1], flood[:1], caller="flood")
        await log.has("inside", 1)
        where |= spread(workers[:2], flood[1:], caller="flood")
        await reaches(folder, inside=1, waiting=6)
        where |= spread(workers[2:], ["bob-1", "bob-2", "bob-3"], caller="bob")
        await reaches(folder, inside=1, waiting=9)
        for count in range(1, 11):
            *_, newest = await log.has("inside", count)
            where[newest].order(f"leave {newest}")
        order = [ticket[0] for ticket in log.tickets("inside")]
        assert "".join(order) == "fbfbfbffff"

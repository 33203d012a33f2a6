import asyncio

import pytest

from easel.errors import QueueFull
from easel.gateway.foreign.places import Places


class Visitor:
    def __init__(self, places: Places) -> None:
        self.positions: list[int] = []
        self.is_inside = False
        self._leaves = asyncio.Event()
        self.task = asyncio.create_task(self._visit(places))

    async def _visit(self, places: Places) -> None:
        async with places.take(self.positions.append):
            self.is_inside = True
            await self._leaves.wait()
        self.is_inside = False

    async def leave(self) -> None:
        self._leaves.set()
        await self.task


async def visitors(places: Places, count: int) -> list[Visitor]:
    came = [Visitor(places) for _ in range(count)]
    await asyncio.sleep(0)
    return came


async def settled() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_first_come_first_served() -> None:
    places = Places(2)
    first, second, third, fourth = await visitors(places, 4)
    assert [each.is_inside for each in (first, second, third, fourth)] == [
        *(True, True, False, False)
    ]
    assert (places.inside, places.waiting) == (2, 2)
    await second.leave()
    await settled()
    assert third.is_inside
    assert not fourth.is_inside
    assert fourth.positions == [2, 1]
    for each in (first, third, fourth):
        await each.leave()
    assert (places.inside, places.waiting) == (0, 0)


async def test_who_gives_up_moves_the_others_and_loses_no_place() -> None:
    places = Places(1)
    first, second, third = await visitors(places, 3)
    second.task.cancel()
    await settled()
    assert third.positions == [2, 1]
    await first.leave()
    # Given its turn and cancelled before it took it.
    third.task.cancel()
    await settled()
    assert (places.inside, places.waiting) == (0, 0)
    (last,) = await visitors(places, 1)
    assert last.is_inside
    await last.leave()


async def test_a_line_has_an_end() -> None:
    places = Places(1)
    came = await visitors(places, 100)
    places.check_room()
    came += await visitors(places, 1)
    with pytest.raises(QueueFull):
        places.check_room()
    for each in came:
        each.task.cancel()
    await settled()

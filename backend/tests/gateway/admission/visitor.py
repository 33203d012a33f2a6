"""Someone who goes through a door and stays inside until he is told to leave."""

import asyncio

from easel.gateway.admission.door import Door
from easel.gateway.admission.tickets import Place, Ticket


class Visitor:
    """Its task begins at once; the event loop must turn before anything is seen."""

    def __init__(self, door: Door, ticket: Ticket) -> None:
        self.ticket = ticket
        self.places: list[Place] = []
        self.entered = asyncio.Event()
        self._may_leave = asyncio.Event()
        self.task = asyncio.create_task(self._visit(door))

    @property
    def is_inside(self) -> bool:
        return self.entered.is_set() and not self.task.done()

    async def leaves(self) -> None:
        self._may_leave.set()
        await self.task

    async def gives_up(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])

    async def _visit(self, door: Door) -> None:
        async with door.pass_through(self.ticket, on_place=self.places.append):
            self.entered.set()
            await self._may_leave.wait()


async def visitors(door: Door, *tickets: Ticket) -> list[Visitor]:
    """In this order; each has entered, waits, or was refused."""
    new = [Visitor(door, ticket) for ticket in tickets]
    await asyncio.sleep(0)
    return new


async def all_leave(those: list[Visitor]) -> None:
    """Also who waits, and who has gone."""
    for visitor in those:
        visitor.task.cancel()
    await asyncio.gather(*(visitor.task for visitor in those), return_exceptions=True)

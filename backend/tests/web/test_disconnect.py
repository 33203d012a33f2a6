import asyncio

import pytest
from starlette.types import Message

from easel.web.disconnect import ClientLeft, unless_client_leaves


class Connection:
    """The receiving side of a request whose body has been read."""

    def __init__(self) -> None:
        self.left = asyncio.Event()

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}


async def test_work_that_is_done_is_returned() -> None:
    async def work() -> int:
        return 7

    assert await unless_client_leaves(Connection().receive, work()) == 7


async def test_an_error_of_the_work_is_raised() -> None:
    async def work() -> None:
        raise ValueError("of the work")

    with pytest.raises(ValueError, match="of the work"):
        await unless_client_leaves(Connection().receive, work())


async def test_work_ends_when_the_client_leaves() -> None:
    connection = Connection()
    was_cancelled = False

    async def work() -> None:
        nonlocal was_cancelled
        connection.left.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            was_cancelled = True
            raise

    with pytest.raises(ClientLeft):
        await unless_client_leaves(connection.receive, work())
    assert was_cancelled


async def test_work_ends_when_its_waiter_is_cancelled() -> None:
    has_begun, has_ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        has_begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            has_ended.set()

    waiter = asyncio.create_task(unless_client_leaves(Connection().receive, work()))
    await has_begun.wait()
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    assert has_ended.is_set()

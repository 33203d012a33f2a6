"""A worker at a shared door, as a process of its own that does what it is told.

Run as a module it reads orders, one a line (`enter <ticket> <caller>`,
`leave <ticket>`, `churn <tickets>`), and writes what happens.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from easel.clock import MonotonicClock
from easel.errors import ServiceError
from easel.gateway.admission.shared_door import SharedDoor
from tests.gateway.admission.some_ticket import some_ticket
from tests.gateway.processes import BACKEND


class DoorProcess:
    """The test's end of it."""

    def __init__(self, process: asyncio.subprocess.Process, log: "Log") -> None:
        self.process = process
        self._log = log

    async def follow(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            await self._log.add(line.decode().strip())

    def order(self, order: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{order}\n".encode())


class Log:
    """What all of them have written, in the order in which it arrived."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._grew = asyncio.Condition()

    async def add(self, line: str) -> None:
        async with self._grew:
            self.lines.append(line)
            self._grew.notify_all()

    def tickets(self, event: str) -> list[str]:
        words = [line.split() for line in self.lines]
        return [rest[0] for first, *rest in words if first == event]

    async def has(self, event: str, count: int, *, within_s: float = 20.0) -> list[str]:
        """The tickets to which `event` has happened, once there are so many."""
        async with asyncio.timeout(within_s), self._grew:
            await self._grew.wait_for(lambda: len(self.tickets(event)) >= count)
        return self.tickets(event)


@asynccontextmanager
async def door_processes(
    folder: Path, log: Log, *, count: int, max_inside: int, max_waiting: int
) -> AsyncIterator[list[DoorProcess]]:
    workers = []
    try:
        for _ in range(count):
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.gateway.admission.door_process"),
                *(str(folder), str(max_inside), str(max_waiting)),
                cwd=BACKEND,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            workers.append(DoorProcess(process, log))
        followers = [asyncio.create_task(worker.follow()) for worker in workers]
        await log.has("ready", count)
        yield workers
    finally:
        for worker in workers:
            if worker.process.returncode is None:
                worker.process.kill()
            await worker.process.wait()
        await asyncio.gather(*followers)


class _Worker:
    """The process's end."""

    def __init__(self, door: SharedDoor) -> None:
        self._door = door
        self._may_leave: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def obey(self, order: str) -> None:
        match order.split():
            case ["enter", ticket, caller]:
                self._may_leave[ticket] = asyncio.Event()
                self._start(ticket, caller)
            case ["leave", ticket]:
                self._may_leave[ticket].set()
            case ["churn", count]:
                for number in range(int(count)):
                    self._start(f"{os.getpid()}-{number}", "churner")

    def _start(self, ticket: str, caller: str) -> None:
        task = asyncio.create_task(self._visit(ticket, caller))
        self._tasks.add(task)

    async def _visit(self, ticket: str, caller: str) -> None:
        try:
            async with self._door.pass_through(some_ticket(caller, id=ticket)):
                _say("inside", ticket)
                if ticket in self._may_leave:
                    await self._may_leave[ticket].wait()
        except ServiceError as error:
            _say("refused", ticket, error.code)
        else:
            _say("left", ticket)


def _say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


async def _run(folder: Path, max_inside: int, max_waiting: int) -> None:
    door = SharedDoor(
        folder, max_inside=max_inside, max_waiting=max_waiting, clock=MonotonicClock()
    )
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
    )
    async with door:
        worker = _Worker(door)
        _say("ready", "now")
        async for line in orders:
            worker.obey(line.decode())


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))

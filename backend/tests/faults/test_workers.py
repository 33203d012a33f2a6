"""Four workers under the guide's command: one cap, and none is held by the dead.

Fault list 22 and 23.
"""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.faults.rig import (
    OWN_CONNECTION,
    assert_settled,
    generate,
    health,
    queue_of,
)
from tests.gateway.processes import GUIDE, GUNICORN, GatewayProcess, free_port, started
from tests.gateway.store.waiting import until
from tests.gateway.stub_server import StubServer

pytestmark = pytest.mark.system

WORKERS = 4
CAP = 10
PATIENCE_S = 30.0
# As the fault list has it.
FREE_WITHIN_S = 5.0


@contextmanager
def four_workers(
    stub: StubServer, folder: Path, *, cap: int
) -> Iterator[GatewayProcess]:
    port = free_port()
    command = [*GUNICORN, *GUIDE.format(workers=WORKERS, port=port).split()]
    with started(
        command,
        port,
        folder / "log",
        TEXT2IMAGE_SERVER_URL=stub.url,
        MAX_CONCURRENT_REQUESTS=str(cap),
        GATEWAY_DATA_DIR=str(folder / "data"),
    ) as gateway:
        yield gateway


class Counting:
    """A server that holds what it got until it may go on."""

    def __init__(self, stub: StubServer) -> None:
        self.may_go_on = asyncio.Event()
        self.running = 0
        self.most = 0
        self.abandoned = 0
        stub.handler = self._hold

    async def _hold(self, request: web.Request) -> web.StreamResponse:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await self.may_go_on.wait()
            # So long that others could pass the cap meanwhile.
            await asyncio.sleep(0.02)
        except asyncio.CancelledError:
            self.abandoned += 1
            raise
        finally:
            self.running -= 1
        return web.json_response({})


def all_at_once(url: str) -> aiohttp.ClientSession:
    """Each request on a connection of its own: the kernel spreads them."""
    return aiohttp.ClientSession(
        url, connector=aiohttp.TCPConnector(limit=0, force_close=True)
    )


@pytest.mark.parametrize("count", [30, 40])
async def test_exactly_the_cap_runs_and_the_others_queue(
    stub: StubServer, tmp_path: Path, count: int
) -> None:
    server = Counting(stub)
    with four_workers(stub, tmp_path, cap=CAP) as gateway:
        async with all_at_once(gateway.url) as client:
            asking = [asyncio.create_task(generate(client)) for _ in range(count)]
            await until(lambda: is_queue(client, CAP, count - CAP))
            await until(lambda: server.running == CAP)
            # Nobody is refused while there is room in the queue.
            assert not any(task.done() for task in asking)
            server.may_go_on.set()
            answers = await asyncio.wait_for(asyncio.gather(*asking), PATIENCE_S)
            assert Counter(answer.status for answer in answers) == {200: count}
            assert server.most == CAP
            assert len(stub.requests) == count
            await assert_settled(client)
        assert await asyncio.to_thread(gateway.stop) == 0
        assert "Traceback" not in gateway.output()


async def test_only_who_finds_the_queue_full_is_refused(
    stub: StubServer, tmp_path: Path
) -> None:
    server = Counting(stub)
    with four_workers(stub, tmp_path, cap=2) as gateway:
        async with all_at_once(gateway.url) as client:
            asking = [asyncio.create_task(generate(client)) for _ in range(30)]
            # The queue has four places for each one that runs.
            await until(lambda: sum(task.done() for task in asking) == 20)
            assert await queue_of(client) == (2, 8)
            server.may_go_on.set()
            answers = await asyncio.wait_for(asyncio.gather(*asking), PATIENCE_S)
            assert Counter(one.status for one in answers) == {200: 10, 503: 20}
            for answer in answers:
                if answer.status == 503:
                    assert answer.document["code"] == "queue_full"
                    assert int(answer.headers["Retry-After"]) >= 1
            assert server.most == 2
            await assert_settled(client)


async def test_a_killed_worker_frees_what_it_held_and_its_server_stops(
    stub: StubServer, tmp_path: Path
) -> None:
    server = Counting(stub)
    running = 20
    with four_workers(stub, tmp_path, cap=running) as gateway:
        async with all_at_once(gateway.url) as client:
            asking = [asyncio.create_task(generate(client)) for _ in range(running)]
            await until(lambda: server.running == running)
            victim, held = busiest_worker(gateway)
            assert held >= 5

            os.kill(victim, signal.SIGKILL)
            async with asyncio.timeout(FREE_WITHIN_S):
                await until(lambda: is_queue(client, running - held, 0))
                await until(lambda: server.running == running - held)
            assert server.abandoned == held
            # The places are free: others come in at once.
            asking += [asyncio.create_task(generate(client)) for _ in range(held)]
            await until(lambda: server.running == running)

            server.may_go_on.set()
            ends = await asyncio.gather(*asking, return_exceptions=True)
            lost = [end for end in ends if isinstance(end, BaseException)]
            assert len(lost) == held
            assert all(isinstance(end, aiohttp.ClientError) for end in lost)
            answered = [end for end in ends if not isinstance(end, BaseException)]
            assert {answer.status for answer in answered} == {200}
            assert server.most == running
            await assert_settled(client)
            # A new worker has come, and sees the same queue.
            await until(lambda: len(gateway.worker_pids()) == WORKERS)
            assert (await generate(client)).status == 200
            # Its place is freed just after its last byte.
            await until(lambda: is_queue(client, 0, 0))
            for _ in range(2 * WORKERS):
                assert (await health(client))["queue"]["in_flight"] == 0


async def is_queue(client: aiohttp.ClientSession, inside: int, waiting: int) -> bool:
    return await queue_of(client) == (inside, waiting)


def busiest_worker(gateway: GatewayProcess) -> tuple[int, int]:
    """The worker with most open connections of clients, and how many they are."""
    sockets = client_sockets(gateway.port)
    counts = {pid: len(sockets & open_sockets(pid)) for pid in gateway.worker_pids()}
    return max(counts.items(), key=lambda item: item[1])


def client_sockets(port: int) -> set[str]:
    """Of all established connections to `port`, as /proc names them."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    is_established = "01"
    return {
        f"socket:[{row[9]}]"
        for row in rows
        if int(row[1].split(":")[1], 16) == port and row[3] == is_established
    }


def open_sockets(pid: int) -> set[str]:
    names = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            names.add(os.readlink(descriptor))
        except OSError:
            continue  # closed meanwhile
    return names


async def test_a_worker_that_is_killed_while_idle_changes_nothing(
    stub: StubServer, tmp_path: Path
) -> None:
    with four_workers(stub, tmp_path, cap=CAP) as gateway:
        async with all_at_once(gateway.url) as client:
            for pid in gateway.worker_pids():
                os.kill(pid, signal.SIGKILL)
            async with client.get("/livez", headers=OWN_CONNECTION) as answer:
                assert answer.status == 200
            assert (await generate(client)).status == 200
            await assert_settled(client)

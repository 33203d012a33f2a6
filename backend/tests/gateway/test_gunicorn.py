import asyncio
import json
import os
import re
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.gateway.processes import GUIDE, GUNICORN, GatewayProcess, free_port, started
from tests.gateway.stub_server import StubServer, never

pytestmark = pytest.mark.system

PATIENCE_S = 10.0


def gunicorn(workers: int, port: int, *more: str) -> list[str]:
    return [*GUNICORN, *GUIDE.format(workers=workers, port=port).split(), *more]


@pytest.fixture
async def two_workers(
    stub: StubServer, tmp_path: Path
) -> AsyncIterator[GatewayProcess]:
    port = free_port()
    with started(
        gunicorn(2, port),
        port,
        tmp_path / "log",
        TEXT2IMAGE_SERVER_URL=stub.url,
        MAX_CONCURRENT_REQUESTS="3",
        GATEWAY_MAX_QUEUE="0",
        GATEWAY_LOG_FORMAT="json",
    ) as gateway:
        yield gateway


async def get_text(client: aiohttp.ClientSession, path: str) -> str:
    # A new connection each time, so that both workers get their share.
    async with client.get(path, headers={"Connection": "close"}) as answer:
        return await answer.text()


async def in_flight(client: aiohttp.ClientSession) -> int:
    document = json.loads(await get_text(client, "/health"))
    count: int = document["queue"]["in_flight"]
    return count


async def test_the_guides_command_serves_with_four_workers_and_stops_clean(
    stub: StubServer, tmp_path: Path
) -> None:
    port = free_port()
    with started(
        gunicorn(4, port, "--timeout", "300"),
        port,
        tmp_path / "log",
        TEXT2IMAGE_SERVER_URL=stub.url,
    ) as gateway:
        async with aiohttp.ClientSession(gateway.url) as client:
            async with client.post("/generate", json={"prompt": "a fox"}) as answer:
                assert answer.status == 200
            assert '"status":"healthy"' in await get_text(client, "/health")
        await until(lambda: len(gateway.worker_pids()) == 4)
        assert await asyncio.to_thread(gateway.stop) == 0
        assert "Traceback" not in gateway.output()
        assert "ERROR" not in gateway.output()


async def test_metrics_are_the_sum_over_the_workers(
    two_workers: GatewayProcess,
) -> None:
    async with aiohttp.ClientSession(two_workers.url) as client:
        for _ in range(40):
            await get_text(client, "/models")
        for _ in range(4):
            text = await get_text(client, "/metrics")
            assert (
                'requests_total{method="GET",route="/models",status="200"} 40' in text
            )


async def test_workers_share_one_cap(
    two_workers: GatewayProcess, stub: StubServer
) -> None:
    stub.handler = never
    async with aiohttp.ClientSession(two_workers.url) as client:
        waiting = {
            asyncio.create_task(client.post("/generate", json={"prompt": "x"}))
            for _ in range(12)
        }
        refused: set[asyncio.Task[aiohttp.ClientResponse]] = set()
        running = waiting
        while len(refused) < 9:
            done, running = await asyncio.wait(
                running, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED
            )
            assert done
            refused |= done
        assert {task.result().status for task in refused} == {503}
        assert len(running) == 3
        assert await in_flight(client) == 3
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_a_killed_worker_gives_its_slots_back(
    two_workers: GatewayProcess, stub: StubServer
) -> None:
    stub.handler = never
    async with aiohttp.ClientSession(two_workers.url) as client:
        waiting = []
        for _ in range(3):
            waiting.append(
                asyncio.create_task(client.post("/generate", json={"prompt": "x"}))
            )
            await asyncio.wait_for(stub.arrival(), PATIENCE_S)
        for pid in two_workers.worker_pids():
            os.kill(pid, signal.SIGKILL)
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(outcome, aiohttp.ClientError) for outcome in outcomes)

        stub.handler = answer_at_once
        statuses = [await status_when_back(client) for _ in range(3)]
        assert statuses == [200, 200, 200]
        assert await in_flight(client) == 0


async def answer_at_once(request: web.Request) -> web.StreamResponse:
    return web.json_response({})


async def status_when_back(client: aiohttp.ClientSession) -> int:
    # The master holds the listening socket: the connection waits for a new worker.
    async with client.post(
        "/generate", json={"prompt": "x"}, headers={"Connection": "close"}
    ) as answer:
        return answer.status


async def test_a_generation_in_flight_at_sigterm_is_finished(
    two_workers: GatewayProcess, stub: StubServer
) -> None:
    may_finish = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        await may_finish.wait()
        return web.json_response({"id": 1})

    stub.handler = handler
    async with aiohttp.ClientSession(two_workers.url) as client:
        waiting = asyncio.create_task(client.post("/generate", json={"prompt": "x"}))
        await asyncio.wait_for(stub.arrival(), PATIENCE_S)
        stopping = asyncio.create_task(asyncio.to_thread(two_workers.stop))
        await until_refused(two_workers.port)
        may_finish.set()
        async with await waiting as answer:
            assert answer.status == 200
            assert await answer.json() == {"id": 1}
        assert await stopping == 0
    assert "Traceback" not in two_workers.output()


async def test_what_outlasts_the_grace_is_told_that_the_gateway_stops(
    stub: StubServer, tmp_path: Path
) -> None:
    stub.handler = never
    port = free_port()
    with started(
        gunicorn(1, port),
        port,
        tmp_path / "log",
        TEXT2IMAGE_SERVER_URL=stub.url,
        GATEWAY_SHUTDOWN_GRACE_S="1",
    ) as gateway:
        async with aiohttp.ClientSession(gateway.url) as client:
            waiting = asyncio.create_task(
                client.post("/generate", json={"prompt": "x"})
            )
            await asyncio.wait_for(stub.arrival(), PATIENCE_S)
            stopping = asyncio.create_task(asyncio.to_thread(gateway.stop))
            async with await waiting as answer:
                assert answer.status == 503
                assert (await answer.json())["code"] == "server_stopping"
            assert "Server" not in answer.headers
            assert await stopping == 0
        assert "Traceback" not in gateway.output()


async def until(condition: Callable[[], bool]) -> None:
    # Other processes tell us nothing, so we ask again and again.
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)


async def until_refused(port: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                return
            writer.close()
            await asyncio.sleep(0.02)


async def test_nothing_is_left_behind(two_workers: GatewayProcess) -> None:
    folder = shared_folder(two_workers.worker_pids()[0])
    assert (folder / "door").is_dir()
    assert await asyncio.to_thread(two_workers.stop) == 0
    assert not folder.exists()


def shared_folder(worker_pid: int) -> Path:
    """Where a worker keeps its metrics: it has them mapped into its memory."""
    maps = Path(f"/proc/{worker_pid}/maps").read_text()
    found = re.search(r"\S+/easel-gateway-\w+", maps)
    assert found
    return Path(found[0])


async def test_gunicorns_own_lines_have_the_format_of_all_others(
    two_workers: GatewayProcess,
) -> None:
    assert await asyncio.to_thread(two_workers.stop) == 0
    lines = [json.loads(line) for line in two_workers.output().splitlines()]
    assert "gunicorn.error" in {line["logger"] for line in lines}


async def test_counters_never_go_back_while_workers_come_and_go(
    two_workers: GatewayProcess,
) -> None:
    async with aiohttp.ClientSession(two_workers.url) as client:
        last = first = await counted(client, "/models")
        for how in (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP):
            old = set(two_workers.worker_pids())
            master = how == signal.SIGHUP
            os.kill(two_workers.process.pid if master else min(old), how)
            is_replaced = False
            while not is_replaced:
                with suppress(aiohttp.ClientConnectionError):
                    await get_text(client, "/models")
                    now = await counted(client, "/models")
                    assert now >= last
                    last = now
                new = set(two_workers.worker_pids())
                gone = old - new
                is_replaced = len(new) == 2 and (gone == old if master else bool(gone))
            assert last > first


async def counted(client: aiohttp.ClientSession, route: str) -> float:
    text = await get_text(client, "/metrics")
    found = re.search(rf'requests_total{{.*route="{route}",status="200"}} (\S+)', text)
    return float(found[1]) if found else 0.0


async def test_a_worker_that_stands_still_is_told_of_and_in_nobodys_way(
    two_workers: GatewayProcess,
) -> None:
    standing = two_workers.worker_pids()[0]
    async with (
        aiohttp.ClientSession(two_workers.url) as client,
        asyncio.timeout(PATIENCE_S),
    ):
        # Again, if it was still starting and had no loop that could stand still.
        while "the event loop stood still" not in two_workers.output():
            os.kill(standing, signal.SIGSTOP)
            try:
                for _ in range(10):
                    assert "alive" in await get_text(client, "/livez")
                # Longer than is worth a line.
                await asyncio.sleep(1)
            finally:
                os.kill(standing, signal.SIGCONT)
            # It looks twice a second.
            await asyncio.sleep(0.5)
        text = await get_text(client, "/metrics")
    late = re.search(r"event_loop_lag_seconds_sum (\S+)", text)
    assert late
    assert float(late[1]) >= 0.25


async def test_a_reload_keeps_what_was_counted(
    two_workers: GatewayProcess,
) -> None:
    async with aiohttp.ClientSession(two_workers.url) as client:
        await get_text(client, "/models")
        old = set(two_workers.worker_pids())
        two_workers.process.send_signal(signal.SIGHUP)
        while old & set(two_workers.worker_pids()):
            await get_text(client, "/models")
        text = await get_text(client, "/metrics")
    counted = re.search(r'route="/models",status="200"} (\S+)', text)
    assert counted
    assert float(counted[1]) >= 2
    assert "Traceback" not in two_workers.output()


async def test_a_wrong_setting_stops_gunicorn_at_once_with_one_line(
    tmp_path: Path,
) -> None:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *gunicorn(2, port),
        cwd=Path(__file__).parents[2],
        env={**os.environ, "REQUEST_TIMEOUT": "five minutes"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, error = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode == 2
    (line,) = error.decode().splitlines()
    assert line.startswith("easel: REQUEST_TIMEOUT: ")

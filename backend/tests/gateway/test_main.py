import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.gateway.processes import (
    BACKEND,
    GUNICORN,
    GatewayProcess,
    free_port,
    started,
)
from tests.gateway.stub_server import StubServer, never

pytestmark = pytest.mark.component

PATIENCE_S = 10.0

# What `import main` must not need, although this environment may have it.
WITHOUT_MODEL_LIBRARIES = """
import sys
for name in ("torch", "diffusers", "transformers", "numpy", "PIL", "safetensors"):
    sys.modules[name] = None
sys.argv = ["gunicorn", "main:app", "--not-a-flag-of-ours"]
import main
print(main.app.title, main.settings.port)
"""


def test_the_gateway_needs_no_model_library_and_leaves_other_programs_flags_alone() -> (
    None
):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_MODEL_LIBRARIES],
        cwd=BACKEND,
        env={**os.environ, "GATEWAY_PORT": "8000"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == "Easel gateway 8000\n"


@contextmanager
def python_main(
    stub: StubServer, log: Path, *flags: str, cwd: Path = BACKEND
) -> Iterator[GatewayProcess]:
    port = free_port()
    command = [sys.executable, str(BACKEND / "main.py"), "--port", str(port), *flags]
    with started(command, port, log, cwd=cwd, TEXT2IMAGE_SERVER_URL=stub.url) as it:
        yield it


@pytest.mark.system
async def test_python_main_serves_and_stops_clean_from_any_folder(
    stub: StubServer, tmp_path: Path
) -> None:
    with python_main(stub, tmp_path / "log", cwd=tmp_path) as gateway:
        async with aiohttp.ClientSession(gateway.url) as client:
            async with client.post("/generate", json={"prompt": "a fox"}) as answer:
                assert answer.status == 200
            async with client.get("/metrics") as answer:
                assert "easel_gateway_requests_total" in await answer.text()
        assert await asyncio.to_thread(gateway.stop) == 0
    assert "Traceback" not in gateway.output()


@pytest.mark.system
async def test_the_env_file_beside_main_py_is_found_from_any_folder(
    stub: StubServer, tmp_path: Path
) -> None:
    backend = tmp_path / "backend"
    backend.mkdir()
    shutil.copy(BACKEND / "main.py", backend)
    (backend / "easel").symlink_to(BACKEND / "easel")
    port = free_port()
    (backend / ".env").write_text(
        f"TEXT2IMAGE_SERVER_URL={stub.url}\nREQUEST_TIMEOUT=0.2\nGATEWAY_PORT={port}\n"
    )
    stub.handler = never
    command = [sys.executable, str(backend / "main.py")]
    with started(command, port, tmp_path / "log", cwd=tmp_path) as gateway:
        async with (
            aiohttp.ClientSession(gateway.url) as client,
            client.post("/generate", json={"prompt": "x"}) as answer,
        ):
            assert answer.status == 504
        assert len(stub.requests) == 1


@pytest.mark.system
async def test_a_generation_in_flight_at_sigterm_is_finished(
    stub: StubServer, tmp_path: Path
) -> None:
    may_finish = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        await may_finish.wait()
        return web.json_response({"id": 1})

    stub.handler = handler
    with python_main(stub, tmp_path / "log") as gateway:
        async with aiohttp.ClientSession(gateway.url) as client:
            waiting = asyncio.create_task(
                client.post("/generate", json={"prompt": "a fox"})
            )
            await asyncio.wait_for(stub.arrival(), PATIENCE_S)
            stopping = asyncio.create_task(asyncio.to_thread(gateway.stop))
            await until_refused(gateway.port)
            may_finish.set()
            async with await waiting as answer:
                assert await answer.json() == {"id": 1}
            assert await stopping == 0
    assert "Traceback" not in gateway.output()


@pytest.mark.system
async def test_what_outlasts_the_grace_is_told_that_the_gateway_stops(
    stub: StubServer, tmp_path: Path
) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        if request.headers["Accept"] != "text/event-stream":
            return await never(request)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"id: 1\nevent: queued\ndata: {}\n\n")
        return await never(request)

    stub.handler = handler
    with python_main(stub, tmp_path / "log", "--shutdown-grace-s", "1") as gateway:
        async with aiohttp.ClientSession(gateway.url) as client:
            waiting = asyncio.create_task(
                client.post("/generate", json={"prompt": "x"})
            )
            await asyncio.wait_for(stub.arrival(), PATIENCE_S)
            headers = {"Accept": "text/event-stream"}
            async with client.post(
                "/generate", json={"prompt": "x"}, headers=headers
            ) as events:
                stopping = asyncio.create_task(asyncio.to_thread(gateway.stop))
                body = await events.read()
            async with await waiting as answer:
                assert answer.status == 503
                assert (await answer.json())["code"] == "server_stopping"
        assert b"event: failed" in body
        assert json.loads(body.rpartition(b"data: ")[2])["code"] == "server_stopping"
        assert await stopping == 0
    assert "Traceback" not in gateway.output()


@pytest.mark.system
def test_a_port_that_is_taken_ends_with_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "main.py", "--host", "127.0.0.1", "--port", str(port)],
            cwd=BACKEND,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 4
    (line,) = done.stderr.splitlines()
    assert f"cannot listen on 127.0.0.1:{port}" in line


@pytest.mark.system
@pytest.mark.parametrize(
    ("command", "exit_code"),
    [
        ([sys.executable, "main.py", "--port", "0"], 5),
        # gunicorn gives up, instead of starting workers for ever.
        ([*GUNICORN, "main:app", "-w", "1", "-b", "127.0.0.1:0"], 3),
    ],
)
def test_a_folder_that_cannot_be_written_ends_with_a_line_that_names_the_setting(
    command: list[str], exit_code: int, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    done = subprocess.run(
        command,
        cwd=BACKEND,
        env={**os.environ, "GATEWAY_DATA_DIR": str(tmp_path / "file" / "folder")},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == exit_code, done.stderr
    assert "easel: GATEWAY_DATA_DIR: " in done.stderr
    assert "Traceback" not in done.stderr


async def until_refused(port: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                return
            writer.close()
            await asyncio.sleep(0.02)

"""deploy/nginx/easel.conf, word for word but for ports, in Debian's nginx."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import aiohttp
import httpx2
import pytest
from aiohttp import web

from easel.gateway.app import create_app
from easel.gateway.settings import GatewaySettings
from tests.gateway.stub_server import StubServer
from tests.system.conftest import require_program
from tests.system.processes import (
    ROOT,
    Program,
    free_port,
    running_gateway,
    running_server,
    started,
    wait_until,
)

pytestmark = pytest.mark.system

CONFIGURATION = (ROOT / "deploy/nginx/easel.conf").read_text()

# What Debian's own nginx.conf says around it, without its fixed paths.
AROUND = """
daemon off;
worker_processes 2;
error_log stderr warn;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/easel.conf;
}}
"""


def replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)


@contextmanager
def running_nginx(
    folder: Path, gateway_ports: list[int], studio_port: int = 9
) -> Iterator[Program]:
    """nginx with the shipped file before these gateways."""
    nginx = require_program("nginx")
    folder.mkdir()
    port = free_port()
    line = "server 127.0.0.1:8000 max_fails=0;"
    servers = (line.replace("8000", str(gateway)) for gateway in gateway_ports)
    text = replaced(CONFIGURATION, line, "\n".join(servers))
    text = replaced(text, "server 127.0.0.1:3000;", f"server 127.0.0.1:{studio_port};")
    text = replaced(text, "listen 80;", f"listen 127.0.0.1:{port};")
    (folder / "easel.conf").write_text(text)
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
    command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with started(command, folder / "nginx.log") as program:
        program.port = port
        # Any answer will do: it may be that there is no gateway yet.
        wait_until(lambda: answers_at_all(program), "nginx answers")
        yield program
        assert program.stop() == 0
    assert "[emerg]" not in program.log


def answers_at_all(nginx: Program) -> bool:
    assert nginx.popen.poll() is None, nginx.log
    try:
        httpx2.get(nginx.url + "/livez")
    except httpx2.TransportError:
        return False
    return True


def requests_counted(gateway: Program, route: str) -> float:
    text = httpx2.get(gateway.url + "/metrics").text
    pattern = rf'^easel_gateway_requests_total{{.*route="{route}".*}} (\S+)$'
    return sum(float(found) for found in re.findall(pattern, text, re.M))


def test_two_gateways_share_the_work_and_one_is_enough(
    folder: Path, fake_server: Program
) -> None:
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(running_gateway(folder / name, fake_server.url))
            for name in ("first", "second")
        )
        nginx = stack.enter_context(
            running_nginx(folder / "two", [first.port, second.port])
        )
        for _ in range(20):
            assert httpx2.get(nginx.url + "/models").status_code == 200
        shares = [requests_counted(gateway, "/models") for gateway in (first, second)]
        assert sum(shares) == 20
        assert min(shares) >= 5

        first.kill()
        for _ in range(10):
            answer = httpx2.post(nginx.url + "/generate", json={"prompt": "a fox"})
            assert answer.status_code == 200
        assert requests_counted(second, "/generate") == 10

        second.kill()
        answer = httpx2.get(nginx.url + "/models")
        assert answer.status_code == 502
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "upstream_unreachable"


async def test_events_arrive_one_by_one(tmp_path: Path) -> None:
    may_go_on = asyncio.Event()

    async def two_events(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream",
                "X-Accel-Buffering": "no",
                "Cache-Control": "no-cache, no-transform",
            }
        )
        await answer.prepare(request)
        await answer.write(b"event: first\ndata: {}\nid: 1\n\n")
        await may_go_on.wait()
        await answer.write(b"event: second\ndata: {}\nid: 2\n\n")
        return answer

    async with StubServer() as stub:
        stub.handler = two_events
        with (
            running_gateway(tmp_path / "gateway", stub.url) as gateway,
            running_nginx(tmp_path / "nginx", [gateway.port]) as nginx,
        ):
            async with (
                aiohttp.ClientSession(nginx.url) as client,
                client.post(
                    "/generate",
                    json={"prompt": "x"},
                    headers={
                        "Accept": "text/event-stream",
                        "Accept-Encoding": "gzip, br",
                    },
                ) as answer,
            ):
                assert answer.content_type == "text/event-stream"
                assert await answer.content.readline() == b"event: first\n"
                # A proxy that buffers would wait for more, and so would we, for ever.
                may_go_on.set()
                rest = await answer.content.read()
                assert b"event: second" in rest


def test_a_client_that_leaves_is_hung_up_on_to_the_server(folder: Path) -> None:
    slow = ("--model", "fake", "--fake-step-seconds", "0.5")
    with (
        running_server(folder / "slow", *slow) as server,
        running_gateway(folder / "slow-gateway", server.url) as gateway,
        running_nginx(folder / "hang-up", [gateway.port]) as nginx,
    ):
        endless = {"prompt": "x", "num_inference_steps": 200}
        with httpx2.stream(
            "POST",
            nginx.url + "/generate",
            json=endless,
            headers={"Accept": "text/event-stream"},
        ) as stream:
            assert stream.status_code == 200
        cancelled = r'^easel_server_generations_total{.*status="cancelled".*} 1\.0$'
        wait_until(
            lambda: re.search(
                cancelled, httpx2.get(server.url + "/metrics").text, re.M
            ),
            "the server counts a cancelled generation",
        )


def test_what_nginx_passes_on(folder: Path, fake_server: Program) -> None:
    with (
        running_gateway(
            folder / "json-logs", fake_server.url, GATEWAY_LOG_FORMAT="json"
        ) as gateway,
        running_nginx(folder / "headers", [gateway.port]) as nginx,
    ):
        answer = httpx2.post(
            nginx.url + "/generate",
            json={"prompt": "x"},
            headers={"X-Forwarded-For": "203.0.113.9", "X-Request-Id": "mine"},
        )
        request_id = answer.headers["x-request-id"]
        assert re.fullmatch(r"[0-9a-f]{32}", request_id)
        gateway.wait_for_line(f'"request_id":"{request_id}"')
        assert answer.headers["server"] == "nginx"

        # Past nginx's memory buffers, and still whole.
        answer = httpx2.post(
            nginx.url + "/generate", json={"prompt": "x", "num_images": 4}, timeout=60
        )
        assert len(answer.json()["images"]) == 4

        answer = httpx2.post(nginx.url + "/generate", content=b" " * (17 * 2**20))
        assert answer.status_code == 413
        assert answer.json()["code"] == "body_too_large"


async def test_the_studio_is_on_the_root(tmp_path: Path, folder: Path) -> None:
    async with StubServer() as studio:
        with (
            running_gateway(tmp_path / "gateway", studio.url) as gateway,
            running_nginx(tmp_path / "nginx", [gateway.port], studio.port) as nginx,
        ):
            async with aiohttp.ClientSession(nginx.url) as client:
                for path in ("/", "/history", "/api/generate", "/metrics"):
                    async with client.get(path) as answer:
                        assert await answer.json() == {"path": path}
                async with client.get("/livez") as answer:
                    assert await answer.json() == {"status": "alive"}


def test_every_route_of_the_api_goes_to_a_gateway() -> None:
    found = re.search(r"location ~ (\S+) \{", CONFIGURATION)
    assert found
    to_gateway = re.compile(found[1])
    paths = create_app(GatewaySettings(_env_file=None)).openapi()["paths"]
    routed = {path for path in paths if to_gateway.search(path)}
    assert set(paths) - routed == {"/metrics", "/admin/drain"}

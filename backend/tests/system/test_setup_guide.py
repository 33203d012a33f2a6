"""Every command, variable, route, answer and message of the setup guide.

Each docstring names the section of the guide whose promise the test holds.
"""

import base64
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx2
import pytest

from easel.gateway.settings import GatewaySettings
from easel.text2image.settings import ServerSettings
from tests.system.processes import (
    BACKEND,
    FAKE,
    Program,
    clean_environment,
    free_port,
    running_gateway,
    running_gunicorn,
    running_server,
    started,
    wait_until,
)

pytestmark = pytest.mark.system

WITHOUT_TIMEOUT = "main:app -w 4 -k uvicorn.workers.UvicornWorker -b 0.0.0.0:8000"
WITH_TIMEOUT = f"{WITHOUT_TIMEOUT} --timeout 300"

# Where `python` is ours.
PATH = f"{Path(sys.executable).parent}:/usr/bin:/bin"

# The guide's own request, word for word.
GUIDE_CURL = """
curl -X POST http://localhost:8000/generate \\
  -H "Content-Type: application/json" \\
  -d '{
    "prompt": "A beautiful landscape",
    "height": 1024,
    "width": 1024
  }'
"""


def shell(command: str, gateway: Program) -> str:
    """What `command` prints, with the gateway's free port for the guide's 8000."""
    command = command.replace("localhost:8000", f"localhost:{gateway.port}")
    done = subprocess.run(
        ["bash", "-c", command.replace("curl", "curl --silent --fail", 1)],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def on_port(command: str, port: int) -> str:
    assert command.count(":8000") == 1
    return command.replace(":8000", f":{port}")


def write_env(backend: Path, **variables: str) -> Path:
    file = backend / ".env"
    file.write_text("".join(f"{name}={v}\n" for name, v in variables.items()))
    return file


@pytest.fixture
def env_file(gateway_machine: Path) -> Iterator[Path]:
    """The gateway machine's `backend/.env`, gone after the test."""
    file = gateway_machine / ".env"
    yield file
    file.unlink(missing_ok=True)


def test_the_server_starts_with_the_guides_command(folder: Path) -> None:
    """Setup Steps, 1: `python text2image_server.py --port 8001`."""
    port = free_port()
    command = ["python", "text2image_server.py", "--port", str(port)]
    with started(
        command,
        folder / "guide.log",
        PATH=PATH,
        TEXT2IMAGE_DATA_DIR=str(folder / "guide-data"),
    ) as server:
        server.wait_for_line(rf"listens on http://0\.0\.0\.0:{port}\b")
        server.port = port

        def health() -> dict[str, object]:
            body: dict[str, object] = httpx2.get(server.url + "/health").json()
            return body

        wait_until(lambda: health()["status"] == "healthy", "the model is loaded")
        assert health()["model_loaded"] is True
        assert isinstance(health()["cuda_available"], bool)
        assert server.stop() == 0


def test_the_servers_default_port_is_8000() -> None:
    """Setup Steps, 1: "Or use the default port 8000 if you prefer"."""
    assert ServerSettings(_env_file=None).port == 8000


def test_the_gateway_reads_env_in_backend(
    gateway_machine: Path, env_file: Path, folder: Path, fake_server: Program
) -> None:
    """Setup Steps, 2: `.env` in `backend/`."""
    write_env(
        gateway_machine,
        TEXT2IMAGE_SERVER_URL=fake_server.url,
        REQUEST_TIMEOUT="300",
        MAX_CONCURRENT_REQUESTS="10",
        GATEWAY_PORT="0",
    )
    python = gateway_machine / ".venv/bin/python"
    log = folder / "env.log"
    # From another folder on purpose: the file is found beside main.py.
    with started([python, gateway_machine / "main.py"], log, cwd=folder) as program:
        program.port = int(program.wait_for_line(r"listens on http://\S+:(\d+)")[1])
        health = httpx2.get(program.url + "/health").json()
        assert health["text2image_server"]["status"] == "healthy"
        assert program.stop() == 0
    program.assert_clean_log()


@pytest.mark.parametrize(
    "url", ["http://192.168.1.100:8001", "http://gpu-server.example.com:8001"]
)
def test_a_remote_server_is_named_by_address_or_by_name(
    url: str, tmp_path: Path
) -> None:
    """Setup Steps, 2: "For remote server"."""
    file = write_env(tmp_path, TEXT2IMAGE_SERVER_URL=url)
    settings = GatewaySettings(_env_file=file)
    assert settings.server_urls == (url,)


def test_the_gateway_needs_no_torch(gateway_machine: Path) -> None:
    """Setup Steps, 3: no PyTorch, diffusers, transformers; "No GPU required"."""
    pip = gateway_machine / ".venv/bin/pip"
    listed = subprocess.run(
        [pip, "list", "--format=json"], check=True, capture_output=True, text=True
    )
    packages = {package["name"].lower() for package in json.loads(listed.stdout)}
    assert "fastapi" in packages
    unwanted = {"torch", "diffusers", "transformers", "pillow", "numpy", "triton"}
    assert not packages & unwanted
    assert not [name for name in packages if name.startswith(("nvidia", "cuda"))]


def test_development_start(
    gateway_machine: Path, folder: Path, fake_server: Program
) -> None:
    """Setup Steps, 4: `python main.py`, without torch on the machine."""
    with running_gateway(
        folder / "development",
        fake_server.url,
        cwd=gateway_machine,
        python=gateway_machine / ".venv/bin/python",
    ) as gateway:
        answer = httpx2.post(gateway.url + "/generate", json={"prompt": "a fox"})
        assert answer.status_code == 200
        assert gateway.stop() == 0
    gateway.assert_clean_log()


@pytest.mark.parametrize(
    "command", [WITH_TIMEOUT, WITHOUT_TIMEOUT], ids=["timeout", "plain"]
)
def test_production_start(
    command: str, gateway_machine: Path, folder: Path, fake_server: Program
) -> None:
    """Setup Steps, 4, and Production Deployment: the gunicorn commands."""
    port = free_port()
    with running_gunicorn(
        folder / f"production-{port}",
        on_port(command, port),
        port=port,
        cwd=gateway_machine,
        executable=gateway_machine / ".venv/bin/gunicorn",
        TEXT2IMAGE_SERVER_URL=fake_server.url,
    ) as gateway:
        answer = httpx2.post(gateway.url + "/generate", json={"prompt": "a fox"})
        assert answer.status_code == 200
        health = httpx2.get(gateway.url + "/health").json()
        assert health["status"] == "healthy"
        assert gateway.stop() == 0
    gateway.assert_clean_log()


def test_the_variables_and_their_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Configuration, Environment Variables: the table."""
    for name in (
        "TEXT2IMAGE_SERVER_URL",
        "REQUEST_TIMEOUT",
        "MAX_CONCURRENT_REQUESTS",
        "GATEWAY_PORT",
    ):
        monkeypatch.delenv(name, raising=False)
    settings = GatewaySettings(_env_file=None)
    assert settings.server_urls == ("http://localhost:8001",)
    assert settings.request_timeout == 300
    assert settings.max_concurrent_requests == 10
    assert settings.port == 8000  # Port Configuration


def test_health(gateway: Program) -> None:
    """Testing, 1: exactly this shape, then more fields."""
    health = json.loads(shell("curl http://localhost:8000/health", gateway))
    assert health["status"] == "healthy"
    assert health["gateway"] == "running"
    server = health["text2image_server"]
    assert server["status"] == "healthy"
    assert server["model_loaded"] is True
    assert isinstance(server["cuda_available"], bool)


def test_generation(gateway: Program) -> None:
    """Testing, 2: the guide's curl."""
    document = json.loads(shell(GUIDE_CURL, gateway))
    assert document["status"] == "completed"
    (image,) = document["images"]
    assert (image["width"], image["height"]) == (1024, 1024)
    assert base64.b64decode(image["b64_json"]).startswith(b"\x89PNG\r\n")


def test_metrics(gateway: Program) -> None:
    """Testing, 3: Prometheus text."""
    text = shell("curl http://localhost:8000/metrics", gateway)
    assert re.search(r"^# TYPE easel_gateway_requests_total counter$", text, re.M)


def generate(gateway: Program) -> httpx2.Response:
    return httpx2.post(
        gateway.url + "/generate", json={"prompt": "A beautiful landscape"}, timeout=60
    )


def test_a_gateway_that_cannot_connect_says_so(folder: Path) -> None:
    """Troubleshooting: `Cannot connect to text-to-image server`."""
    away = f"http://127.0.0.1:{free_port()}"
    with running_gateway(folder / "cannot-connect", away) as gateway:
        answer = generate(gateway)
        assert answer.status_code == 502
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"] == "Cannot connect to text-to-image server"
        health = httpx2.get(gateway.url + "/health")
        assert health.status_code == 200
        assert health.json()["gateway"] == "running"
        assert health.json()["status"] == "degraded"


def test_a_timeout_says_so_and_a_longer_one_helps(
    folder: Path, fake_server: Program
) -> None:
    """Troubleshooting: `Request to text-to-image server timed out`."""
    # 16 steps of the fake model take 0.32 s.
    with running_gateway(
        folder / "timeout", fake_server.url, REQUEST_TIMEOUT="0.1"
    ) as gateway:
        answer = generate(gateway)
        assert answer.status_code == 504
        assert answer.json()["detail"].startswith(
            "Request to text-to-image server timed out"
        )
    with running_gateway(
        folder / "no-timeout", fake_server.url, REQUEST_TIMEOUT="60"
    ) as gateway:
        assert generate(gateway).status_code == 200


class Unavailable(BaseHTTPRequestHandler):
    """A text-to-image server behind a proxy that has taken it out of service."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silent."""


def test_an_unavailable_server_is_a_503(folder: Path) -> None:
    """Troubleshooting: `Text-to-image server unavailable`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Unavailable) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_address[1]}"
            with running_gateway(folder / "unavailable", url) as gateway:
                answer = generate(gateway)
        finally:
            server.shutdown()
            thread.join()
    assert answer.status_code == 503
    assert answer.json()["detail"].startswith("Text-to-image server unavailable")


def test_a_full_queue_is_a_503(folder: Path) -> None:
    """Troubleshooting, 503: "Check if server queue is full"."""
    slow = ("--model", "fake", "--fake-step-seconds", "60", "--max-queued", "0")
    in_background = {"Prefer": "respond-async"}
    with (
        running_server(folder / "full", *slow) as server,
        running_gateway(folder / "full-gateway", server.url) as gateway,
    ):
        statuses = set()
        for _ in range(40):
            answer = httpx2.post(
                gateway.url + "/generate", json={"prompt": "x"}, headers=in_background
            )
            statuses.add(answer.status_code)
            if answer.status_code == 503:
                break
        assert statuses <= {202, 503}
        assert answer.status_code == 503
        detail = answer.json()["detail"]
        assert detail.startswith("Text-to-image server unavailable")
        assert "queue" in detail
        assert int(answer.headers["retry-after"]) >= 1


def test_the_cap_on_concurrent_requests_holds(folder: Path) -> None:
    """Configuration: `MAX_CONCURRENT_REQUESTS`."""
    slow = ("--model", "fake", "--fake-step-seconds", "60")
    with (
        running_server(folder / "cap", *slow) as server,
        running_gateway(
            folder / "cap-gateway",
            server.url,
            MAX_CONCURRENT_REQUESTS="1",
            GATEWAY_MAX_QUEUE="0",
        ) as gateway,
        httpx2.stream(
            "POST",
            gateway.url + "/generate",
            json={"prompt": "holds the only slot"},
            headers={"Accept": "text/event-stream"},
        ) as first,
    ):
        assert first.status_code == 200
        answer = generate(gateway)
        assert answer.status_code == 503
        assert answer.json()["detail"].startswith("Text-to-image server unavailable")


def test_the_server_is_asked_directly_too(fake_server: Program) -> None:
    """Troubleshooting: `curl http://localhost:8001/health`; the same API as before."""
    health = httpx2.get(fake_server.url + "/health").json()
    assert health["status"] == "healthy"
    assert health["model_loaded"] is True
    answer = httpx2.post(fake_server.url + "/generate", json={"prompt": "x"})
    assert answer.status_code == 200


def test_the_gateway_and_the_server_share_a_machine(folder: Path) -> None:
    """Port Configuration, 2: same machine, different ports; the same port is named."""
    with running_server(folder / "same", *FAKE) as server:
        command = ["python", "main.py", "--port", str(server.port)]
        environment = clean_environment(PATH=PATH, GATEWAY_HOST="127.0.0.1")
        done = subprocess.run(
            command, cwd=BACKEND, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 4
        assert f"cannot listen on 127.0.0.1:{server.port}" in done.stderr
        assert "Traceback" not in done.stderr

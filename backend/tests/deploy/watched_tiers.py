"""Both tiers as processes, traced to a stub collector, scraped by a real Prometheus."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2

from tests.deploy.exposed_metrics import BODY, FORMS, REFUSED
from tests.deploy.observability import ALERTS, FOLDER, RULES, replaced
from tests.system.processes import (
    FAKE,
    Program,
    running_gateway,
    running_server,
    started,
    wait_until_answers,
)

WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PATIENCE_S = 30.0


@dataclass
class Receiver:
    """Takes whatever is posted to it: OTLP and webhooks."""

    url: str
    posted: list[tuple[str, str, bytes]] = field(default_factory=list)

    def bodies(self, path: str) -> list[bytes]:
        return [body for where, _, body in self.posted if where == path]


@contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kind = self.headers["Content-Type"]
            receiver.posted.append((self.path, kind, body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the test looks at what came."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Watched:
    server: Program
    gateway: Program
    prometheus: Program
    receiver: Receiver
    client: httpx2.Client

    def api(self, path: str, **parameters: str) -> Any:
        """What Prometheus' HTTP API says; AssertionError with its reason otherwise."""
        url = f"{self.prometheus.url}/api/v1/{path}"
        document = self.client.get(url, params=parameters).json()
        assert document["status"] == "success", document
        return document["data"]

    def values(self, expression: str) -> list[float]:
        """Of each series of the result, now."""
        data = self.api("query", query=expression)
        if data["resultType"] == "scalar":
            return [float(data["result"][1])]
        return [float(one["value"][1]) for one in data["result"]]

    def generate(self) -> None:
        """Each kind of request once, and one that is refused."""
        url = f"{self.gateway.url}/generate"
        for form in FORMS:
            headers = dict(form)
            if "Prefer" in headers:
                headers["X-Easel-Webhook"] = f"{self.receiver.url}/webhook"
            answer = self.client.post(url, json=BODY, headers=headers)
            assert answer.status_code in (200, 202), answer.text
        assert self.client.post(url, json=REFUSED).status_code == 422


@contextmanager
def watched(prometheus: str, folder: Path, receiver: Receiver) -> Iterator[Watched]:
    """`OTEL_EXPORTER_OTLP_ENDPOINT` is the caller's to set."""
    with (
        running_server(folder / "server", *FAKE) as server,
        running_gateway(
            folder / "gateway",
            server.url,
            GATEWAY_WEBHOOK_SECRET=WEBHOOK_SECRET,
            GATEWAY_WEBHOOK_HOSTS="127.0.0.1",
        ) as gateway,
        running_prometheus(prometheus, folder / "prometheus", server, gateway) as it,
        httpx2.Client(timeout=PATIENCE_S) as client,
    ):
        yield Watched(server, gateway, it, receiver, client)


@contextmanager
def running_prometheus(
    program: str, folder: Path, server: Program, gateway: Program
) -> Iterator[Program]:
    """With the shipped files, word for word but for intervals and targets."""
    folder.mkdir()
    for file in (RULES, ALERTS):
        (folder / file.name).write_text(file.read_text())
    text = (FOLDER / "prometheus/prometheus.yml").read_text()
    text = replaced(text, "scrape_interval: 15s", "scrape_interval: 250ms")
    text = replaced(text, "evaluation_interval: 15s", "evaluation_interval: 250ms")
    text = replaced(text, "gateway:8000", f"127.0.0.1:{gateway.port}")
    text = replaced(text, "server:8001", f"127.0.0.1:{server.port}")
    (folder / "prometheus.yml").write_text(text)
    command = [
        *(program, f"--config.file={folder}/prometheus.yml"),
        *(f"--storage.tsdb.path={folder}/data", "--web.listen-address=127.0.0.1:0"),
    ]
    with started(command, folder / "log") as it:
        it.port = int(it.wait_for_line(r'msg="Listening on" address=\S+:(\d+)')[1])
        wait_until_answers(it, "/-/ready")
        yield it

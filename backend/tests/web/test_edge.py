import asyncio
import logging
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient

from easel.clock import ManualClock
from easel.telemetry.metrics import HttpMetrics
from easel.telemetry.request_id import current_request_id
from easel.telemetry.request_notes import note
from easel.telemetry.tracing import trace_headers
from easel.web.edge import Edge


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def client(registry: CollectorRegistry) -> TestClient:
    clock = ManualClock()
    app = FastAPI()
    app.add_middleware(Edge, metrics=HttpMetrics("test", registry), clock=clock)

    @app.get("/items/{item}")
    async def get_item(item: str) -> str:
        clock.advance(1.5)
        return current_request_id()

    @app.get("/bug")
    async def bug() -> None:
        raise RuntimeError("a secret of the server")

    @app.get("/bug-in-mid-body")
    async def bug_in_mid_body() -> StreamingResponse:
        async def body() -> AsyncIterator[bytes]:
            yield b"half"
            raise RuntimeError("a secret of the server")

        return StreamingResponse(body())

    @app.get("/cancelled")
    async def cancelled() -> None:
        raise asyncio.CancelledError

    @app.get("/noted")
    async def noted() -> dict[str, str]:
        note(model="fake")
        return trace_headers()

    @app.get("/livez")
    async def livez() -> None: ...

    return TestClient(app, raise_server_exceptions=False)


def fields(record: logging.LogRecord) -> dict[str, Any]:
    found: dict[str, Any] = record.__dict__["fields"]
    return found


def test_a_request_id_is_made_and_used_and_returned(client: TestClient) -> None:
    answer = client.get("/items/1")
    assert answer.headers["x-request-id"] == answer.json()
    assert len(answer.json()) == 32


def test_a_request_id_that_the_caller_gives_is_kept(client: TestClient) -> None:
    answer = client.get("/items/1", headers={"X-Request-Id": "mine"})
    assert (answer.json(), answer.headers["x-request-id"]) == ("mine", "mine")


def test_a_request_is_counted_and_timed_under_its_route(
    client: TestClient, registry: CollectorRegistry
) -> None:
    client.get("/items/1")
    client.get("/items/2")
    labels = {"route": "/items/{item}", "method": "GET", "status": "200"}
    assert registry.get_sample_value("easel_test_requests_total", labels) == 2
    seconds = registry.get_sample_value(
        "easel_test_request_duration_seconds_sum",
        {"route": "/items/{item}", "form": "answered"},
    )
    assert seconds == 3.0


def test_a_bug_is_a_500_that_gives_nothing_away(
    client: TestClient, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/bug")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "secret" not in answer.text
    assert "a secret of the server" in caplog.text
    labels = {"route": "/bug", "method": "GET", "status": "500"}
    assert registry.get_sample_value("easel_test_requests_total", labels) == 1


def test_a_bug_in_mid_body_is_logged_and_adds_nothing_to_the_answer(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get("/bug-in-mid-body").content == b"half"
    assert "a secret of the server" in caplog.text


def test_what_outlives_the_grace_of_a_stop_is_told_so(client: TestClient) -> None:
    answer = client.get("/cancelled")
    assert (answer.status_code, answer.json()["code"]) == (503, "server_stopping")


def test_paths_that_are_no_routes_share_one_label(
    client: TestClient, registry: CollectorRegistry
) -> None:
    for number in range(5):
        client.get(f"/scan-{number}")
    labels = {"route": "unmatched", "method": "GET", "status": "404"}
    assert registry.get_sample_value("easel_test_requests_total", labels) == 5


def test_a_request_is_one_log_line(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "easel.access")
    client.get("/items/1?prompt=secret")
    (record,) = [line for line in caplog.records if line.name == "easel.access"]
    assert record.levelno == logging.INFO
    assert fields(record) == {
        "method": "GET",
        "route": "/items/{item}",
        "status": 200,
        "duration_ms": 1500.0,
    }


def test_inner_parts_add_to_the_line_and_the_trace_is_the_callers(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "easel.access")
    trace, span = "a" * 32, "b" * 16
    answer = client.get(
        "/noted", headers={"traceparent": f"00-{trace}-{span}-01", "tracestate": "v=1"}
    )
    sent = answer.json()
    assert sent["tracestate"] == "v=1"
    assert re.fullmatch(rf"00-{trace}-(?!{span})[0-9a-f]{{16}}-01", sent["traceparent"])
    (record,) = [line for line in caplog.records if line.name == "easel.access"]
    assert fields(record)["model"] == "fake"
    assert fields(record)["route"] == "/noted"


def test_an_invalid_trace_is_not_taken_over(client: TestClient) -> None:
    sent = client.get("/noted", headers={"traceparent": "00-junk", "tracestate": "v=1"})
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", sent.json()["traceparent"])
    assert "tracestate" not in sent.json()


def test_probes_are_logged_only_when_debugging(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "easel.access")
    client.get("/livez")
    (record,) = [line for line in caplog.records if line.name == "easel.access"]
    assert record.levelno == logging.DEBUG

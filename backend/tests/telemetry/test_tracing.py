import contextvars
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from easel.telemetry.open_telemetry import OpenTelemetryRecorder
from easel.telemetry.tracing import (
    asking,
    begin_request,
    current_trace_id,
    record_spans,
    trace_headers,
)

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    recorder = OpenTelemetryRecorder("easel-test", SimpleSpanProcessor(exporter))
    record_spans(recorder)
    yield exporter
    record_spans(None)
    recorder.stop()


def test_without_a_recorder_the_trace_is_passed_on() -> None:
    span = begin_request("POST", PARENT, "vendor=1")
    assert current_trace_id() == TRACE
    with asking("gpu:8001", "fake"):
        sent = trace_headers()
    assert sent["traceparent"] == f"00-{TRACE}-{span.context.span_id}-01"
    assert sent["tracestate"] == "vendor=1"
    assert span.context.span_id != SPAN
    span.set(http__route="/x")
    span.end()


def test_outside_of_a_request_there_is_no_trace() -> None:
    def look() -> tuple[str, dict[str, str]]:
        return current_trace_id(), trace_headers()

    assert contextvars.Context().run(look) == ("-", {})


def named(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in exporter.get_finished_spans()}


def test_spans_are_recorded_in_the_callers_trace(spans: InMemorySpanExporter) -> None:
    request = begin_request("POST", PARENT, "vendor=1")
    with asking("gpu:8001", "fake"):
        sent = trace_headers()
    assert trace_headers()["traceparent"].split("-")[2] == request.context.span_id
    request.set(http__route="/generate", http__response__status_code=200)
    request.end(name="POST /generate")

    server, client = (
        named(spans)[name] for name in ("POST /generate", "image_generation fake")
    )
    assert (server.kind, client.kind) == (SpanKind.SERVER, SpanKind.CLIENT)
    assert server.parent is not None
    assert client.parent is not None
    assert f"{server.context.trace_id:032x}" == TRACE
    assert f"{server.parent.span_id:016x}" == SPAN
    assert client.parent.span_id == server.context.span_id
    assert sent["traceparent"] == f"00-{TRACE}-{client.context.span_id:016x}-01"
    assert sent["tracestate"] == "vendor=1"
    assert server.attributes == {
        "http.request.method": "POST",
        "http.route": "/generate",
        "http.response.status_code": 200,
    }
    assert client.attributes == {
        "gen_ai.operation.name": "image_generation",
        "gen_ai.request.model": "fake",
        "server.address": "gpu:8001",
    }
    assert server.status.status_code == StatusCode.UNSET
    assert server.resource.attributes["service.name"] == "easel-test"


def test_what_fails_is_marked(spans: InMemorySpanExporter) -> None:
    begin_request("POST", None, None).end(has_failed=True)
    with pytest.raises(OSError, match="gone"), asking("gpu:8001"):
        raise OSError("gone")
    statuses = {span.name: span.status.status_code for span in named(spans).values()}
    assert statuses == {"POST": StatusCode.ERROR, "image_generation": StatusCode.ERROR}


STARTED = """
import sys
from easel.telemetry.start_tracing import start_tracing
start_tracing("easel-test")
print(any(name.startswith("opentelemetry") for name in sys.modules))
"""


@pytest.mark.parametrize("variables", [{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": ""}])
def test_nothing_is_imported_where_there_is_no_collector(
    variables: dict[str, str],
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STARTED],
        env={"PYTHONPATH": ".", **variables},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"

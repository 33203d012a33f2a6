"""Spans to a collector by OpenTelemetry: the extra `telemetry`.

Only imported where `OTEL_EXPORTER_OTLP_ENDPOINT` is set; its other variables
(`OTEL_SERVICE_NAME`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_TRACES_SAMPLER`, …) hold, too.
"""

from collections.abc import Mapping
from typing import Literal

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)
from opentelemetry.trace import Span as TheirSpan

from easel.telemetry.trace_context import TraceContext
from easel.telemetry.tracing import Attribute, Span

_KINDS = {"server": SpanKind.SERVER, "client": SpanKind.CLIENT}


class OpenTelemetrySpan(Span):
    """A span that is recorded."""

    def __init__(self, span: TheirSpan) -> None:
        super().__init__(_ours(span.get_span_context()))
        self._span = span

    def set(self, **attributes: Attribute) -> None:
        for name, value in attributes.items():
            self._span.set_attribute(name.replace("__", "."), value)

    def end(self, *, name: str | None = None, has_failed: bool = False) -> None:
        if name is not None:
            self._span.update_name(name)
        if has_failed:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


class OpenTelemetryRecorder:
    """A `Recorder`; it has a thread of its own, so it is made after forking.

    Args:
        service: The name of this tier, unless `OTEL_SERVICE_NAME` gives another.
        processor: Where spans go; by default to the collector of the environment.
    """

    def __init__(self, service: str, processor: SpanProcessor | None = None) -> None:
        resource = Resource.create({SERVICE_NAME: service})
        resource = resource.merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(
            processor or BatchSpanProcessor(OTLPSpanExporter())
        )
        self._tracer = self._provider.get_tracer("easel")

    def begin(
        self,
        name: str,
        kind: Literal["server", "client"],
        parent: TraceContext | None,
        attributes: Mapping[str, Attribute],
    ) -> Span:
        context = None if parent is None else set_span_in_context(_theirs(parent))
        span = self._tracer.start_span(
            name, context, kind=_KINDS[kind], attributes=attributes
        )
        return OpenTelemetrySpan(span)

    def stop(self) -> None:
        """What is not sent yet is sent."""
        self._provider.shutdown()


def _ours(context: SpanContext) -> TraceContext:
    return TraceContext(
        f"{context.trace_id:032x}",
        f"{context.span_id:016x}",
        context.trace_flags.sampled,
        context.trace_state.to_header(),
    )


def _theirs(context: TraceContext) -> NonRecordingSpan:
    return NonRecordingSpan(
        SpanContext(
            int(context.trace_id, 16),
            int(context.span_id, 16),
            is_remote=True,
            trace_flags=TraceFlags(int(context.is_sampled)),
            trace_state=TraceState.from_header([context.state]),
        )
    )

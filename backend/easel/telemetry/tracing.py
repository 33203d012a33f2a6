"""The trace of the request that is served, and its spans where somebody records them.

Without a recorder ids are passed on, so that traces of others hold together, and
nothing else is done.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, Protocol

from easel.telemetry.trace_context import TraceContext, child_of, read_trace

Attribute = str | int | float | bool

# OpenTelemetry's names for what this service does.
OPERATION = "gen_ai.operation.name"
MODEL = "gen_ai.request.model"
IMAGE_GENERATION = "image_generation"

_current: ContextVar[TraceContext | None] = ContextVar("trace", default=None)


class Span:
    """A piece of work that nobody records."""

    def __init__(self, context: TraceContext) -> None:
        self.context = context

    def set(self, **attributes: Attribute) -> None:
        """Attributes; their names have `__` where OpenTelemetry's have a dot."""

    def end(self, *, name: str | None = None, has_failed: bool = False) -> None:
        """To be called once.

        Args:
            name: A better one than at the beginning.
            has_failed: It is to be looked at.
        """


class Recorder(Protocol):
    def begin(
        self,
        name: str,
        kind: Literal["server", "client"],
        parent: TraceContext | None,
        attributes: Mapping[str, Attribute],
    ) -> Span: ...


_recorder: Recorder | None = None


def record_spans(recorder: Recorder | None) -> None:
    """From now on, in this process; None ends it."""
    global _recorder
    _recorder = recorder


def current_trace_id() -> str:
    """Of the request being served, or `-` outside of one."""
    context = _current.get()
    return "-" if context is None else context.trace_id


def trace_headers() -> dict[str, str]:
    """For a request to another server; empty outside of a request."""
    context = _current.get()
    return {} if context is None else context.headers()


def begin_request(method: str, traceparent: str | None, tracestate: str | None) -> Span:
    """The span of a request that comes in; an invalid parent begins a new trace."""
    parent = read_trace(traceparent, tracestate)
    if _recorder is None:
        span = Span(child_of(parent))
    else:
        attributes = {"http.request.method": method}
        span = _recorder.begin(method, "server", parent, attributes)
    _current.set(span.context)
    return span


@contextmanager
def asking(server: str, model: str | None = None) -> Iterator[None]:
    """Around a generation's request to a text-to-image server.

    `trace_headers` are of this span inside.
    """
    if _recorder is None:
        yield
        return
    attributes: dict[str, Attribute] = {
        OPERATION: IMAGE_GENERATION,
        "server.address": server,
    }
    if model is not None:
        attributes[MODEL] = model
    name = f"{IMAGE_GENERATION} {model or ''}".strip()
    span = _recorder.begin(name, "client", _current.get(), attributes)
    before = _current.set(span.context)
    has_failed = True
    try:
        yield
        has_failed = False
    finally:
        _current.reset(before)
        span.end(has_failed=has_failed)

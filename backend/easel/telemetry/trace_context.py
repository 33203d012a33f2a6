"""W3C trace context: which trace a request belongs to, and who asked. Pure.

https://www.w3.org/TR/trace-context/
"""

import random
import re
from dataclasses import dataclass

TRACEPARENT_HEADER = "traceparent"
TRACESTATE_HEADER = "tracestate"

_TRACEPARENT = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)
_NO_TRACE = "0" * 32
_NO_SPAN = "0" * 16
_SAMPLED = 1

# Other tracers' own; longer than this may be dropped by anybody.
_TRACESTATE = re.compile(r"[\x20-\x7e]{1,512}")


@dataclass(frozen=True, slots=True)
class TraceContext:
    """
    Attributes:
        trace_id: 32 hex digits.
        span_id: 16 hex digits: of the work that goes on under it.
        is_sampled: Whether somebody records the trace.
        state: Of other tracers, as it came; empty for none.
    """

    trace_id: str
    span_id: str
    is_sampled: bool = False
    state: str = ""

    def headers(self) -> dict[str, str]:
        """For a request that is made on its behalf."""
        flags = "01" if self.is_sampled else "00"
        sent = {TRACEPARENT_HEADER: f"00-{self.trace_id}-{self.span_id}-{flags}"}
        if self.state:
            sent[TRACESTATE_HEADER] = self.state
        return sent


def read_trace(traceparent: str | None, tracestate: str | None) -> TraceContext | None:
    """What a caller says of itself; None if it is not valid."""
    found = _TRACEPARENT.fullmatch(traceparent or "")
    if found is None or found["version"] == "ff":
        return None
    if found["version"] == "00" and found["more"]:
        return None
    if found["trace"] == _NO_TRACE or found["span"] == _NO_SPAN:
        return None
    state = tracestate if tracestate and _TRACESTATE.fullmatch(tracestate) else ""
    is_sampled = bool(int(found["flags"], 16) & _SAMPLED)
    return TraceContext(found["trace"], found["span"], is_sampled, state)


def child_of(parent: TraceContext | None) -> TraceContext:
    """Work of our own, in the parent's trace or in a new one."""
    # Ids need to differ, not to be secret.
    span_id = f"{random.randint(1, 2**64 - 1):016x}"
    if parent is None:
        return TraceContext(f"{random.randint(1, 2**128 - 1):032x}", span_id)
    return TraceContext(parent.trace_id, span_id, parent.is_sampled, parent.state)

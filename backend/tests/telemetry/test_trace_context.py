import pytest

from easel.telemetry.trace_context import TraceContext, child_of, read_trace

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def test_a_valid_parent_is_read() -> None:
    context = read_trace(f"00-{TRACE}-{SPAN}-01", "vendor=1,other=2")
    assert context == TraceContext(TRACE, SPAN, True, "vendor=1,other=2")


def test_a_later_version_is_read_as_far_as_it_is_known() -> None:
    assert read_trace(f"cc-{TRACE}-{SPAN}-00-more", None) == TraceContext(TRACE, SPAN)
    assert read_trace(f"00-{TRACE}-{SPAN}-00-more", None) is None


@pytest.mark.parametrize(
    "traceparent",
    [
        *(None, "", "00", f"00-{TRACE}-{SPAN}", f"00-{TRACE}-{SPAN}-1"),
        *(f"ff-{TRACE}-{SPAN}-00", f"00-{'0' * 32}-{SPAN}-00"),
        *(f"00-{TRACE}-{'0' * 16}-00", f"00-{TRACE.upper()}-{SPAN}-00"),
        *(f"00-{TRACE[1:]}-{SPAN}-00", f" 00-{TRACE}-{SPAN}-00", "x" * 10_000),
    ],
)
def test_what_is_not_valid_is_no_parent(traceparent: str | None) -> None:
    assert read_trace(traceparent, "vendor=1") is None


@pytest.mark.parametrize("state", ["", "x" * 513, "a=\r\nb", "é=1"])
def test_a_state_that_could_do_harm_is_dropped(state: str) -> None:
    context = read_trace(f"00-{TRACE}-{SPAN}-00", state)
    assert context is not None
    assert context.state == ""


def test_a_child_stays_in_the_trace_and_has_a_span_of_its_own() -> None:
    parent = TraceContext(TRACE, SPAN, True, "vendor=1")
    child = child_of(parent)
    assert (child.trace_id, child.is_sampled, child.state) == (TRACE, True, "vendor=1")
    assert child.span_id != SPAN
    assert read_trace(*child.headers().values()) == child


def test_without_a_parent_a_trace_begins() -> None:
    first, second = child_of(None), child_of(None)
    assert first.trace_id != second.trace_id
    assert first.headers() == {"traceparent": f"00-{first.trace_id}-{first.span_id}-00"}
    assert read_trace(first.headers()["traceparent"], None) == first

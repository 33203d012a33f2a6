import pytest

from easel.gateway.facades.event_reader import EventReader, ReadEvent

STREAM = (
    b": heartbeat\n\n"
    b'id: 1\nevent: queued\ndata: {"position":1}\n\n'
    b'event: failed\ndata: {"detail":"caf\xc3\xa9"}\n\n'
)
EVENTS = [
    ReadEvent("queued", b'{"position":1}'),
    ReadEvent("failed", '{"detail":"café"}'.encode()),
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, len(STREAM)])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_events_are_the_same_however_the_stream_is_cut(
    size: int, line_end: bytes
) -> None:
    # An empty comment at the end: a lone CR may still become a CRLF.
    stream = STREAM.replace(b"\n", line_end) + b":" + line_end
    reader = EventReader()
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert [event for piece in pieces for event in reader.feed(piece)] == EVENTS


def test_an_event_without_its_end_is_not_told() -> None:
    reader = EventReader()
    assert reader.feed(b"event: completed\ndata: {}\n") == []
    assert reader.feed(b"\n") == [ReadEvent("completed", b"{}")]


def test_data_in_several_lines_is_joined() -> None:
    assert EventReader().feed(b"data: [\ndata:1]\n\n") == [
        ReadEvent("message", b"[\n1]")
    ]


def test_the_name_of_an_event_ends_with_it() -> None:
    reader = EventReader()
    first, second = reader.feed(b"event: a\ndata: 1\n\ndata: 2\n\n")
    assert (first.name, second.name) == ("a", "message")

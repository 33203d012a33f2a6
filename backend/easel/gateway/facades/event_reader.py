"""A native event stream's bytes, read back into events. Pure.

For façades only: the native route passes the same bytes on unread.
"""

import re
from typing import NamedTuple

# A carriage return at the very end may be the first half of one.
_LINE_END = re.compile(rb"\r\n|\n|\r(?!\Z)")


class ReadEvent(NamedTuple):
    """`data` is the JSON text, in UTF-8."""

    name: str
    data: bytes


class EventReader:
    """Takes pieces as they come from the socket, cut anywhere."""

    def __init__(self) -> None:
        self._rest = b""
        self._name = "message"
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> list[ReadEvent]:
        """The events that `piece` completes; what follows them is kept."""
        *lines, self._rest = _LINE_END.split(self._rest + piece)
        events: list[ReadEvent] = []
        for line in lines:
            if line:
                self._take(line)
                continue
            if self._data:
                events.append(ReadEvent(self._name, b"\n".join(self._data)))
            self._name, self._data = "message", []
        return events

    def _take(self, line: bytes) -> None:
        """One field; comments, ids and what is unknown mean nothing here."""
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
        elif field == b"event":
            self._name = value.decode(errors="replace")

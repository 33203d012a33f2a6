"""uvicorn's HTTP protocol, without what it lets pass and others read otherwise.

Its parser refuses all that makes a body's end ambiguous (`Content-Length` beside
`Transfer-Encoding`, twice, or with odd characters), but it takes heads of any size into
memory, and two `Host` headers, of which a proxy may believe the other one.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# A proxy passes on 32 KB (nginx) to 64 KB.
_MOST_BYTES = 64 * 1024
_MOST_HEADERS = 200

_REFUSED = "Invalid HTTP request received."


class StrictProtocol(HttpToolsProtocol):
    """Answers 400 and hangs up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_in_head = False
        # Received since the head began, rounded up to pieces of the socket.
        self._head_bytes = 0

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._is_in_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > _MOST_BYTES and not self.transport.is_closing():
            self.logger.warning(_REFUSED)
            self.send_400_response(_REFUSED)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        if not _is_sound(self.headers):
            # The parser makes a refusal of it.
            raise ValueError(_REFUSED)
        super().on_headers_complete()


def _is_sound(headers: list[tuple[bytes, bytes]]) -> bool:
    if len(headers) > _MOST_HEADERS:
        return False
    hosts, size_bytes = 0, 0
    for name, value in headers:
        size_bytes += len(name) + len(value)
        if name == b"host":
            hosts += 1
    return hosts < 2 and size_bytes <= _MOST_BYTES

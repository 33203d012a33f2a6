"""A TCP proxy that breaks connections in the way that a test asks for."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

_PIECE_BYTES = 2**16
# A trickle is sent so often a second.
_TRICKLES = 10
# Of a request, to tell which one it is.
_BEGINNING_BYTES = 200

Cut = Literal["reset", "close", "half-close"]


@dataclass(frozen=True)
class Behaviour:
    """What happens to the bytes of a connection; the default lets all pass.

    Attributes:
        begins_with: Only where the request begins so; probes share the address and may
            be spared by this.
        delay_s: Each piece of the server's answer comes so much later.
        is_silent: Nothing passes, in either direction, until this is over.
        bytes_per_s: Of the server's answer.
        cut_after: So many bytes of the server's answer pass; then the connection ends.
        cut: How it ends.
        garbage: Sent in place of the server's answer, before the connection ends.
        resets_reused: The second request on a connection meets a reset.
    """

    begins_with: bytes = b""
    delay_s: float = 0.0
    is_silent: bool = False
    bytes_per_s: int | None = None
    cut_after: int | None = None
    cut: Cut = "reset"
    garbage: bytes | None = None
    resets_reused: bool = False


PASS = Behaviour()


class FaultProxy:
    """On a port of its own before `port`; use as a context manager.

    `behaviour` may be set at any time, and holds for open connections, too.

    Attributes:
        open: How many connections there are now.
        accepted: How many there ever were.
    """

    def __init__(self, port: int, behaviour: Behaviour = PASS) -> None:
        self._target = port
        self._behaviour = behaviour
        self._has_changed = asyncio.Event()
        self._connections: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0
        self.accepted = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def open(self) -> int:
        return len(self._connections)

    @property
    def behaviour(self) -> Behaviour:
        return self._behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._has_changed.set()
        self._has_changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.refuse()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def listen(self) -> None:
        self._server = await asyncio.start_server(
            self._take, "127.0.0.1", self.port, limit=_PIECE_BYTES
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """New connections are refused, and the open ones reset."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.reset_all()

    @asynccontextmanager
    async def dropping_connects(self) -> AsyncIterator[None]:
        """Nobody answers a SYN, as behind a firewall; the open ones are reset."""
        await self.refuse()
        async with AsyncExitStack() as stack:
            listener = stack.enter_context(socket.socket())
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self.port))
            # A full backlog: the kernel drops what comes next.
            listener.listen(0)
            for _ in range(2):
                caller = stack.enter_context(socket.socket())
                caller.setblocking(False)
                caller.connect_ex(("127.0.0.1", self.port))
            yield
        await self.listen()

    def reset_all(self) -> None:
        for connection in list(self._connections):
            connection.end("reset")

    async def has_changed(self) -> None:
        await self._has_changed.wait()

    async def _take(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.accepted += 1
        # Cancelled when the proxy ends: asyncio would report that as a fault.
        with suppress(asyncio.CancelledError):
            await self._join(reader, writer)
        self._tasks.discard(task)

    async def _join(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            server = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            _end(writer, "reset")
            return
        connection = _Connection(self, (reader, writer), server)
        self._connections.add(connection)
        try:
            await connection.run()
        finally:
            self._connections.discard(connection)


_Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Connection:
    def __init__(self, proxy: FaultProxy, client: _Stream, server: _Stream) -> None:
        self._proxy = proxy
        self._from_client, self._to_client = client
        self._from_server, self._to_server = server
        # How the newest request begins, and what was answered to it.
        self._request = b""
        self._answered_bytes = 0
        self._is_first = True

    async def run(self) -> None:
        ways = [
            asyncio.ensure_future(self._requests()),
            asyncio.ensure_future(self._answers()),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self.end("close")

    def end(self, cut: Cut) -> None:
        _end(self._to_client, cut)
        _end(self._to_server, "reset" if cut == "reset" else "close")

    async def _requests(self) -> None:
        with suppress(OSError):
            while piece := await self._from_client.read(_PIECE_BYTES):
                if self._answered_bytes or not self._request:
                    self._is_first = not self._request
                    self._request = piece[:_BEGINNING_BYTES]
                    self._answered_bytes = 0
                if self._now.resets_reused and not self._is_first:
                    self.end("reset")
                    return
                if (garbage := self._now.garbage) is not None:
                    await self._send(garbage)
                    return
                while self._now.is_silent:
                    await self._proxy.has_changed()
                self._to_server.write(piece)
                await self._to_server.drain()

    async def _answers(self) -> None:
        with suppress(OSError):
            while piece := await self._from_server.read(_PIECE_BYTES):
                if not await self._passed(piece):
                    return

    async def _passed(self, piece: bytes) -> bool:
        """Whether the connection goes on."""
        if self._now.delay_s:
            await asyncio.sleep(self._now.delay_s)
        while piece:
            while self._now.is_silent:
                await self._proxy.has_changed()
            behaviour = self._now
            size = len(piece)
            if behaviour.bytes_per_s is not None:
                size = max(1, behaviour.bytes_per_s // _TRICKLES)
                await asyncio.sleep(1 / _TRICKLES)
            if behaviour.cut_after is not None:
                left = behaviour.cut_after - self._answered_bytes
                size = min(size, max(0, left))
                if size == 0:
                    return await self._cut(behaviour.cut)
            await self._send(piece[:size])
            piece = piece[size:]
        return True

    async def _cut(self, cut: Cut) -> bool:
        if cut == "half-close":
            self._to_client.write_eof()
            await asyncio.Event().wait()
        self.end(cut)
        return False

    async def _send(self, piece: bytes) -> None:
        self._answered_bytes += len(piece)
        self._to_client.write(piece)
        await self._to_client.drain()

    @property
    def _now(self) -> Behaviour:
        behaviour = self._proxy.behaviour
        is_meant = self._request.startswith(behaviour.begins_with)
        return behaviour if is_meant else PASS


def _end(writer: asyncio.StreamWriter, cut: Cut) -> None:
    if cut != "reset":
        writer.close()
        return
    peer: socket.socket | None = writer.get_extra_info("socket")
    if peer is not None:
        with suppress(OSError):
            # To linger for no time at all means RST instead of FIN.
            peer.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
    writer.transport.abort()

"""Runs one app as one process: a socket, signals, and an honest exit code."""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import NoReturn

import uvicorn
from fastapi import FastAPI

from easel.web.lingering import LingeringProtocol

log = logging.getLogger(__name__)

# Exit codes that a supervisor can tell apart; 2 is argparse's for a wrong flag.
EXIT_START = 1
EXIT_MODEL = 3
EXIT_PORT = 4
EXIT_STORAGE = 5

# Load balancers keep idle connections for 60 s; a server that closes first makes
# them send requests into a closed socket.
KEEP_ALIVE_S = 75


def refuse_to_start(message: str, exit_code: int) -> NoReturn:
    """End the process with one clear line."""
    print(f"easel: {message}", file=sys.stderr, flush=True)  # noqa: T201 - before logs
    sys.exit(exit_code)


class DrainingServer(uvicorn.Server):
    """A uvicorn server that tells the app about a stop signal before it drains."""

    def __init__(
        self,
        config: uvicorn.Config,
        on_stop: Callable[[], None],
        stops_itself: bool,
        on_hang_up: Callable[[], Awaitable[None]] | None,
    ) -> None:
        super().__init__(config)
        self._on_stop = on_stop
        self._stops_itself = stops_itself
        self._on_hang_up = on_hang_up
        self._reloads: set[asyncio.Task[None]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """SIGHUP has a meaning from here on."""
        await super().startup(sockets)
        if self._on_hang_up is not None:
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGHUP, self._hang_up, self._on_hang_up)

    def _hang_up(self, on_hang_up: Callable[[], Awaitable[None]]) -> None:
        reload = asyncio.ensure_future(_logged(on_hang_up))
        self._reloads.add(reload)
        reload.add_done_callback(self._reloads.discard)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """At a second signal an app that stops itself has no more say."""
        is_first = not self._captured_signals
        self._captured_signals.append(sig)
        self._on_stop()
        if not (self._stops_itself and is_first):
            super().handle_exit(sig, frame)

    def stop(self) -> None:
        """Drain and return from `run`, as if a signal had come."""
        self.should_exit = True


def create_server(
    app: FastAPI,
    *,
    grace_s: float,
    on_stop: Callable[[], None],
    stops_itself: bool = False,
    on_hang_up: Callable[[], Awaitable[None]] | None = None,
) -> DrainingServer:
    """A server that ends well at SIGTERM and SIGINT.

    Args:
        app: What is served.
        grace_s: How long open requests have when it stops accepting new ones.
        on_stop: Called in the signal handler.
        stops_itself: The app goes on being served after the signal, until it calls
            `stop`; otherwise no new connection is accepted from the signal on.
        on_hang_up: Called at SIGHUP, which otherwise ends the process.
    """
    config = uvicorn.Config(
        app,
        http=LingeringProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=max(1, round(grace_s)),
    )
    return DrainingServer(config, on_stop, stops_itself, on_hang_up)


async def _logged(on_hang_up: Callable[[], Awaitable[None]]) -> None:
    try:
        await on_hang_up()
    except Exception:
        # Whatever it is, the requests of others go on.
        log.exception("SIGHUP could not be followed")


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; `port` 0 takes any free one.

    The process ends here with `EXIT_PORT` and one clear line if the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # Bound is not yet taken: only listening is refused to a second process.
        listener.listen(2048)
    except OSError as error:
        listener.close()
        refuse_to_start(f"cannot listen on {host}:{port}: {error.strerror}", EXIT_PORT)
    listener.setblocking(False)
    return listener


def run_server(server: DrainingServer, listener: socket.socket, *, name: str) -> None:
    """Serve until a stop signal, or `server.stop()`."""
    log.info("%s listens on http://%s:%d", name, *listener.getsockname()[:2])
    # uvicorn raises the signal again after its clean stop; by default that would
    # turn exit code 0 into "killed by SIGTERM".
    for stop_signal in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop_signal, signal.SIG_IGN)
    server.run(sockets=[listener])
    if not server.started:
        refuse_to_start(f"{name} did not start; the log says why", EXIT_START)
    log.info("%s stopped", name)

"""How the workers of one gateway know of each other: who lives, and who has news.

A worker holds a lock on a file of its own for as long as it lives; the kernel frees it
however it dies. A byte on its socket, the bell, says that there is something to read.
"""

import contextlib
import fcntl
import logging
import os
import secrets
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)

# Bytes that fit into a Unix socket's address: 108 on Linux, 104 on macOS and BSD, with
# a zero at the end.
_LONGEST_ADDRESS = 103


class WorkerPresence:
    """This process among the workers that share `folder`.

    To be made after forking: a lock belongs to all processes that have inherited it.

    Attributes:
        name: Unique; no later worker has it, whatever its process id.
        bell: Readable when there is news; None where no socket can be had.
    """

    def __init__(self, folder: Path) -> None:
        self.name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._folder = folder
        self._lock = _make_locked(_lock_path(folder, self.name))
        self.bell = _make_bell(folder, self.name)

    def hear(self) -> None:
        """Take all bytes that have come."""
        assert self.bell is not None, "nothing to hear with"
        with contextlib.suppress(BlockingIOError):
            while True:
                self.bell.recv(16)

    def close(self) -> None:
        """Leave; from now on this worker is dead to the others."""
        if self.bell is not None:
            self.bell.close()
        remove_traces(self._folder, self.name)
        os.close(self._lock)


def is_dead(folder: Path, name: str) -> bool:
    """Whether it is proven: its lock could be taken."""
    try:
        file = os.open(_lock_path(folder, name), os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(file)


def remove_traces(folder: Path, name: str) -> None:
    _lock_path(folder, name).unlink(missing_ok=True)
    (folder / _bell_name(name)).unlink(missing_ok=True)


def ring(folder: Path, names: Iterable[str]) -> None:
    """Tell these workers that there is news. A byte that is lost is only late."""
    for name in names:
        # It is gone, or has so many bytes to read that one more is nothing new.
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender,
            _address(folder, _bell_name(name)) as address,
        ):
            sender.setblocking(False)
            sender.sendto(b"!", address)


def _lock_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.alive"


def _bell_name(name: str) -> str:
    return f"{name}.bell"


def _make_locked(path: Path) -> int:
    new = path.with_suffix(".new")
    file = os.open(new, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(file, fcntl.LOCK_EX)
    # Only now may it be found: it is never seen unlocked while we live.
    new.rename(path)
    return file


def _make_bell(folder: Path, name: str) -> socket.socket | None:
    bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    bell.setblocking(False)
    try:
        with _address(folder, _bell_name(name)) as address:
            bell.bind(address)
    except OSError as error:
        bell.close()
        log.warning("no socket for news of the queue, so it comes late: %s", error)
        return None
    return bell


@contextmanager
def _address(folder: Path, name: str) -> Iterator[str]:
    """Of a socket in `folder`, also where the path is too long for an address."""
    path = str(folder / name)
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        yield path
        return
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{file}/{name}"
    finally:
        os.close(file)

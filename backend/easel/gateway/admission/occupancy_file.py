"""The occupancy that several processes share: one small file, changed under a lock.

The lock is held for tens of microseconds and never across an await. The file is
replaced, never written in place: who dies halfway leaves the old one.
"""

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter

from easel.errors import StoreUnavailable
from easel.gateway.admission.occupancy import Occupancy

# A list of one, because a dataclass alone would be written without this setting: some
# tickets have endless deadlines.
_STATE = TypeAdapter(tuple[Occupancy], config=ConfigDict(ser_json_inf_nan="constants"))


_NAME = "occupancy.json"


def as_json(occupancy: Occupancy) -> bytes:
    return _STATE.dump_json((occupancy,))


def from_json(state: bytes) -> Occupancy:
    [occupancy] = _STATE.validate_json(state)
    return occupancy


def is_shared_in(folder: Path) -> bool:
    """Whether a worker has come already."""
    return (folder / _NAME).exists()


class OccupancyFile:
    """To be opened after forking: who inherits the lock's file shares the lock.

    Args:
        folder: Of the workers of one gateway, in memory at best.
        initial: What there is before the first worker has come.

    Raises:
        StoreUnavailable: the folder is not there, or not ours.
    """

    def __init__(self, folder: Path, initial: Callable[[], Occupancy]) -> None:
        self._path = str(folder / _NAME)
        self._new_path = str(folder / "occupancy.new")
        self._initial = initial
        try:
            lock = os.open(folder / "occupancy.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise _unavailable() from error
        self._lock = lock

    @contextmanager
    def changing(self) -> Iterator[Occupancy]:
        """Ours alone until the block is left, and written then unless it raises.

        Raises:
            StoreUnavailable: it cannot be read or written; nothing has changed.
        """
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        except OSError as error:
            raise _unavailable() from error
        try:
            before = self._read()
            occupancy = from_json(before) if before else self._initial()
            yield occupancy
            after = as_json(occupancy)
            if after != before:
                self._write(after)
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def as_it_is(self) -> Occupancy:
        """To look at only; needs no lock. Raises StoreUnavailable."""
        state = self._read()
        return from_json(state) if state else self._initial()

    def close(self) -> None:
        os.close(self._lock)

    # With the calls of os: pathlib's take twice as long (55 and 30 us, measured).

    def _read(self) -> bytes:
        """Empty if there is nothing yet."""
        try:
            file = os.open(self._path, os.O_RDONLY)
            try:
                return os.read(file, os.fstat(file).st_size)
            finally:
                os.close(file)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise _unavailable() from error

    def _write(self, state: bytes) -> None:
        try:
            file = os.open(self._new_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                written = os.write(file, state)
            finally:
                os.close(file)
            if written < len(state):
                raise OSError(errno.ENOSPC, "no room for all of it")
            os.replace(self._new_path, self._path)
        except OSError as error:
            raise _unavailable() from error


def _unavailable() -> StoreUnavailable:
    return StoreUnavailable("The workers of this gateway cannot share their queue.")

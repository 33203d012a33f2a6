"""Whether a folder's file locks keep anybody out.

On network file systems they may be refused, or granted to all who ask. SQLite would
then give one place to two holders, and damage its file.
"""

import fcntl
import os
import struct
import tempfile
from pathlib import Path

# struct flock: type, whence, start, length (0 is all of it), process id.
_WHOLE_FILE_LOCK = struct.pack("hhqqi0q", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)


class LocksDoNotWork(Exception):
    """Two could hold the same lock, or nobody can hold one."""


def check_locks(folder: Path) -> None:
    """
    Raises:
        LocksDoNotWork: no store may be kept in this folder.
        OSError: no file can be made in it.
    """
    with tempfile.NamedTemporaryFile(prefix=".lock-test-", dir=folder) as first:
        try:
            fcntl.lockf(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LocksDoNotWork(error.strerror) from error
        with open(first.name, "r+b") as second:
            if _locked_too(second.fileno()):
                raise LocksDoNotWork("two held the same lock")


def _locked_too(file: int) -> bool:
    """Try for the lock as another process would.

    A process's own locks never stop it, except those of an open file description.
    """
    command = getattr(fcntl, "F_OFD_SETLK", None)
    if command is None:
        return False  # not Linux: it cannot be tried from within one process
    try:
        fcntl.fcntl(file, command, _WHOLE_FILE_LOCK)
    except OSError:
        # Refused; or the kernel has no such locks, which says nothing about others.
        return False
    return True

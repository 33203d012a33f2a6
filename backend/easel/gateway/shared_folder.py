"""The folder that the workers of one gateway share, for their metrics and slots.

Each gunicorn master makes a fresh one and removes it at its end. A master that was
killed cannot, so the next one does: whether a folder's owner lives is known from a
lock, which the kernel frees (a process id says nothing across containers).
"""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "easel-gateway-"
_LOCK = "lock"


def create_shared_folder(parent: Path) -> Path:
    """A new folder in `parent`, locked until this process and its children end."""
    _remove_abandoned(parent)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    unlocked = folder / f"{_LOCK}.new"
    file = os.open(unlocked, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(file, fcntl.LOCK_EX)
    # Only now may it be found: a lock file is never seen unlocked while we live.
    unlocked.rename(folder / _LOCK)
    return folder


def remove_shared_folder(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(parent: Path) -> None:
    for lock in parent.glob(f"{_PREFIX}*/{_LOCK}"):
        try:
            file = os.open(lock, os.O_RDWR)
        except OSError:
            continue  # another user's, or gone by now
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            remove_shared_folder(lock.parent)
        finally:
            os.close(file)

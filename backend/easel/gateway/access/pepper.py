"""The secret beside the store, without which its hashes of keys are useless."""

import fcntl
import os
import secrets
from pathlib import Path

PEPPER_FILE = "pepper"
_PEPPER_BYTES = 32


def pepper_in(data_dir: Path) -> bytes:
    """The pepper of this folder, made if there is none; 64 bytes of hexadecimal.

    Processes that start together agree: whoever holds the file's lock writes it. Who
    loses the file loses all keys.

    Raises:
        OSError: the folder cannot be made, or the file not be read or written.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = os.open(data_dir / PEPPER_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        pepper = os.pread(file, 2 * _PEPPER_BYTES, 0)
        if len(pepper) == 2 * _PEPPER_BYTES:
            return pepper
        # Empty, or its writer died in the middle: nobody can have used it yet.
        pepper = secrets.token_hex(_PEPPER_BYTES).encode()
        os.pwrite(file, pepper, 0)
        os.fsync(file)
        return pepper
    finally:
        os.close(file)

"""The machine's memory, and what the process has of it."""

import os
from pathlib import Path

_STATM = Path("/proc/self/statm")


def machine_bytes() -> int:
    """All the memory that the machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def resident_bytes() -> int:
    """Resident set size; 0 where the system does not tell."""
    try:
        pages = int(_STATM.read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")

"""What the kernel has counted for a process."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """User and system time of all its threads; 0 if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    except FileNotFoundError:
        return 0.0
    # utime and stime: fields 14 and 15 of proc(5), counted from 1.
    return (int(fields[11]) + int(fields[12])) / _TICKS

"""The clock that all processes of one host share and that nobody can set.

What a store remembers ends at times that several processes must agree on, also after
a restart. The wall clock would do, until somebody sets it an hour ahead and every
lease and limit expires at once. The time since the host was booted cannot be set; it
begins anew only at the next boot, and for that the wall clock is kept beside it.
"""

import time
from pathlib import Path
from typing import Protocol

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class HostClock(Protocol):
    @property
    def boot_id(self) -> str:
        """Times since boot can be compared only where this is equal."""
        ...

    def since_boot_s(self) -> float:
        """Seconds, those included in which the host was suspended."""
        ...

    def wall_s(self) -> float:
        """Seconds since 1970, as far as the host knows."""
        ...


class LinuxClock:
    def __init__(self) -> None:
        self.boot_id = _BOOT_ID.read_text().strip()

    def since_boot_s(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def wall_s(self) -> float:
        return time.time()


class WallClock:
    """For hosts that do not say when they were booted: jumps are not seen."""

    boot_id = "unknown"

    def since_boot_s(self) -> float:
        return time.time()

    def wall_s(self) -> float:
        return time.time()


def host_clock() -> HostClock:
    return LinuxClock() if _BOOT_ID.exists() else WallClock()

"""A host whose time is set by hand."""


class ManualHostClock:
    def __init__(self) -> None:
        self.boot_id = "first boot"
        self._since_boot_s = 100.0
        self._wall_s = 1_800_000_000.0

    def since_boot_s(self) -> float:
        return self._since_boot_s

    def wall_s(self) -> float:
        return self._wall_s

    def advance(self, seconds: float) -> None:
        self._since_boot_s += seconds
        self._wall_s += seconds

    def set_wall(self, by_s: float) -> None:
        """Somebody sets the wall clock ahead, or back."""
        self._wall_s += by_s

    def reboot(self, after_s: float) -> None:
        self.boot_id += " and another"
        self._since_boot_s = 5.0
        self._wall_s += after_s

import math
from pathlib import Path

from easel.telemetry.disk import disk_bytes


def test_a_disk_has_a_size_and_something_left(tmp_path: Path) -> None:
    disk = disk_bytes(tmp_path)
    assert 0 < disk.free <= disk.size


def test_a_disk_that_cannot_be_asked_is_no_number(tmp_path: Path) -> None:
    disk = disk_bytes(tmp_path / "gone")
    assert math.isnan(disk.free)
    assert math.isnan(disk.size)

"""Several processes and one file; and what only another process can suffer."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from easel.gateway.store.sqlite import SqliteStore

pytestmark = pytest.mark.system

BACKEND = Path(__file__).parents[3]
PROCESSES = 4


def start(path: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.gateway.store.store_process", path, *arguments],
        cwd=BACKEND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str]) -> list[str]:
    """The lines that it said until its end, which was a good one."""
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return output.splitlines()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


async def test_a_counter_holds_its_limit_over_processes(tmp_path: Path) -> None:
    path = tmp_path / "store"
    started = [start(path, "count", "100", "250") for _ in range(PROCESSES)]
    granted = [int(end(process)[0]) for process in started]
    assert sum(granted) == 250
    async with SqliteStore(path) as store:
        assert await store.count("n") == 250


async def test_leases_hold_their_limit_over_processes(tmp_path: Path) -> None:
    path = tmp_path / "store"
    started = [start(path, "lease", "100", "2") for _ in range(PROCESSES)]
    assert max(int(end(process)[0]) for process in started) in {1, 2}
    async with SqliteStore(path) as store:
        assert await store.holders("door") == 0


async def test_a_process_that_is_killed_at_work_harms_nobody(tmp_path: Path) -> None:
    path = tmp_path / "store"
    async with SqliteStore(path) as store:
        for _ in range(3):
            process = start(path, "hold")
            said = await asyncio.to_thread(line, process)
            process.kill()
            process.communicate()
            assert said == "held"
            assert await store.get("key") == b"kept"
            assert await store.holders("door") == 1
            await store.put("key", b"mine")
    async with SqliteStore(path) as store:
        assert await store.get("key") == b"mine"


def test_a_full_disk_is_a_refusal_until_there_is_space(tmp_path: Path) -> None:
    process = start(tmp_path / "store", "fill", "400000")
    assert end(process) == [
        "refused=True kept=True available=False",
        "available=True",
    ]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Another user may go there, unlike to pytest's."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder


def set_modes(folder: Path, mode: int) -> None:
    for file in folder.iterdir():
        file.chmod(mode)


async def test_a_read_only_file_is_read(open_folder: Path) -> None:
    path = open_folder / "store"
    async with SqliteStore(path) as store:
        await store.put("key", b"1")
        set_modes(open_folder, 0o444)
        process = start(path, "read")
        said = await asyncio.to_thread(line, process)
        assert said == "value=b'1' written=False available=False"
        set_modes(open_folder, 0o666)
        assert end(process)[-1:] == ["value=b'3' available=True"]

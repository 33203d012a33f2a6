"""The limits of one key, held by several processes over one file."""

import subprocess
import sys
from pathlib import Path

import pytest

from easel.clock import ManualClock, MonotonicClock
from easel.gateway.access.accounts import Accounts
from easel.gateway.access.callers import Caller
from easel.gateway.store.opening import open_store
from tests.gateway.access.access_rig import NOON
from tests.gateway.processes import BACKEND

pytestmark = pytest.mark.system

PROCESSES = 4


def outcomes(data_dir: Path, limit: str, times: int) -> list[tuple[int, int]]:
    """(admitted, most in flight) of each process."""
    program = "tests.gateway.access.accounts_process"
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", program, str(data_dir), limit, str(times)],
            cwd=BACKEND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    found = []
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        admitted, most = output.split()
        found.append((int(admitted), int(most)))
    return found


async def delivered(data_dir: Path) -> int:
    caller = Caller(id="shared00", is_anonymous=False)
    store = open_store(redis_url=None, data_dir=data_dir)
    async with (
        store,
        Accounts(
            store,
            clock=MonotonicClock(),
            wall_clock=ManualClock(NOON),
            processes=1,
            longest_s=60.0,
        ) as accounts,
    ):
        return (await accounts.usage(caller)).today.images


@pytest.mark.parametrize("limit", ["rate", "images"])
async def test_a_limit_is_exact_over_processes(tmp_path: Path, limit: str) -> None:
    found = outcomes(tmp_path, limit, times=20)
    assert sum(admitted for admitted, _ in found) == 20
    assert await delivered(tmp_path) == 20


async def test_places_are_never_more_than_the_limit(tmp_path: Path) -> None:
    found = outcomes(tmp_path, "places", times=30)
    assert 1 <= max(most for _, most in found) <= 2
    assert await delivered(tmp_path) == sum(admitted for admitted, _ in found)

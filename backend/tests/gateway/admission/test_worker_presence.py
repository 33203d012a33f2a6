import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from easel.gateway.admission.worker_presence import (
    WorkerPresence,
    is_dead,
    remove_traces,
    ring,
)
from tests.gateway.processes import BACKEND

WORKER = """
import sys
from pathlib import Path
from easel.gateway.admission.worker_presence import WorkerPresence
print(WorkerPresence(Path(sys.argv[1])).name, flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=[0, 120], ids=["short path", "long path"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    longer_by: int = request.param
    folder = tmp_path / ("x" + longer_by * "x")
    folder.mkdir()
    return folder


@pytest.fixture
def presence(folder: Path) -> Iterator[WorkerPresence]:
    presence = WorkerPresence(folder)
    yield presence
    presence.close()


def has_news(presence: WorkerPresence) -> bool:
    assert presence.bell is not None
    readable, _, _ = select.select([presence.bell], [], [], 0)
    return bool(readable)


def test_a_ring_is_heard_until_it_was_listened_to(
    presence: WorkerPresence, folder: Path
) -> None:
    assert not has_news(presence)
    ring(folder, [presence.name])
    assert has_news(presence)
    presence.hear()
    assert not has_news(presence)


def test_a_bell_that_nobody_listens_to_delays_nobody(
    presence: WorkerPresence, folder: Path
) -> None:
    for _ in range(1000):
        ring(folder, [presence.name])
    presence.hear()
    assert not has_news(presence)


def test_who_is_gone_does_not_keep_others_from_hearing(
    presence: WorkerPresence, folder: Path
) -> None:
    ring(folder, ["gone", presence.name])
    assert has_news(presence)


def test_the_living_are_not_dead(presence: WorkerPresence, folder: Path) -> None:
    assert not is_dead(folder, presence.name)


def test_of_whom_nothing_is_known_nothing_is_proven(folder: Path) -> None:
    assert not is_dead(folder, "nobody")


def test_who_goes_leaves_nothing_behind(folder: Path) -> None:
    WorkerPresence(folder).close()
    assert list(folder.iterdir()) == []


@pytest.mark.system
def test_who_was_killed_is_dead(folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, str(folder)],
        cwd=BACKEND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stdout is not None
        name = worker.stdout.readline().strip()
        assert not is_dead(folder, name)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    assert is_dead(folder, name)
    remove_traces(folder, name)
    assert list(folder.iterdir()) == []

"""How gunicorn replaces its workers at SIGHUP: without a gap, or not at all.

By itself it ends the old workers as soon as it has forked the new ones. Until those
are ready, a second or so, all that comes would pile up; and if they cannot start, it
would stop altogether. So the old ones go on until the new ones stand at the door.
"""

import logging
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from gunicorn.errors import HaltServer  # type: ignore[import-untyped] # theirs

from easel.gateway.reload import of_master

log = logging.getLogger(__name__)

# New workers take a second, and several on a machine that is full of work.
_READY_S = 30.0
_KILLED_S = 5.0
_POLL_S = 0.02


def replace_workers_when_ready(server: Any, door: Path) -> None:
    """For `on_reload`; in the folder `door` each worker that is ready has a file.

    gunicorn forks the new workers next, and then has `manage_workers` end the old ones.
    """
    end_old_workers, youngest = server.manage_workers, server.worker_age

    def only_if_ready() -> None:
        del server.manage_workers
        if _are_ready(server, door, youngest):
            end_old_workers()
        else:
            _keep_the_old(server, youngest)

    server.manage_workers = only_if_ready


def _are_ready(server: Any, door: Path, youngest: int) -> bool:
    new = _younger(server, youngest)
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline:
        try:
            server.reap_workers()
        except HaltServer:
            return False
        if new - server.WORKERS.keys():
            return False
        if all(any(door.glob(f"{pid}-*.alive")) for pid in new):
            return True
        time.sleep(_POLL_S)
    return False


def _keep_the_old(server: Any, youngest: int) -> None:
    of_master.go_back()
    log.error(
        "the new workers did not start: the old ones go on, with the settings of before"
    )
    _end(server, _younger(server, youngest))
    # gunicorn waits until all that are older than its reload are gone.
    old = sorted(server.WORKERS.values(), key=lambda worker: worker.age)
    for age, worker in enumerate(old, start=youngest + 1):
        worker.age = age
    server.worker_age = max(server.worker_age, youngest + len(old))


def _end(server: Any, pids: set[int]) -> None:
    """Some may serve by now, and are let finish; some may not listen yet."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + _KILLED_S
        while pids & server.WORKERS.keys() and time.monotonic() < deadline:
            # Again and again: one that is just beginning does not take the signal.
            for pid in pids & server.WORKERS.keys():
                server.kill_worker(pid, how)
            time.sleep(5 * _POLL_S)
            # They could not start: that is known by now.
            with suppress(HaltServer):
                server.reap_workers()


def _younger(server: Any, youngest: int) -> set[int]:
    return {pid for pid, worker in server.WORKERS.items() if worker.age > youngest}

"""In a process of its own: the hooks of a fork cannot be taken back."""

import subprocess
import sys

_MASTER = """
import os, signal, sys
from easel.gateway.gunicorn_fork import heed_stops_from_the_fork_on

STOPS = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}
heard = []
for stop in STOPS:
    signal.signal(stop, lambda signum, frame: heard.append(signum))
early = signal.Signals[sys.argv[1]]
# Hooks run in the order of their registration: this is the worker's first moment.
os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), early))
heed_stops_from_the_fork_on()
worker = os.fork()
if worker == 0:
    os._exit(0)  # it went on, though it was told to stop
_, status = os.waitpid(worker, 0)
assert os.waitstatus_to_exitcode(status) == -early, status
assert not STOPS & signal.pthread_sigmask(signal.SIG_BLOCK, ())
assert not heard
os.kill(os.getpid(), early)
assert heard == [early]
"""


def master(early_stop: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _MASTER, early_stop],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_worker_told_to_stop_while_it_is_forked_stops_and_its_master_hears() -> None:
    for stop in ("SIGTERM", "SIGINT", "SIGQUIT"):
        done = master(stop)
        assert done.returncode == 0, done.stderr

"""What OpenMP's threads do while they have nothing to compute."""

import os


def let_idle_threads_sleep() -> None:
    """Before torch is imported: OpenMP's threads spin only briefly before they sleep.

    On a busy machine a spinning thread keeps the core from the thread that it waits
    for. Sixteen steps of the embedded model, two cores: 0.4 to 0.6 s by OpenMP's
    default and 0.7 s so; with one other busy process 2.5 to 6 s and 1.0 s.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")

"""A stop reaches the workers of gunicorn that have only just been forked.

A new worker begins with the master's handlers, which put a signal in the queue of the
master's main loop: nobody reads the worker's copy of it. One that is told to stop in
these milliseconds would go on, and the master wait for it as long as for requests.

gunicorn's own ASGI worker loses stops for longer: it has uvloop handle them before it
loads the application, and uvloop forgets what comes before it runs.
"""

import asyncio
import os
import signal

_STOPS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGQUIT})


def heed_stops_from_the_fork_on() -> None:
    """For the master, once: whoever it forks dies by a stop until it handles it itself.

    Stops that come during the fork are kept by the kernel until it is over, for both.
    """
    os.register_at_fork(
        before=hold_stops, after_in_parent=_let_through, after_in_child=_begin_anew
    )


def hold_stops() -> None:
    """Leave them with the kernel until they are let through."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)


def let_stops_through_once_it_runs(loop: asyncio.AbstractEventLoop) -> None:
    loop.call_soon(_let_through)


def _let_through() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)


def _begin_anew() -> None:
    for stop in _STOPS:
        signal.signal(stop, signal.SIG_DFL)
    _let_through()

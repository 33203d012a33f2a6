"""Gunicorn's settings for the gateway; gunicorn loads this file by itself.

They correct what its defaults get wrong for requests that take minutes, and give the
workers of one gateway a folder for what they share. Flags on the command line win.

At SIGHUP gunicorn runs this file again and replaces its workers. Settings that are
wrong by then are told in one line, and the workers go on with those of before.
"""

import math
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from easel.gateway.admission.shared_door import sweep
from easel.gateway.gunicorn_fork import (
    heed_stops_from_the_fork_on,
    hold_stops,
    let_stops_through_once_it_runs,
)
from easel.gateway.gunicorn_reload import replace_workers_when_ready
from easel.gateway.reload import of_master, warn_of_unknown_variables
from easel.gateway.shared_folder import create_shared_folder, remove_shared_folder
from easel.telemetry.logs import log_handler
from easel.web.lingering import LingeringProtocol

_settings = of_master.take()
_MEMORY = Path("/dev/shm")
_METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host
bind = f"{_host}:{_settings.port}"
worker_class = "uvicorn.workers.UvicornWorker"
# A worker whose event loop stands still for so long is replaced; this is no limit on
# requests.
timeout = 60
# After this long gunicorn kills what still runs (by default after 30 s): somewhat
# later than the worker itself has told the last clients that it stops.
_LAST_WORDS_S = 3
graceful_timeout = math.ceil(_settings.grace_s) + _LAST_WORDS_S
# Load balancers keep idle connections for 60 s. The one that closes first must be
# they: with the default of 2 s, 4 % of reused connections failed (measured).
keepalive = 75
# On a disk the heartbeat file can block a worker for seconds.
worker_tmp_dir = str(_MEMORY) if _MEMORY.is_dir() else None
# All masters of one user would share its path, and so overwrite each other's.
control_socket_disable = True
logconfig_dict = {
    "disable_existing_loggers": False,
    "handlers": {"easel": {"()": log_handler, "log_format": _settings.log_format}},
    "root": {"level": _settings.log_level.upper(), "handlers": ["easel"]},
    "loggers": {"gunicorn.error": {"handlers": [], "propagate": True}},
}


def on_starting(server: Any) -> None:
    """A fresh folder for each master, so that nothing is left of an earlier one."""
    folder = create_shared_folder(Path(worker_tmp_dir or tempfile.gettempdir()))
    metrics = folder / "metrics"
    metrics.mkdir()
    # prometheus_client looks at its variable when it is imported.
    os.environ[_METRICS_VARIABLE] = str(metrics)
    os.environ["GATEWAY_SHARED_DIR"] = str(folder)
    _tell_workers(server)
    heed_stops_from_the_fork_on()
    warn_of_unknown_variables()
    # Once for all workers, and before they fork: so that none, not even one that
    # replaces another after an update, mixes the code of two versions.
    import easel.gateway.app  # noqa: F401


def on_reload(server: Any) -> None:
    _tell_workers(server)
    door = Path(os.environ["GATEWAY_SHARED_DIR"]) / "door"
    replace_workers_when_ready(server, door)


def _tell_workers(server: Any) -> None:
    of_master.add(
        shared_dir=Path(os.environ["GATEWAY_SHARED_DIR"]),
        prometheus_multiproc_dir=Path(os.environ[_METRICS_VARIABLE]),
        workers=server.cfg.workers,
    )


def post_fork(server: Any, worker: Any) -> None:
    if _is_gunicorns_own(worker):
        hold_stops()


def post_worker_init(worker: Any) -> None:
    """What uvicorn's classes do not take over from gunicorn, and its own one lacks."""
    if _is_gunicorns_own(worker):
        let_stops_through_once_it_runs(worker.loop)
        # Whose request it is, where a proxy that is trusted says so.
        trusted = worker.cfg.forwarded_allow_ips
        worker.asgi = ProxyHeadersMiddleware(worker.asgi, trusted_hosts=trusted)
    else:
        config = worker.config
        config.timeout_graceful_shutdown = max(1, round(_settings.grace_s))
        config.server_header = False
        config.http = LingeringProtocol
        # uvicorn raises the signal again after its clean stop, and dying by it would
        # skip what is done at an exit: spans that wait are sent then.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


def _is_gunicorns_own(worker: Any) -> bool:
    """Whether it is the class `asgi`, which uvicorn has no part in."""
    return not hasattr(worker, "config")


def child_exit(server: Any, worker: Any) -> None:
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call] # theirs
    # What it held is free at once, rather than when a waiting one looks.
    sweep(Path(os.environ["GATEWAY_SHARED_DIR"]) / "door")


def on_exit(server: Any) -> None:
    remove_shared_folder(Path(os.environ["GATEWAY_SHARED_DIR"]))

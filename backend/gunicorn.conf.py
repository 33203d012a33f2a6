"""Gunicorn's settings for the gateway; gunicorn loads this file by itself.

They correct what its defaults get wrong for requests that take minutes, and give the
workers of one gateway a folder for what they share. Flags on the command line win.
"""

import math
import os
import tempfile
from pathlib import Path
from typing import Any

from easel.gateway.settings import GatewaySettings
from easel.gateway.shared_folder import create_shared_folder, remove_shared_folder
from easel.telemetry.logs import log_handler
from easel.web.command_line import read_settings

_settings = read_settings(GatewaySettings, [])
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
    """A fresh folder for each master, so that nothing is left of an earlier one.

    Workers inherit the variables; prometheus_client reads its own when imported.
    """
    folder = create_shared_folder(Path(worker_tmp_dir or tempfile.gettempdir()))
    metrics = folder / "metrics"
    metrics.mkdir()
    os.environ[_METRICS_VARIABLE] = str(metrics)
    os.environ["GATEWAY_SLOTS_DIR"] = str(folder / "slots")


def post_worker_init(worker: Any) -> None:
    """What uvicorn's worker class does not take over from gunicorn."""
    config = getattr(worker, "config", None)
    if config is not None:
        config.timeout_graceful_shutdown = max(1, round(_settings.grace_s))
        config.server_header = False


def child_exit(server: Any, worker: Any) -> None:
    # Imported before the variable is set, it would never look at it again.
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call] # theirs


def on_exit(server: Any) -> None:
    remove_shared_folder(Path(os.environ[_METRICS_VARIABLE]).parent)

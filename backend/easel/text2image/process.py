"""The server as a process: socket, folder, model; each failure one line, one code."""

import os
import sys

from easel.telemetry.logs import configure_logs
from easel.text2image.app import Text2ImageApp
from easel.text2image.engines import load_engine
from easel.text2image.image_files import ImageFiles, remove_left_over
from easel.text2image.settings import ServerSettings
from easel.web.serve import (
    EXIT_MODEL,
    EXIT_STORAGE,
    create_server,
    listen,
    refuse_to_start,
    run_server,
)

# When the last generation has ended, its answer may still be on its way.
_LAST_ANSWERS_S = 5.0


def run(settings: ServerSettings) -> None:
    """Serve until a stop signal; exit with a code of `web/serve.py` if it cannot."""
    configure_logs(settings.log_format, settings.log_level)
    _let_idle_threads_sleep()
    listener = listen(settings.host, settings.port)
    replica = settings.replica(listener.getsockname()[1])
    try:
        files = ImageFiles(settings.data_dir / replica)
        remove_left_over(settings.data_dir)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        refuse_to_start(f"cannot write to {settings.data_dir}: {reason}", EXIT_STORAGE)
    failures: list[str] = []

    def on_unavailable(reason: str) -> None:
        failures.append(reason)
        server.stop()

    app = Text2ImageApp(
        settings,
        replica=replica,
        files=files,
        load_engine=lambda: load_engine(settings),
        on_unavailable=on_unavailable,
        on_drained=lambda: server.stop(),
    )
    server = create_server(
        app, grace_s=_LAST_ANSWERS_S, on_stop=app.begin_stop, stops_itself=True
    )
    run_server(server, listener, name="text-to-image server")
    if failures:
        refuse_to_start(failures[0], EXIT_MODEL)
    sys.exit(0)


def _let_idle_threads_sleep() -> None:
    """Before torch is imported: OpenMP's threads spin only briefly before they sleep.

    On a busy machine a spinning thread keeps the core from the thread that it waits
    for. Sixteen steps of the embedded model, two cores: 0.4 to 0.6 s by OpenMP's
    default and 0.7 s so; with one other busy process 2.5 to 6 s and 1.0 s.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")

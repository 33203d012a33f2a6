"""The server as a process: socket, folder, model; each failure one line, one code."""

import os
import sys
from collections.abc import Callable

from easel.clock import Clock
from easel.telemetry.logs import configure_logs
from easel.telemetry.start_tracing import start_tracing
from easel.text2image.app import MakeExecutor, Text2ImageApp
from easel.text2image.durability.journal import Journal
from easel.text2image.durability.journal_file import JournalUnusable
from easel.text2image.engine_thread.runner import ModelSource
from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.engines.runtimes import TORCH_LOCK, is_torch_installed
from easel.text2image.executors.executor import Executor
from easel.text2image.executors.fleet import FleetUnusable
from easel.text2image.executors.fleet_executor import FleetExecutor
from easel.text2image.idle_threads import let_idle_threads_sleep
from easel.text2image.images.content_credentials import (
    ContentCredentials,
    CredentialsUnusable,
)
from easel.text2image.images.image_files import (
    JOURNAL_NAME,
    ImageFiles,
    remove_left_over,
)
from easel.text2image.images.safety import SafetyChecker
from easel.text2image.models.model_catalogue import catalogue_of
from easel.text2image.settings import ServerSettings
from easel.web.command_line import EXIT_USAGE
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
    start_tracing("easel-server")
    let_idle_threads_sleep()
    listener = listen(settings.host, settings.port)
    replica = settings.replica(listener.getsockname()[1])
    folder = settings.data_dir / replica
    models = catalogue_of(settings)
    try:
        make_executor = _make_executor(settings, replica, models)
        credentials = _credentials(settings)
        checker = _safety_checker(settings)
        files = ImageFiles(folder, metadata=settings.metadata, credentials=credentials)
        journal = Journal(folder / JOURNAL_NAME)
        remove_left_over(settings.data_dir, older_than_s=settings.image_ttl_s)
    except CredentialsUnusable as error:
        listener.close()
        refuse_to_start(f"cannot sign images: {error}", EXIT_USAGE)
    except (ModelUnavailable, FleetUnusable) as error:
        listener.close()
        refuse_to_start(str(error), EXIT_MODEL)
    except JournalUnusable as error:
        listener.close()
        refuse_to_start(str(error), EXIT_STORAGE)
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
        journal=journal,
        models=models,
        safety_checker=checker,
        on_unavailable=on_unavailable,
        on_drained=lambda: server.stop(),
        make_executor=make_executor,
    )
    server = create_server(
        app, grace_s=_LAST_ANSWERS_S, on_stop=app.begin_stop, stops_itself=True
    )
    run_server(server, listener, name="text-to-image server")
    if failures:
        refuse_to_start(failures[0], EXIT_MODEL)
    sys.exit(0)


def _make_executor(
    settings: ServerSettings, replica: str, models: ModelSource
) -> MakeExecutor | None:
    """None for a thread of this process. Raises FleetUnusable: Ray is not installed."""
    if settings.executor == "local":
        return None
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Ray's own signal handler aborts a process three seconds after SIGTERM, whatever it
    # is still finishing. It is read when Ray is imported.
    os.environ.setdefault("RAY_DISABLE_FAILURE_SIGNAL_HANDLER", "1")
    try:
        from easel.text2image.executors.ray_fleet import RayFleet
    except ModuleNotFoundError as error:
        raise FleetUnusable(
            "--executor ray needs Ray. In the server's folder: pip install -r "
            "requirements-ray.txt"
        ) from error

    def make(post: Callable[..., object], clock: Clock) -> Executor:
        fleet = RayFleet(
            settings.address, replica, is_multiplexed=len(settings.model) > 1
        )
        return FleetExecutor(
            models,
            fleet,
            post,
            clock,
            per_replica=settings.per_replica,
            max_batch_rows=settings.max_batch_rows,
        )

    return make


def _credentials(settings: ServerSettings) -> ContentCredentials | None:
    """Raises CredentialsUnusable."""
    if settings.c2pa_certificate is None or settings.c2pa_key is None:
        return None
    return ContentCredentials(settings.c2pa_certificate, settings.c2pa_key)


def _safety_checker(settings: ServerSettings) -> SafetyChecker | None:
    """Raises ModelUnavailable."""
    if settings.safety_checker is None:
        return None
    if not is_torch_installed():
        raise ModelUnavailable(
            "--safety-checker needs torch. In the server's folder: pip install -r "
            f"{TORCH_LOCK}"
        )
    from easel.text2image.engines.safety_checkers import load_safety_checker

    return load_safety_checker(
        settings.safety_checker, threshold=settings.safety_threshold
    )

"""The server as a process: socket, folder, model; each failure one line, one code."""

import os
import sys

from easel.telemetry.logs import configure_logs
from easel.telemetry.start_tracing import start_tracing
from easel.text2image.app import Text2ImageApp
from easel.text2image.durability.journal import Journal
from easel.text2image.durability.journal_file import JournalUnusable
from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.engines.load_options import LoadOptions
from easel.text2image.engines.runtimes import TORCH_LOCK, is_torch_installed
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
from easel.text2image.models.model_catalogue import ModelCatalogue
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
    _let_idle_threads_sleep()
    listener = listen(settings.host, settings.port)
    replica = settings.replica(listener.getsockname()[1])
    folder = settings.data_dir / replica
    try:
        credentials = _credentials(settings)
        checker = _safety_checker(settings)
        files = ImageFiles(folder, metadata=settings.metadata, credentials=credentials)
        journal = Journal(folder / JOURNAL_NAME)
        remove_left_over(settings.data_dir, older_than_s=settings.image_ttl_s)
    except CredentialsUnusable as error:
        listener.close()
        refuse_to_start(f"cannot sign images: {error}", EXIT_USAGE)
    except ModelUnavailable as error:
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
        models=_models(settings),
        safety_checker=checker,
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


def _models(settings: ServerSettings) -> ModelCatalogue:
    options = LoadOptions(
        device=settings.device,
        dtype=settings.dtype,
        compile=settings.compile,
        quantize=settings.quantize,
        offload=settings.offload,
        lora_dir=settings.lora_dir,
        runtime=settings.runtime,
        fake_step_s=settings.fake_step_seconds,
    )
    budget_gib = settings.memory_budget_gib
    limit_bytes = None if budget_gib is None else int(budget_gib * 2**30)
    return ModelCatalogue(settings.model, options, limit_bytes)


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


def _let_idle_threads_sleep() -> None:
    """Before torch is imported: OpenMP's threads spin only briefly before they sleep.

    On a busy machine a spinning thread keeps the core from the thread that it waits
    for. Sixteen steps of the embedded model, two cores: 0.4 to 0.6 s by OpenMP's
    default and 0.7 s so; with one other busy process 2.5 to 6 s and 1.0 s.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")

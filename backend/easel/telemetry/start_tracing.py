"""Whether spans are recorded is up to the environment, as OpenTelemetry has it."""

import logging
import os
from importlib.util import find_spec

from easel.telemetry.tracing import record_spans

log = logging.getLogger(__name__)

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_SDK = "opentelemetry.exporter.otlp.proto.http"


def start_tracing(service: str) -> None:
    """Send spans to the collector of the environment, if it names one.

    To be called once in a process, after forking. Without a collector nothing is
    imported and nothing costs.
    """
    if not any(os.environ.get(name) for name in _ENDPOINTS):
        return
    if not _is_installed():
        log.warning(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but the extra is not installed: "
            "pip install 'easel[telemetry]'"
        )
        return
    from easel.telemetry.open_telemetry import OpenTelemetryRecorder

    recorder = OpenTelemetryRecorder(service)
    record_spans(recorder)
    log.info("spans are sent to the collector")


def _is_installed() -> bool:
    try:
        return find_spec(_SDK) is not None
    except ModuleNotFoundError:
        return False

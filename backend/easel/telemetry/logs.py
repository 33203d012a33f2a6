"""Log lines: one event a line, as text for people or as JSON for machines.

Prompts and secrets are never put into a log record, so no format can leak them.
"""

import logging
import sys
from typing import Any, Literal

import orjson
import structlog
from structlog.typing import EventDict

from easel.telemetry.request_id import current_request_id
from easel.telemetry.tracing import current_trace_id

LogFormat = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]


class _RequestFilter(logging.Filter):
    """Whose line it is; asked for where it is logged, not where it is written."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id()
        record.trace_id = current_trace_id()
        return True


def _all_of_a_record(logger: Any, method: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    event["request_id"] = getattr(record, "request_id", "-")
    event["trace_id"] = getattr(record, "trace_id", "-")
    event.update(getattr(record, "fields", {}))
    return event


def _serialize(event: EventDict, **_: Any) -> str:
    # Small documents only: one line. Twice as fast as the standard library's.
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _json_formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        # All lines come through the standard library's loggers, ours and others'.
        foreign_pre_chain=[
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.EventRenamer("message"),
            _all_of_a_record,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.ExceptionRenderer(),
            structlog.processors.JSONRenderer(serializer=_serialize),
        ],
    )


class _TextFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - theirs
        fields = dict(getattr(record, "fields", {}))
        request_id = getattr(record, "request_id", "-")
        if request_id != "-":
            fields.setdefault("request_id", request_id)
        line = super().formatMessage(record)
        return line + "".join(f" {key}={value}" for key, value in fields.items())


def log_handler(log_format: LogFormat) -> logging.Handler:
    """Writes to standard error, each line with the ids of its request."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _json_formatter() if log_format == "json" else _TextFormatter()
    )
    handler.addFilter(_RequestFilter())
    return handler


def configure_logs(log_format: LogFormat, level: LogLevel) -> None:
    """Send every logger of the process to standard error in one format."""
    handler = log_handler(log_format)
    # Nothing of it is in a line, and looking it all up is half of what one costs.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # Our own access line says more; uvicorn's start and stop lines say nothing new.
    logging.getLogger("uvicorn.access").setLevel(logging.CRITICAL)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)

"""Log lines: one event a line, as text for people or as JSON for machines.

Prompts and secrets are never put into a log record, so no format can leak them.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal

from easel.telemetry.request_id import current_request_id

LogFormat = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]


class _RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id()
        return True


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "request_id": getattr(record, "request_id", "-"),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


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
    """Writes to standard error, each line with the id of its request."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter() if log_format == "json" else _TextFormatter())
    handler.addFilter(_RequestIdFilter())
    return handler


def configure_logs(log_format: LogFormat, level: LogLevel) -> None:
    """Send every logger of the process to standard error in one format."""
    handler = log_handler(log_format)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # Our own access line says more; uvicorn's start and stop lines say nothing new.
    logging.getLogger("uvicorn.access").setLevel(logging.CRITICAL)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)

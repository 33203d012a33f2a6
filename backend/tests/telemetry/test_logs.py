import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from easel.telemetry.logs import LogFormat, configure_logs
from easel.telemetry.request_id import adopt_request_id
from easel.telemetry.tracing import begin_request

TRACE = "a" * 32


@pytest.fixture(autouse=True)
def loggers_as_they_were() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def logged(capsys: pytest.CaptureFixture[str], log_format: LogFormat) -> str:
    configure_logs(log_format, "info")
    adopt_request_id("mine")
    begin_request("GET", f"00-{TRACE}-{'b' * 16}-01", None)
    logging.getLogger("easel.x").info("done", extra={"fields": {"status": 200}})
    logging.getLogger("easel.x").debug("not shown")
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_json_line_has_the_request_id_and_the_fields(
    capsys: pytest.CaptureFixture[str],
) -> None:
    document = json.loads(logged(capsys, "json"))
    assert datetime.fromisoformat(document.pop("time")).utcoffset() == timedelta(0)
    assert document == {
        "level": "info",
        "logger": "easel.x",
        "request_id": "mine",
        "trace_id": TRACE,
        "message": "done",
        "status": 200,
    }


def test_a_text_line_has_the_fields(capsys: pytest.CaptureFixture[str]) -> None:
    assert logged(capsys, "text").endswith("easel.x: done status=200 request_id=mine")


def test_a_traceback_is_part_of_its_json_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs("json", "info")
    try:
        raise ValueError("why")
    except ValueError:
        logging.getLogger("easel.x").exception("failed")
    (line,) = capsys.readouterr().err.splitlines()
    assert "ValueError: why" in json.loads(line)["exception"]


def test_the_web_servers_own_errors_take_the_same_way(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs("json", "info")
    logging.getLogger("uvicorn.error").error("bad")
    logging.getLogger("uvicorn.access").info("GET /generate?prompt=secret")
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["message"] == "bad"


def test_what_json_does_not_know_is_still_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs("json", "info")
    fields = {"path": Path("/x"), "text": "line\nfeed", "number": float("nan")}
    logging.getLogger("easel.x").info("at %s", "once", extra={"fields": fields})
    (line,) = capsys.readouterr().err.splitlines()
    document = json.loads(line)
    assert (document["path"], document["text"]) == ("/x", "line\nfeed")
    assert document["number"] is None
    assert document["message"] == "at once"

"""scripts/run: three healthy tiers, one clear end, whatever ends it."""

import os
import re
import signal
import socket
from pathlib import Path

import httpx2
import pytest

from tests.system.processes import (
    ROOT,
    Program,
    answers,
    free_port,
    started,
    wait_until,
)

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        not (ROOT / "frontend/.next/.easel").is_file(),
        reason="the studio is not built; scripts/test builds it",
    ),
]

RUN = [ROOT / "scripts/run"]


def ports() -> dict[str, str]:
    names = ("SERVER_PORT", "GATEWAY_PORT", "STUDIO_PORT")
    return {name: str(free_port()) for name in names}


def log_of(tmp_path: Path) -> Path:
    return tmp_path / "run.log"


def pid_of(run: Program, argument: str) -> int:
    """The child of `run` with `argument` in its command line."""
    children = Path(f"/proc/{run.popen.pid}/task/{run.popen.pid}/children")
    for pid in children.read_text().split():
        if argument in Path(f"/proc/{pid}/cmdline").read_text():
            return int(pid)
    raise AssertionError(f"no child runs {argument}")


def test_a_picture_through_all_three_then_ctrl_c(tmp_path: Path) -> None:
    chosen = ports()
    with started(RUN, log_of(tmp_path), cwd=tmp_path, **chosen) as run:
        run.wait_for_line("all three are healthy")
        run.wait_for_line(f"open http://localhost:{chosen['STUDIO_PORT']}")
        studio = f"http://127.0.0.1:{chosen['STUDIO_PORT']}"
        assert "<html" in httpx2.get(studio).text
        answer = httpx2.post(
            f"{studio}/api/generate",
            json={"prompt": "A red apple", "num_inference_steps": 2},
            headers={"Accept": "image/png"},
            timeout=60,
        )
        assert answer.content.startswith(b"\x89PNG")
        # A terminal sends Ctrl-C to the whole foreground group.
        os.killpg(run.popen.pid, signal.SIGINT)
        assert run.wait() == 0
    stopped = re.findall(r"stopping the (\w+)", run.log)
    assert stopped == ["studio", "gateway", "server"]
    assert "all stopped" in run.log
    assert "Traceback" not in run.log
    # Everything was there already: nothing was installed or built again.
    assert "installing" not in run.log
    assert "building" not in run.log
    for port in chosen.values():
        assert not answers(f"http://127.0.0.1:{port}/")


def test_a_tier_that_dies_is_named_and_the_others_are_stopped(tmp_path: Path) -> None:
    with started(RUN, log_of(tmp_path), cwd=tmp_path, **ports()) as run:
        run.wait_for_line("all three are healthy")
        os.kill(pid_of(run, "main.py"), signal.SIGKILL)
        assert run.wait() == 1
    assert "the gateway ended by itself with signal 9; its last lines:" in run.log
    assert "gateway listens on" in run.log.split("its last lines:")[1]
    assert re.findall(r"stopping the (\w+)", run.log) == ["studio", "server"]


def test_a_tier_that_does_not_start_says_why(tmp_path: Path) -> None:
    wrong = {"TEXT2IMAGE_MODEL": str(tmp_path / "no-such-model")}
    with started(RUN, log_of(tmp_path), cwd=tmp_path, **ports(), **wrong) as run:
        assert run.wait() == 1
    assert "the server ended by itself with exit code 3" in run.log
    assert "no-such-model" in run.log.split("its last lines:")[1]
    assert "all stopped" in run.log


def test_sigterm_while_it_starts_is_a_clean_end(tmp_path: Path) -> None:
    with started(RUN, log_of(tmp_path), cwd=tmp_path, **ports()) as run:
        run.wait_for_line("starting server, gateway, studio")
        assert run.stop() == 0
    assert "Traceback" not in run.log


def test_taken_ports_are_all_named_before_anything_starts(tmp_path: Path) -> None:
    chosen = ports()
    with (
        socket.create_server(("127.0.0.1", int(chosen["GATEWAY_PORT"]))),
        socket.create_server(("127.0.0.1", int(chosen["STUDIO_PORT"]))),
        started(RUN, log_of(tmp_path), cwd=tmp_path, **chosen) as run,
    ):
        assert run.wait() == 1
    for name in ("GATEWAY_PORT", "STUDIO_PORT"):
        assert f"port {chosen[name]} " in run.log
        assert f"{name}=" in run.log
    assert "starting" not in run.log


def test_the_health_of_all_three_is_asked_not_guessed(tmp_path: Path) -> None:
    with started(RUN, log_of(tmp_path), cwd=tmp_path, **ports()) as run:
        run.wait_for_line("all three are healthy")
        healthy = re.findall(r"easel: (\w+) is healthy after", run.log)
        assert sorted(healthy) == ["gateway", "server", "studio"]
        wait_until(lambda: "stop with Ctrl-C" in run.log, "it says how to stop")
        assert run.stop() == 0

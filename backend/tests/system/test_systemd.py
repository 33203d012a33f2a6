"""deploy/systemd: systemd's own verdict on the units, and their commands for real."""

import re
import shlex
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from tests.system.conftest import require_program
from tests.system.processes import (
    ROOT,
    START_S,
    Program,
    answers,
    free_port,
    started,
    wait_until,
    wait_until_answers,
)

pytestmark = pytest.mark.system

UNITS = sorted((ROOT / "deploy").glob("*/*.service"))


def unit_lines(unit: Path, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", unit.read_text(), re.M)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_accepts_the_unit(unit: Path, tmp_path: Path) -> None:
    analyze = require_program("systemd-analyze")
    text = unit.read_text()
    # It looks whether programs exist, and on this machine they are elsewhere.
    text = text.replace("/opt/easel/backend/.venv/bin/", "/bin/env ")
    text = text.replace("/usr/bin/node", "/bin/env")
    copy = tmp_path / unit.name
    copy.write_text(text)
    done = subprocess.run(
        [analyze, "verify", copy], capture_output=True, text=True, check=False
    )
    complaints = [line for line in done.stderr.splitlines() if unit.name in line]
    assert not complaints
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_unit_is_hardened_and_comes_back(unit: Path) -> None:
    text = unit.read_text()
    for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes"):
        assert line in text
    assert re.search(r"^Restart=(on-failure|always)$", text, re.M)
    assert re.search(r"^User=easel$", text, re.M)


def test_the_gateways_command_is_the_guides() -> None:
    unit = ROOT / "deploy/systemd/easel-gateway.service"
    (command,) = unit_lines(unit, "ExecStart")
    assert command.endswith(
        "gunicorn main:app -w 4 -k uvicorn.workers.UvicornWorker "
        "-b 0.0.0.0:8000 --timeout 300"
    )


def test_the_gateway_keeps_its_store_where_it_may_write() -> None:
    unit = ROOT / "deploy/systemd/easel-gateway.service"
    assert unit_lines(unit, "ProtectSystem") == ["strict"]
    assert unit_lines(unit, "StateDirectory") == ["easel-gateway"]
    assert "GATEWAY_DATA_DIR=/var/lib/easel-gateway" in unit_lines(unit, "Environment")
    assert unit_lines(unit, "ExecReload") == ["/bin/kill -s HUP $MAINPID"]


def test_the_gateway_tells_systemd_when_it_listens(
    tmp_path: Path,
) -> None:
    unit = ROOT / "deploy/systemd/easel-gateway.service"
    assert unit_lines(unit, "Type") == ["notify"]
    (command,) = unit_lines(unit, "ExecStart")
    command = command.replace("/opt/easel/backend/.venv/bin/gunicorn ", "")
    arguments = shlex.split(command.replace("0.0.0.0:8000", "127.0.0.1:0"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(START_S)
        with started(
            [sys.executable, "-m", "gunicorn", *arguments],
            tmp_path / "notify.log",
            NOTIFY_SOCKET=str(tmp_path / "notify"),
            GATEWAY_DATA_DIR=str(tmp_path / "data"),
        ) as gateway:
            assert systemd.recv(4096).startswith(b"READY=1\n")
            assert gateway.stop() == 0


def test_the_units_commands_make_a_working_service(tmp_path: Path) -> None:
    ports = {"server": free_port(), "gateway": free_port(), "studio": free_port()}
    variables = {
        "server": {"TEXT2IMAGE_DATA_DIR": str(tmp_path / "data")},
        "gateway": {
            "TEXT2IMAGE_SERVER_URL": f"http://127.0.0.1:{ports['server']}",
            "GATEWAY_DATA_DIR": str(tmp_path / "gateway-data"),
        },
        "studio": {
            "GATEWAY_URL": f"http://127.0.0.1:{ports['gateway']}",
            "PORT": str(ports["studio"]),
        },
    }
    tiers = ["server", "gateway"]
    if (ROOT / "frontend/.next/standalone").is_dir():
        tiers.append("studio")
    with ExitStack() as stack:
        running: dict[str, Program] = {}
        for tier in tiers:
            unit = ROOT / f"deploy/systemd/easel-{tier}.service"
            (command,) = unit_lines(unit, "ExecStart")
            (folder,) = unit_lines(unit, "WorkingDirectory")
            command = command.replace("8000", str(ports[tier]))
            command = command.replace("8001", str(ports[tier]))
            bin_folder = str(Path(sys.executable).parent)
            command = command.replace("/opt/easel/backend/.venv/bin", bin_folder)
            command = command.replace("/usr/bin/node", require_program("node"))
            cwd = Path(folder.replace("/opt/easel", str(ROOT)))
            declared = dict(
                pair.split("=", 1)
                for line in unit_lines(unit, "Environment")
                for pair in line.split()
                if "/var/" not in pair
            )
            running[tier] = stack.enter_context(
                started(
                    shlex.split(command),
                    tmp_path / f"{tier}.log",
                    cwd=cwd,
                    **(declared | variables[tier]),
                )
            )
            running[tier].port = ports[tier]
        wait_until_answers(running["server"], "/readyz")
        wait_until_answers(running["gateway"], "/readyz")
        answer = httpx2.post(
            running["gateway"].url + "/generate",
            json={"prompt": "a fox", "num_inference_steps": 2},
            timeout=60,
        )
        assert answer.status_code == 200
        if "studio" in running:
            wait_until(lambda: answers(running["studio"].url + "/"), "the studio")
        for tier in reversed(tiers):
            assert running[tier].stop() == 0, running[tier].log

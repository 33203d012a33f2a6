"""deploy/ssh-tunnel: Debian's sshd and ssh on loopback, with throw-away keys."""

import getpass
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.system.conftest import require_program
from tests.system.processes import (
    ROOT,
    Program,
    free_port,
    running_gateway,
    started,
    wait_until,
)

pytestmark = pytest.mark.system

DEPLOY = ROOT / "deploy/ssh-tunnel"
CANNOT_CONNECT = "Cannot connect to text-to-image server"


def replaced(text: str, old: str, new: str) -> str:
    assert old in text, old
    return text.replace(old, new)


def authorized_keys_options() -> str:
    """The options that the README puts before the public key."""
    found = re.search(r"^ +(restrict,\S+) ssh-ed25519", readme(), re.M)
    assert found
    return found[1]


def readme() -> str:
    return (DEPLOY / "README.md").read_text()


def make_key(path: Path) -> None:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
    subprocess.run(command, check=True)


@dataclass
class GatewayMachine:
    """The side that the tunnel leads to."""

    sshd_port: int
    tunnel_port: int
    folder: Path


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[GatewayMachine]:
    sshd = require_program("sshd")
    require_program("ssh")
    machine = GatewayMachine(free_port(), free_port(), tmp_path)
    for name in ("host_key", "tunnel_key"):
        make_key(tmp_path / name)
    public = (tmp_path / "tunnel_key.pub").read_text()
    options = replaced(authorized_keys_options(), ":8001", f":{machine.tunnel_port}")
    (tmp_path / "authorized_keys").write_text(f"{options} {public}")
    host_key = (tmp_path / "host_key.pub").read_text()
    (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{machine.sshd_port} {host_key}")
    match = (DEPLOY / "easel-tunnel.conf").read_text()
    match = replaced(match, "User easel-tunnel", f"User {getpass.getuser()}")
    match = replaced(match, ":8001", f":{machine.tunnel_port}")
    (tmp_path / "sshd_config").write_text(
        f"Port {machine.sshd_port}\nListenAddress 127.0.0.1\n"
        f"HostKey {tmp_path}/host_key\nPidFile {tmp_path}/sshd.pid\n"
        f"AuthorizedKeysFile {tmp_path}/authorized_keys\n"
        # The temporary folder is not a home folder; nobody's password is asked.
        f"StrictModes no\nUsePAM no\nPermitRootLogin prohibit-password\n{match}"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    command = [sshd, "-D", "-e", "-f", str(tmp_path / "sshd_config")]
    with started(command, tmp_path / "sshd.log") as program:
        program.wait_for_line("Server listening")
        yield machine


def unit_command() -> list[str]:
    unit = (DEPLOY / "easel-tunnel.service").read_text()
    found = re.search(r"^ExecStart=(.+)$", unit, re.M)
    assert found
    return shlex.split(found[1])


def tunnel_command(machine: GatewayMachine, server_port: int) -> list[str]:
    """The unit's own ExecStart, with this test's ports, keys and target."""
    line = " ".join(unit_command())
    line = replaced(
        line, "127.0.0.1:8001:127.0.0.1:8001",
        f"127.0.0.1:{machine.tunnel_port}:127.0.0.1:{server_port}",
    )  # fmt: skip
    line = replaced(line, "/etc/easel/", f"{machine.folder}/")
    target = f"ssh://{getpass.getuser()}@127.0.0.1:{machine.sshd_port}"
    line = replaced(line, "${TUNNEL_TARGET}", target)
    return shlex.split(line)


@contextmanager
def tunnel(machine: GatewayMachine, server: Program) -> Iterator[Program]:
    command = tunnel_command(machine, server.port)
    with started(command, machine.folder / "ssh.log") as program:
        program.port = machine.tunnel_port

        def is_up() -> bool:
            assert program.popen.poll() is None, program.log
            try:
                return httpx2.get(program.url + "/health").is_success
            except httpx2.TransportError:
                return False

        wait_until(is_up, "the tunnel is up")
        yield program


def server_status(gateway: Program) -> str:
    """The text-to-image server's, as the gateway sees it."""
    health = httpx2.get(gateway.url + "/health").json()
    return str(health["text2image_server"]["status"])


def test_health_and_a_generation_through_the_tunnel_also_after_it_was_down(
    machine: GatewayMachine, fake_server: Program, tmp_path: Path
) -> None:
    through_the_tunnel = f"http://localhost:{machine.tunnel_port}"
    body = {"prompt": "a fox"}
    with running_gateway(tmp_path / "gateway", through_the_tunnel) as gateway:
        with tunnel(machine, fake_server) as ssh:
            # The gateway may still know how the server was a second ago.
            wait_until(lambda: server_status(gateway) == "healthy", "it is healthy")
            answer = httpx2.post(gateway.url + "/generate", json=body)
            assert answer.status_code == 200
            ssh.kill()

        def is_down() -> bool:
            answer = httpx2.post(gateway.url + "/generate", json=body)
            return answer.status_code == 502

        # sshd needs a moment to see that the client is gone.
        wait_until(is_down, "the gateway notices")
        answer = httpx2.post(gateway.url + "/generate", json=body)
        assert answer.json()["detail"] == CANNOT_CONNECT

        with tunnel(machine, fake_server):
            answer = httpx2.post(gateway.url + "/generate", json=body)
            assert answer.status_code == 200
        assert gateway.stop() == 0


def test_the_tunnels_key_opens_nothing_else(
    machine: GatewayMachine, fake_server: Program, tmp_path: Path
) -> None:
    plain = tunnel_command(machine, fake_server.port)

    def ends_with(arguments: list[str], name: str) -> str:
        with started(arguments, tmp_path / name) as program:
            assert program.wait() != 0
            return program.log

    # Another port than the one allowed.
    other = f"127.0.0.1:{free_port()}:127.0.0.1:{fake_server.port}"
    at = plain.index("-R") + 1
    refused = ends_with([*plain[:at], other, *plain[at + 1 :]], "other-port.log")
    assert "remote port forwarding failed" in refused
    # A command or a shell.
    no_forward = [*plain[: at - 1], *plain[at + 1 :]]
    no_forward.remove("-N")
    assert "hello" not in ends_with([*no_forward, "echo", "hello"], "command.log")


def test_a_second_tunnel_gives_up_at_once_so_that_systemd_tries_again(
    machine: GatewayMachine, fake_server: Program, tmp_path: Path
) -> None:
    with tunnel(machine, fake_server):
        command = tunnel_command(machine, fake_server.port)
        with started(command, tmp_path / "second.log") as second:
            assert second.wait() == 255
    unit = (DEPLOY / "easel-tunnel.service").read_text()
    assert "Restart=always" in unit
    assert "StartLimitIntervalSec=0" in unit


def test_the_readmes_command_has_the_units_options() -> None:
    options = {"ExitOnForwardFailure=yes", "ServerAliveInterval=15"}
    options |= {"ServerAliveCountMax=3", "127.0.0.1:8001:127.0.0.1:8001"}
    assert options <= set(unit_command())
    assert all(option in readme() for option in options)

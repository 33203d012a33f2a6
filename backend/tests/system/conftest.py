import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.processes import (
    BACKEND,
    FAKE,
    Program,
    running_gateway,
    running_server,
)


def require_program(name: str) -> str:
    """Where `name` is; the test is skipped if it is nowhere."""
    found = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("system")


@pytest.fixture(scope="module")
def fake_server(folder: Path) -> Iterator[Program]:
    with running_server(folder / "fake", *FAKE) as server:
        yield server


@pytest.fixture(scope="module")
def gateway(folder: Path, fake_server: Program) -> Iterator[Program]:
    with running_gateway(folder / "gateway", fake_server.url) as program:
        yield program


@pytest.fixture(scope="session")
def gateway_machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gateway as on a machine of its own: a copy, and only requirements.txt.

    Returns its `backend` folder; the environment is `.venv` in it.
    """
    backend = tmp_path_factory.mktemp("gateway-machine") / "backend"
    backend.mkdir()
    for name in ("main.py", "gunicorn.conf.py", "requirements.txt"):
        shutil.copy(BACKEND / name, backend / name)
    shutil.copytree(
        BACKEND / "easel",
        backend / "easel",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    venv = str(backend / ".venv")
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip = [f"{venv}/bin/pip", "install", "--quiet", "-r", "requirements.txt"]
    subprocess.run(pip, cwd=backend, check=True)
    return backend

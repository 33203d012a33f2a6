"""The three images, replayed once a session.

Skipped, and said so, where the machine cannot: not root, no debootstrap, no tools.
"""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest

from tests.containers.dockerfile import TOOLS
from tests.containers.replayed_image import Image, Replay, make_base
from tests.system.processes import ROOT

# Kept between runs: Debian's base. Roots need some gigabytes, so not the usual place
# of temporary files, which may be memory.
FOLDER = ROOT / ".easel/containers"
DOCKER = ROOT / "deploy/docker"

Build = Callable[[str, str], Image]


@pytest.fixture(scope="session")
def build() -> Iterator[Build]:
    """A function of a Dockerfile's name and a stage that gives the image."""
    if os.geteuid() != 0:
        pytest.skip("only root can replay a Dockerfile: chroot, mount, debootstrap")
    if shutil.which("debootstrap", path="/usr/sbin:/usr/bin") is None:
        pytest.skip("debootstrap is not installed")
    if not (TOOLS / "python").exists():
        pytest.skip("the tools are not installed: scripts/test containers does that")
    base, roots = FOLDER / "base", FOLDER / "roots"
    FOLDER.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(roots, ignore_errors=True)
    make_base(base)
    built: dict[tuple[str, str], Image] = {}

    def build(name: str, target: str) -> Image:
        if (name, target) not in built:
            folder, log = roots / name, FOLDER / f"{name}.log"
            log.unlink(missing_ok=True)
            replay = Replay(DOCKER / f"{name}.Dockerfile", base, folder, log)
            built[name, target] = replay.build(target)
        return built[name, target]

    yield build
    shutil.rmtree(roots, ignore_errors=True)


@pytest.fixture(scope="session")
def gateway_image(build: Build) -> Image:
    return build("gateway", "gateway")


@pytest.fixture(scope="session")
def server_image(build: Build) -> Image:
    return build("server", "light")


@pytest.fixture(scope="session")
def studio_image(build: Build) -> Image:
    return build("studio", "studio")

"""Each image builds, starts read-only as a plain user, answers, paints and stops.

Replays of the Dockerfiles: see replayed_image.py for what stands in for what. Minutes
and gigabytes, so not part of a plain `scripts/test`: `scripts/test containers`.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import httpx2
import pytest

from tests.containers.replayed_image import Image
from tests.containers.running_container import Container, container
from tests.system.processes import free_port, wait_until

pytestmark = pytest.mark.timeout(3600)

PNG = b"\x89PNG\r\n\x1a\n"
USER = "10001"
NO_CAPABILITIES = "0000000000000000"


@dataclass(frozen=True)
class Tier:
    container: Container
    url: str


@dataclass(frozen=True)
class Tiers:
    server: Tier
    gateway: Tier
    studio: Tier


@pytest.fixture(scope="module")
def tiers(
    server_image: Image,
    gateway_image: Image,
    studio_image: Image,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Tiers]:
    """All three, each from its image, with nothing but what a container has."""
    folder = tmp_path_factory.mktemp("containers")
    with ExitStack() as stack:

        def start(image: Image, name: str, path: str, **variables: str) -> Tier:
            port = free_port()
            url = f"http://127.0.0.1:{port}"
            volumes = {
                inside: folder / name / inside.replace("/", "-")
                for inside in VOLUMES.get(name, ())
            }
            env = {PORTS[name]: str(port)} | variables
            running = stack.enter_context(
                container(image, folder / name, volumes=volumes, **env)
            )
            wait_until(lambda: is_ok(running, f"{url}{path}"), f"{name} is ready")
            return Tier(running, url)

        server = start(server_image, "server", "/readyz")
        gateway = start(
            gateway_image,
            "gateway",
            "/readyz",
            TEXT2IMAGE_SERVER_URL=server.url,
            WEB_CONCURRENCY="2",
            GATEWAY_DRAIN_DELAY_S="0",
        )
        studio = start(studio_image, "studio", "/icon.svg", GATEWAY_URL=gateway.url)
        yield Tiers(server, gateway, studio)


PORTS = {"server": "TEXT2IMAGE_PORT", "gateway": "GATEWAY_PORT", "studio": "PORT"}
# Of the images' own folders, what an installation mounts something on.
VOLUMES = {
    "server": ("/var/lib/easel", "/var/cache/easel"),
    "gateway": ("/var/lib/easel",),
}


def is_ok(running: Container, url: str) -> bool:
    assert running.popen.poll() is None, running.log
    try:
        return httpx2.get(url, timeout=10).status_code == 200
    except httpx2.TransportError:
        return False


@pytest.mark.parametrize("name", ["server", "gateway", "studio"])
def test_it_runs_as_a_plain_user_who_can_gain_nothing(tiers: Tiers, name: str) -> None:
    running = getattr(tiers, name).container
    assert running.status("Uid").split() == [USER] * 4
    assert running.status("Gid").split() == [USER] * 4
    assert running.status("CapEff") == NO_CAPABILITIES
    assert running.status("CapBnd") == NO_CAPABILITIES
    assert running.status("NoNewPrivs") == "1"


@pytest.mark.parametrize("name", ["server", "gateway", "studio"])
def test_its_files_cannot_be_written(tiers: Tiers, name: str) -> None:
    tried = getattr(tiers, name).container.run("sh", "-c", "echo x > /opt/easel/x")
    assert tried.returncode != 0
    owners = getattr(tiers, name).container.run("find", "/opt", "-user", USER)
    assert owners.stdout == ""


@pytest.mark.parametrize("name", ["server", "gateway", "studio"])
def test_its_health_check_tells_well_from_ill(tiers: Tiers, name: str) -> None:
    tier = getattr(tiers, name)
    *program, url = tier.container.image.health_check
    path = url.partition("127.0.0.1")[2].partition("/")[2]
    assert tier.container.run(*program, f"{tier.url}/{path}").returncode == 0
    assert tier.container.run(*program, f"{tier.url}/nowhere").returncode == 1
    silent = f"http://127.0.0.1:{free_port()}/{path}"
    assert tier.container.run(*program, silent).returncode == 1


@pytest.mark.parametrize("name", ["server", "gateway", "studio"])
def test_nothing_in_it_can_install_packages(tiers: Tiers, name: str) -> None:
    running = getattr(tiers, name).container
    for program in ("pip", "npm", "gcc"):
        assert running.run("sh", "-c", f"command -v {program}").returncode != 0


def test_a_picture_is_painted_through_the_gateway(tiers: Tiers) -> None:
    answer = httpx2.post(
        f"{tiers.gateway.url}/generate",
        json={"prompt": "a strawberry on a white background", "seed": 7},
        headers={"Accept": "image/png"},
        timeout=120,
    )
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(PNG)


def test_the_studio_shows_its_page_and_passes_on(tiers: Tiers) -> None:
    page = httpx2.get(tiers.studio.url, timeout=30)
    assert page.status_code == 200
    assert "<html" in page.text
    answer = httpx2.post(
        f"{tiers.studio.url}/api/generate",
        json={"prompt": "a cat", "seed": 8},
        headers={"Accept": "image/png", "Origin": tiers.studio.url},
        timeout=120,
    )
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(PNG)


def test_no_tier_complains(tiers: Tiers) -> None:
    for tier in (tiers.server, tiers.gateway, tiers.studio):
        for bad in ("Traceback", "Read-only file system", "EROFS", "Permission"):
            assert bad not in tier.container.log


def test_the_gateway_is_drained_and_all_stop_when_asked(tiers: Tiers) -> None:
    """The last test of this file: nothing runs after it."""
    drained = tiers.gateway.container.run("/opt/easel/drain.sh")
    assert drained.returncode == 0, drained.stderr
    assert "takes no new generations" in drained.stdout
    assert httpx2.get(f"{tiers.gateway.url}/readyz").status_code == 503
    assert httpx2.get(f"{tiers.gateway.url}/livez").status_code == 200
    for tier in (tiers.studio, tiers.gateway, tiers.server):
        assert tier.container.stop() == 0, tier.container.log

"""deploy/compose.yaml: Docker Compose's own verdict, and what it should hold."""

import re

import pytest
import yaml  # type: ignore[import-untyped]  # it carries no types

from easel.gateway.settings import GatewaySettings
from easel.text2image.settings import ServerSettings
from tests.deploy.deploy_tools import DEPLOY, Document, run_tool
from tests.deploy.known_variables import BY_TIER

FILE, GPU = DEPLOY / "compose.yaml", DEPLOY / "compose.gpu.yaml"
SERVICES = [
    *("gateway", "grafana", "jaeger", "nginx", "otel-collector", "prometheus"),
    *("redis", "server", "studio"),
]
PROFILES = ("redis", "nginx", "observability")
# Settings' own grace, and how much longer the container may take.
_UNITS_S = {"s": 1, "m": 60}


def composed(*files: str) -> Document:
    chosen = [part for file in files for part in ("-f", file)]
    profiles = [part for name in PROFILES for part in ("--profile", name)]
    done = run_tool("docker-compose", *chosen, *profiles, "config")
    assert done.returncode == 0, done.stderr
    assert "level=warning" not in done.stderr
    document: Document = yaml.safe_load(done.stdout)
    return document


def services() -> dict[str, Document]:
    found: dict[str, Document] = yaml.safe_load(FILE.read_text())["services"]
    return found


def seconds(duration: str) -> int:
    return sum(
        int(number) * _UNITS_S[unit]
        for number, unit in re.findall(r"(\d+)([ms])", duration)
    )


@pytest.mark.system
def test_docker_compose_accepts_it() -> None:
    assert sorted(composed(str(FILE))["services"]) == SERVICES


@pytest.mark.system
def test_docker_compose_accepts_the_gpu_on_top() -> None:
    server = composed(str(FILE), str(GPU))["services"]["server"]
    assert server["build"]["target"] == "gpu"
    devices = server["deploy"]["resources"]["reservations"]["devices"]
    assert devices[0]["capabilities"] == ["gpu"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_contained_and_watched(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert "healthcheck" in service


@pytest.mark.parametrize("name", ["gateway", "server", "studio"])
def test_every_variable_is_one_that_is_read(name: str) -> None:
    assert set(services()[name]["environment"]) <= BY_TIER[name]


def test_only_gateways_and_what_watches_reach_the_server() -> None:
    all_services = services()
    assert "ports" not in all_services["server"]
    sharing = {
        network: {
            name for name, one in all_services.items() if network in one["networks"]
        }
        for network in all_services["server"]["networks"]
    }
    assert sharing == {
        "painting": {"server", "gateway"},
        "watching": {"server", "gateway", "prometheus", "otel-collector"},
    }


def test_what_watches_starts_only_when_it_is_asked_for() -> None:
    optional = {
        name: one["profiles"] for name, one in services().items() if "profiles" in one
    }
    watching = {name for name, one in optional.items() if one == ["observability"]}
    assert watching == {"grafana", "jaeger", "otel-collector", "prometheus"}
    for name in watching:
        one = services()[name]
        # A version, never the newest; and for this machine only.
        assert re.search(r":v?\d+\.\d+\.\d+$", one["image"])
        assert all(
            re.match(r"\$\{\w+:-127\.0\.0\.1:", each) for each in one.get("ports", [])
        )
        for volume in one.get("volumes", ()):
            source = volume.partition(":")[0]
            assert not source.startswith(".") or (DEPLOY / source).exists(), source


def test_secrets_are_files() -> None:
    document = yaml.safe_load(FILE.read_text())
    for secret in document["secrets"].values():
        assert set(secret) == {"file"}
    mounted = services()["gateway"]["secrets"]
    variable = services()["gateway"]["environment"]["GATEWAY_KEY_PEPPER_FILE"]
    assert variable == f"/run/secrets/{mounted[0]}"


def test_containers_get_as_long_as_they_may_take_to_stop() -> None:
    gateway, server = GatewaySettings(_env_file=None), ServerSettings(_env_file=None)
    grace = {
        name: seconds(one.get("stop_grace_period", "10s"))
        for name, one in services().items()
    }
    assert grace["gateway"] > gateway.grace_s + 3
    assert grace["nginx"] >= gateway.grace_s
    assert grace["server"] > server.shutdown_grace_s + 5
    assert grace["studio"] > 10


def test_nginx_gets_the_shipped_file_with_names_for_addresses() -> None:
    """Each replacement must hit exactly once, or nginx would ask the wrong tier."""
    shipped = (DEPLOY / "nginx/easel.conf").read_text()
    script = services()["nginx"]["entrypoint"][-1]
    replacements = re.findall(r"-e 's/(.+?)/(.+?)/'", script)
    assert len(replacements) == 3
    for old, new in replacements:
        uncommented = re.sub(r"^\s*#.*$", "", shipped, flags=re.M)
        assert len(re.findall(old, uncommented)) == 1, old
        name, _, port = new.partition(":")
        if port:
            assert name in SERVICES

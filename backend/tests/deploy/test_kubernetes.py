"""deploy/kubernetes: what kustomize makes of it, judged by Kubernetes' own schemas and
by what the code behind it needs."""

import json
import re
from functools import cache
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # it carries no types

from easel.gateway.app import create_app
from easel.gateway.settings import GatewaySettings
from easel.text2image.settings import ServerSettings
from tests.deploy.deploy_tools import (
    DEPLOY,
    OVERLAYS,
    Document,
    config,
    containers,
    of_kind,
    pod,
    ray_groups,
    rendered,
    run_tool,
    workloads,
)
from tests.deploy.known_variables import BY_TIER
from tests.system.processes import ROOT

pytestmark = pytest.mark.system

# From the oldest that has all that is used, to the newest that the tools know.
VERSIONS = ("1.31", "1.34", "1.37")
LABEL = "app.kubernetes.io/name"
TIERS = {"gateway": 8000, "server": 8001, "studio": 3000}
# Of operators, which Kubernetes' own schemas do not know.
OPERATORS = ("PrometheusRule", "ServiceMonitor", "RayService")
# In what the operator's pydantic classes do not know, nothing is left of a document.
_READ = """
import json, sys
from cloudcoil.models.prometheus_operator import v1
document = json.load(sys.stdin)
read = getattr(v1, document["kind"]).model_validate(document)
again = read.model_dump(mode="json", by_alias=True, exclude_none=True)
sys.exit(0 if again == document else f"not understood: {document} became {again}")
"""


@cache
def overlay(name: str) -> tuple[Document, ...]:
    return tuple(rendered(name))


def documents(name: str) -> list[Document]:
    return list(overlay(name))


def our_containers(name: str) -> dict[str, Document]:
    """Of our own images, by tier."""
    return {
        container["name"]: container
        for workload in workloads(documents(name)).values()
        for container in containers(workload)
        if container["name"] in TIERS
    }


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", OVERLAYS)
def test_kubernetes_schemas_accept_all_of_it(
    name: str, version: str, tmp_path: Path
) -> None:
    file = tmp_path / "all.yaml"
    own = [one for one in documents(name) if one["kind"] not in OPERATORS]
    own += [
        {"apiVersion": "v1", "kind": "Pod"}
        | group["spec"]["template"]
        | {"metadata": {"name": full} | group["spec"]["template"]["metadata"]}
        for full, group in ray_groups(documents(name)).items()
    ]
    file.write_text(yaml.safe_dump_all(own))
    done = run_tool("kubernetes-validate", "--strict", "-k", version, file)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert said.count("passed for resource") == len(own)


def test_the_schemas_would_refuse_what_is_wrong(tmp_path: Path) -> None:
    wrong = {"apiVersion": "v1", "kind": "Service", "spec": {"prots": []}}
    file = tmp_path / "wrong.yaml"
    file.write_text(yaml.safe_dump(wrong | {"metadata": {"name": "wrong"}}))
    assert run_tool("kubernetes-validate", "--strict", file).returncode != 0


def assert_understood(document: Document, tmp_path: Path) -> None:
    file = tmp_path / "document.json"
    file.write_text(json.dumps(document))
    script = _READ.replace("sys.stdin", f"open({str(file)!r})")
    done = run_tool("python", "-c", script)
    assert done.returncode == 0, done.stderr


def test_the_operator_understands_the_rules(tmp_path: Path) -> None:
    (rule,) = of_kind(documents("gpu"), "PrometheusRule").values()
    assert_understood(rule, tmp_path)


def test_the_operator_understands_every_service_monitor(tmp_path: Path) -> None:
    monitors = of_kind(documents("gpu"), "ServiceMonitor")
    assert sorted(monitors) == ["easel-gateway", "easel-server"]
    services = of_kind(documents("gpu"), "Service")
    for name, monitor in monitors.items():
        assert_understood(monitor, tmp_path)
        wanted = monitor["spec"]["selector"]["matchLabels"].items()
        assert wanted <= services[name]["metadata"]["labels"].items()
        (endpoint,) = monitor["spec"]["endpoints"]
        assert endpoint["path"] == "/metrics"
        assert endpoint["port"] in {
            one["name"] for one in services[name]["spec"]["ports"]
        }


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_pod_satisfies_the_restricted_standard_and_more(name: str) -> None:
    namespace = of_kind(documents(name), "Namespace")["easel"]
    standard = "pod-security.kubernetes.io/enforce"
    assert namespace["metadata"]["labels"][standard] == "restricted"
    for workload in workloads(documents(name)).values():
        spec = pod(workload)
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        security = spec["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["runAsUser"] > 0
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        for unwanted in ("hostNetwork", "hostPID", "hostIPC"):
            assert unwanted not in spec
        assert not any("hostPath" in volume for volume in spec.get("volumes", []))
        for container in containers(workload):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


@pytest.mark.parametrize("name", OVERLAYS)
def test_our_pods_run_as_the_images_user(name: str) -> None:
    for tier in TIERS:
        dockerfile = (DEPLOY / f"docker/{tier}.Dockerfile").read_text()
        users = set(re.findall(r"^USER (\d+):(\d+)$", dockerfile, re.M))
        security = pod(workloads(documents(name))[f"easel-{tier}"])["securityContext"]
        ids = str(security["runAsUser"]), str(security["runAsGroup"])
        assert users == {ids}


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_container_says_what_it_needs(name: str) -> None:
    for workload in workloads(documents(name)).values():
        for container in containers(workload):
            resources = container["resources"]
            assert set(resources["requests"]) >= {"cpu", "memory"}
            assert "memory" in resources["limits"]
            assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)


def test_the_server_has_a_gpu_and_room_for_models() -> None:
    server = workloads(documents("gpu"))["easel-server"]
    (container,) = containers(server)
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert container["image"].partition(":")[0].endswith("easel-server-gpu")
    claims = {one["metadata"]["name"] for one in server["spec"]["volumeClaimTemplates"]}
    mounts = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
    assert claims == {"data", "models"}
    dockerfile = (DEPLOY / "docker/server.Dockerfile").read_text()
    assert f"TEXT2IMAGE_DATA_DIR={mounts['data']}" in dockerfile
    assert f"HF_HOME={mounts['models']}/" in dockerfile


@pytest.mark.parametrize("name", OVERLAYS)
def test_what_an_image_writes_to_is_mounted(name: str) -> None:
    """Its root is read-only: see the VOLUMES of tests/containers."""
    needed = {
        "gateway": {"/dev/shm", "/tmp", "/var/lib/easel"},
        "server": {"/tmp", "/var/cache/easel", "/var/lib/easel"},
        "studio": {"/tmp"},
    }
    if ray_groups(documents(name)):
        # Of the Ray node beside it.
        needed["server"].add("/dev/shm")
    for tier, container in our_containers(name).items():
        writable = {
            one["mountPath"]
            for one in container["volumeMounts"]
            if not one.get("readOnly")
        }
        assert writable == needed[tier]


@pytest.mark.parametrize("name", OVERLAYS)
def test_ports_and_probes_are_those_of_the_code(name: str) -> None:
    api = create_app(GatewaySettings(_env_file=None)).openapi()["paths"]
    services = of_kind(documents(name), "Service")
    for tier, container in our_containers(name).items():
        (port,) = container["ports"]
        assert port == {"name": "http", "containerPort": TIERS[tier]}
        (served,) = services[f"easel-{tier}"]["spec"]["ports"]
        assert served["port"] == TIERS[tier]
        assert served["targetPort"] == "http"
        dockerfile = (DEPLOY / f"docker/{tier}.Dockerfile").read_text()
        assert f"EXPOSE {TIERS[tier]}\n" in dockerfile
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            asked = container[probe]["httpGet"]
            assert asked["port"] == "http"
            if tier == "studio":
                assert (ROOT / "frontend/src/app" / asked["path"][1:]).exists()
            else:
                assert "get" in api[asked["path"]]


@pytest.mark.parametrize("name", OVERLAYS)
def test_settings_exist_and_have_valid_values(name: str) -> None:
    for tier, container in our_containers(name).items():
        known = BY_TIER[tier]
        assert set(config(documents(name), f"easel-{tier}")) <= known
        assert {one["name"] for one in container.get("env", [])} <= known
    gateway = config(documents(name), "easel-gateway")
    server = config(documents(name), "easel-server")
    read = GatewaySettings.model_validate(lowered(gateway, "GATEWAY_"))
    assert read.log_format == "json"
    ServerSettings.model_validate(lowered(server, "TEXT2IMAGE_"))


def lowered(variables: dict[str, str], prefix: str) -> dict[str, str]:
    return {
        name.removeprefix(prefix).lower()
        if name != "TEXT2IMAGE_SERVER_URL"
        else name.lower(): value
        for name, value in variables.items()
        if name != "WEB_CONCURRENCY"
    }


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_gateways_name_every_server(name: str) -> None:
    server = workloads(documents(name))["easel-server"]["spec"]
    service = of_kind(documents(name), "Service")[server["serviceName"]]["spec"]
    assert service["clusterIP"] == "None"
    # Also while it is full, or loads another model: pictures are fetched from it.
    assert service["publishNotReadyAddresses"] is True
    named = config(documents(name), "easel-gateway")["TEXT2IMAGE_SERVER_URL"].split(",")
    assert named == [
        f"http://easel-server-{index}.easel-server:8001"
        for index in range(server["replicas"])
    ]
    for index in range(server["replicas"]):
        ServerSettings(_env_file=None, replica_id=f"easel-server-{index}")


@pytest.mark.parametrize("name", OVERLAYS)
def test_pods_get_as_long_as_they_may_take_to_stop(name: str) -> None:
    every = workloads(documents(name))
    variables = lowered(config(documents(name), "easel-gateway"), "GATEWAY_")
    gateway = GatewaySettings.model_validate(variables)
    # gunicorn.conf.py adds 3 s; preStop is a delay and a command.
    needed_s = gateway.drain_delay_s + gateway.grace_s + 3 + 5
    grace_s = {
        one: pod(every[one])["terminationGracePeriodSeconds"]
        for one in every
        if "terminationGracePeriodSeconds" in pod(every[one])
    }
    assert grace_s["easel-gateway"] >= needed_s
    own = lowered(config(documents(name), "easel-server"), "TEXT2IMAGE_")
    server = ServerSettings.model_validate(own)
    assert grace_s["easel-server"] > server.shutdown_grace_s + 5
    (container,) = containers(every["easel-gateway"])
    (drain,) = container["lifecycle"]["preStop"]["exec"]["command"]
    script = DEPLOY / "docker" / Path(drain).name
    assert script.stat().st_mode & 0o111
    assert "python -m easel drain" in script.read_text()


@pytest.mark.parametrize("name", OVERLAYS)
def test_a_node_may_take_one_pod_of_a_tier_at_a_time(name: str) -> None:
    budgets = of_kind(documents(name), "PodDisruptionBudget")
    for tier in TIERS:
        spec = budgets[f"easel-{tier}"]["spec"]
        assert spec["maxUnavailable"] == 1
        labels = workloads(documents(name))[f"easel-{tier}"]["spec"]["template"][
            "metadata"
        ]["labels"]
        assert spec["selector"]["matchLabels"].items() <= labels.items()


def test_gateways_are_scaled_by_a_metric_that_they_have() -> None:
    (scaler,) = of_kind(documents("gpu"), "HorizontalPodAutoscaler").values()
    spec = scaler["spec"]
    assert spec["scaleTargetRef"]["name"] == "easel-gateway"
    assert "replicas" not in workloads(documents("gpu"))["easel-gateway"]["spec"]
    (pods,) = [one["pods"] for one in spec["metrics"] if one["type"] == "Pods"]
    source = (ROOT / "backend/easel/gateway/metrics.py").read_text()
    name = pods["metric"]["name"].removeprefix("easel_gateway_")
    assert f'"{name}"' in source
    readme = (DEPLOY / "kubernetes/README.md").read_text()
    assert pods["metric"]["name"] in readme
    settings = config(documents("gpu"), "easel-gateway")
    places = int(settings["MAX_CONCURRENT_REQUESTS"])
    assert int(pods["target"]["averageValue"]) == round(0.7 * places)
    assert int(settings["GATEWAY_INSTANCES"]) == spec["maxReplicas"]


@pytest.mark.parametrize("name", OVERLAYS)
def test_without_the_autoscaler_the_number_of_gateways_is_the_instances(
    name: str,
) -> None:
    gateway = workloads(documents(name))["easel-gateway"]["spec"]
    instances = int(config(documents(name), "easel-gateway")["GATEWAY_INSTANCES"])
    assert gateway.get("replicas", instances) == instances


@pytest.mark.parametrize("name", OVERLAYS)
def test_only_gateways_and_prometheus_reach_the_server(name: str) -> None:
    policies = of_kind(documents(name), "NetworkPolicy")
    closed = policies["easel-nothing-else"]["spec"]
    assert closed["podSelector"] == {}
    assert set(closed["policyTypes"]) == {"Ingress", "Egress"}
    assert not closed.get("ingress")
    assert not closed.get("egress")
    (rule,) = policies["easel-server"]["spec"]["ingress"]
    pods = [one["podSelector"] for one in rule["from"] if "podSelector" in one]
    assert pods == [{"matchLabels": {"app.kubernetes.io/name": "easel-gateway"}}]
    others = [
        one["namespaceSelector"] for one in rule["from"] if "podSelector" not in one
    ]
    assert others == [{"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}]


@pytest.mark.parametrize("name", OVERLAYS)
def test_policies_name_pods_and_ports_that_exist(name: str) -> None:
    ports = {
        full: {port["containerPort"] for port in container.get("ports", [])}
        for full, workload in workloads(documents(name)).items()
        for container in containers(workload)
    }
    for full, policy in of_kind(documents(name), "NetworkPolicy").items():
        spec = policy["spec"]
        if full.startswith("easel-ray"):
            continue  # test_kuberay.py
        for rule in spec.get("ingress", []):
            own = spec["podSelector"]["matchLabels"][LABEL]
            assert {port["port"] for port in rule["ports"]} == ports[own]
        for rule in spec.get("egress", []):
            for peer in rule.get("to", []):
                if "podSelector" in peer:
                    asked = peer["podSelector"]["matchLabels"][LABEL]
                    assert {port["port"] for port in rule["ports"]} == ports[asked]

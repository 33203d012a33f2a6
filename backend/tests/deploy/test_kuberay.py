"""The overlay with Ray: what the KubeRay operator gets fits the engines, the image and
the front. Its pods are also among the workloads of test_kubernetes.py."""

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it carries no types

from easel.text2image.settings import ServerSettings
from tests.deploy.deploy_tools import (
    DEPLOY,
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
from tests.system.processes import BACKEND

pytestmark = pytest.mark.system

NAME = "easel-engines"
HEAD, WORKER = f"{NAME}-head", f"{NAME}-engines"
RAY = {"app.kubernetes.io/component": "ray"}
SERVE = DEPLOY / "ray/serve.yaml"

# Those that are used, of ray-operator/apis/ray/v1 of KubeRay 1.6: nobody here has its
# schema. Pods' own are in Kubernetes' schemas.
FIELDS = {
    "spec": {"serveConfigV2", "rayClusterConfig", "excludeHeadPodFromServeSvc"},
    "cluster": {
        *("rayVersion", "enableInTreeAutoscaling", "autoscalerOptions"),
        *("headGroupSpec", "workerGroupSpecs"),
    },
    "autoscaler": {
        "idleTimeoutSeconds",
        "resources",
        "securityContext",
        "volumeMounts",
    },
    "head": {"rayStartParams", "template"},
    "worker": {
        *("groupName", "minReplicas", "maxReplicas", "rayStartParams", "template"),
    },
}


@cache
def overlay() -> tuple[Document, ...]:
    return tuple(rendered("ray"))


def documents() -> list[Document]:
    return list(overlay())


def spec() -> Document:
    found: Document = of_kind(documents(), "RayService")[NAME]["spec"]
    return found


def cluster() -> Document:
    found: Document = spec()["rayClusterConfig"]
    return found


def worker() -> Document:
    (found,) = cluster()["workerGroupSpecs"]
    group: Document = found
    return group


def front() -> Document:
    return workloads(documents())["easel-server"]


def front_settings() -> ServerSettings:
    variables = config(documents(), "easel-server")
    return ServerSettings.model_validate(
        {
            name.removeprefix("TEXT2IMAGE_").lower(): value
            for name, value in variables.items()
        }
    )


def served(text: str) -> tuple[Document, Document, Document]:
    """The whole, its application and that one's deployment."""
    whole = yaml.safe_load(text)
    (application,) = whole["applications"]
    (engine,) = application["deployments"]
    return whole, application, engine


def variable(container: Document, name: str) -> Any:
    (found,) = [one["value"] for one in container["env"] if one["name"] == name]
    return found


def labels(group: str) -> dict[str, str]:
    """Of its pods, with what the operator adds."""
    kind = {HEAD: "head", WORKER: "worker"}.get(group)
    added = {"ray.io/node-type": kind} if kind else {}
    template = workloads(documents())[group]["spec"]["template"]
    own: dict[str, str] = template["metadata"]["labels"]
    return added | own


def selected(selector: Document) -> set[str]:
    wanted = selector["matchLabels"].items()
    return {each for each in workloads(documents()) if wanted <= labels(each).items()}


def test_only_fields_are_used_that_the_operator_has() -> None:
    assert set(spec()) == FIELDS["spec"]
    assert set(cluster()) == FIELDS["cluster"]
    assert set(cluster()["autoscalerOptions"]) == FIELDS["autoscaler"]
    assert set(cluster()["headGroupSpec"]) == FIELDS["head"]
    assert set(worker()) == FIELDS["worker"]
    for group in ray_groups(documents()).values():
        params = group["spec"]["rayStartParams"]
        assert all(isinstance(value, str) for value in params.values())


def test_the_component_alone_serves_what_the_ray_folder_says(tmp_path: Path) -> None:
    folder = Path(os.path.relpath(DEPLOY / "kubernetes", tmp_path))
    kustomization = {
        "resources": [str(folder / "base")],
        "components": [str(folder / "components/ray")],
    }
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    done = run_tool("kubectl", "kustomize", tmp_path)
    assert done.returncode == 0, done.stderr
    everything = list(yaml.safe_load_all(done.stdout))
    (service,) = of_kind(everything, "RayService").values()
    assert service["spec"]["serveConfigV2"] == SERVE.read_text()
    settings = config(everything, "easel-server")
    _, application, _ = served(SERVE.read_text())
    assert application["args"]["model"] == [settings["TEXT2IMAGE_MODEL"]]


def test_the_overlay_serves_the_same_on_gpus() -> None:
    ours = served(spec()["serveConfigV2"])
    expected = served(SERVE.read_text())
    _, application, engine = expected
    application["args"]["model"] = list(front_settings().model)
    engine["ray_actor_options"]["num_gpus"] = 1
    assert ours == expected
    # No proxy: so none is asked, and none is waited for.
    assert ours[0]["proxy_location"] == "Disabled"
    assert spec()["excludeHeadPodFromServeSvc"] is True


def test_front_and_engines_agree() -> None:
    _, application, engine = served(spec()["serveConfigV2"])
    settings = front_settings()
    assert settings.executor == "ray"
    assert application["args"]["max_batch_rows"] == settings.max_batch_rows
    assert settings.per_replica < engine["max_ongoing_requests"]


def test_every_replica_has_a_worker_and_the_head_has_no_room() -> None:
    _, _, engine = served(spec()["serveConfigV2"])
    scaling = engine["autoscaling_config"]
    assert worker()["maxReplicas"] == scaling["max_replicas"]
    assert worker()["minReplicas"] == scaling["min_replicas"] == 0
    assert cluster()["enableInTreeAutoscaling"] is True
    needs = engine["ray_actor_options"]
    assert needs["num_cpus"] == int(worker()["rayStartParams"]["num-cpus"])
    assert cluster()["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    (container,) = containers({"spec": worker()})
    assert needs["num_gpus"] == int(container["resources"]["limits"]["nvidia.com/gpu"])


def test_nobody_else_has_a_gpu() -> None:
    for workload in (front(), ray_groups(documents())[HEAD]):
        (container,) = containers(workload)
        assert "nvidia.com/gpu" not in container["resources"]["limits"]
        assert variable(container, "NVIDIA_VISIBLE_DEVICES") == "void"


def test_front_head_and_workers_run_one_image_with_the_locked_ray() -> None:
    groups = [front(), *ray_groups(documents()).values()]
    images = {one["image"] for group in groups for one in containers(group)}
    assert len(images) == 1
    assert images.pop().partition(":")[0].endswith("easel-server-gpu-ray")
    lock = (BACKEND / "requirements-ray.txt").read_text()
    assert f"\nray=={cluster()['rayVersion']} " in lock


def test_ray_pods_run_as_the_images_user() -> None:
    dockerfile = (DEPLOY / "docker/server.Dockerfile").read_text()
    users = set(re.findall(r"^USER (\d+):(\d+)$", dockerfile, re.M))
    for group in ray_groups(documents()).values():
        security = pod(group)["securityContext"]
        assert {(str(security["runAsUser"]), str(security["runAsGroup"]))} == users


def test_the_front_joins_the_cluster_that_the_operator_makes() -> None:
    (head,) = containers(ray_groups(documents())[HEAD])
    ports = {one["name"]: one["containerPort"] for one in head["ports"]}
    # By these names the operator makes services of them; all are needed.
    assert set(ports) == {"gcs-server", "dashboard", "serve"}
    address = f"{NAME}-head-svc:{ports['gcs-server']}"
    assert config(documents(), "easel-server")["TEXT2IMAGE_ADDRESS"] == address
    (server,) = containers(front())
    assert server["command"] == [
        *("python", "/opt/easel/on_ray.py", "$(TEXT2IMAGE_ADDRESS)"),
        *("python", "text2image_server.py"),
    ]
    dockerfile = (DEPLOY / "docker/server.Dockerfile").read_text()
    assert re.search(
        r"^COPY .*deploy/docker/on_ray.py .*/opt/easel/$", dockerfile, re.M
    )
    assert 'CMD ["python", "text2image_server.py"]' in dockerfile
    assert "PYTHONPATH=/opt/easel/backend" in dockerfile


def test_ray_itself_hears_the_stop_signal() -> None:
    service = of_kind(documents(), "RayService")[NAME]
    annotation = service["metadata"]["annotations"]["ray.io/overwrite-container-cmd"]
    assert annotation == "true"
    for group in ray_groups(documents()).values():
        (container,) = containers(group)
        assert container["command"] == [
            *("/bin/bash", "-c", "exec $KUBERAY_GEN_RAY_START_CMD")
        ]


def test_a_worker_gets_as_long_as_its_replica_may_take() -> None:
    _, _, engine = served(spec()["serveConfigV2"])
    (container,) = containers({"spec": worker()})
    drain_s = float(variable(container, "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S"))
    assert engine["graceful_shutdown_timeout_s"] < drain_s
    spare_s = pod({"spec": worker()})["terminationGracePeriodSeconds"] - drain_s
    assert spare_s >= 15


@pytest.mark.parametrize(
    ("group", "needed"),
    [
        (HEAD, {"/dev/shm", "/tmp", "/tmp/ray"}),
        (WORKER, {"/dev/shm", "/tmp", "/var/cache/easel"}),
    ],
)
def test_what_ray_writes_to_is_mounted(group: str, needed: set[str]) -> None:
    (container,) = containers(ray_groups(documents())[group])
    mounts = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
    assert set(mounts) == needed
    volumes = {
        one["name"]: one for one in pod(ray_groups(documents())[group])["volumes"]
    }
    for name in mounts.values():
        assert "sizeLimit" in volumes[name]["emptyDir"]
    shared = volumes[mounts["/dev/shm"]]["emptyDir"]
    assert shared["medium"] == "Memory"
    store = int(
        ray_groups(documents())[group]["spec"]["rayStartParams"]["object-store-memory"]
    )
    assert store < int(shared["sizeLimit"].removesuffix("Mi")) * 2**20


def test_only_the_autoscaler_has_a_token() -> None:
    options = cluster()["autoscalerOptions"]
    assert options["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    head = pod(ray_groups(documents())[HEAD])
    volumes = {one["name"]: one for one in head["volumes"]}
    mounts = {one["name"]: one["mountPath"] for one in options["volumeMounts"]}
    assert set(mounts) <= set(volumes)
    (token,) = [name for name, volume in volumes.items() if "projected" in volume]
    assert mounts[token] == "/var/run/secrets/kubernetes.io/serviceaccount"
    (container,) = containers(ray_groups(documents())[HEAD])
    assert token not in {one["name"] for one in container["volumeMounts"]}


def test_rays_ports_are_for_its_own_nodes() -> None:
    policies = of_kind(documents(), "NetworkPolicy")
    nodes = {"easel-server", HEAD, WORKER}
    own = policies["easel-ray"]["spec"]
    assert selected(own["podSelector"]) == nodes
    # Any port: Ray's are chosen at random.
    assert own["ingress"] == [{"from": [{"podSelector": {"matchLabels": RAY}}]}]
    assert own["egress"] == [{"to": [{"podSelector": {"matchLabels": RAY}}]}]
    others = {
        name: policy["spec"]
        for name, policy in policies.items()
        if "ingress" in policy["spec"]
        and policy["spec"]["podSelector"]
        and selected(policy["spec"]["podSelector"]) & nodes
    }
    # The server's own is for gateways, on the server's port.
    assert set(others) == {"easel-ray", "easel-ray-head", "easel-server"}
    head = others["easel-ray-head"]
    assert selected(head["podSelector"]) == {HEAD}
    (rule,) = head["ingress"]
    (container,) = containers(ray_groups(documents())[HEAD])
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    assert [one["port"] for one in rule["ports"]] == [ports["dashboard"]]
    (peer,) = rule["from"]
    assert set(peer) == {"namespaceSelector", "podSelector"}
    assert "--namespace kuberay-system" in (DEPLOY / "kubernetes/README.md").read_text()
    namespace = peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
    assert namespace == "kuberay-system"


def test_workers_reach_a_hub_and_no_private_address() -> None:
    policies = of_kind(documents(), "NetworkPolicy")
    of_workers = policies["easel-ray-worker"]["spec"]
    assert selected(of_workers["podSelector"]) == {WORKER}
    assert of_workers["egress"] == policies["easel-server"]["spec"]["egress"]
    assert "ingress" not in of_workers


def test_no_budget_counts_pods_that_it_cannot_count() -> None:
    """A RayCluster has no scale: a budget over its pods would hold nodes for ever."""
    for budget in of_kind(documents(), "PodDisruptionBudget").values():
        assert not selected(budget["spec"]["selector"]) & {HEAD, WORKER}
    for group in ray_groups(documents()).values():
        annotations = group["spec"]["template"]["metadata"]["annotations"]
        assert annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "false"

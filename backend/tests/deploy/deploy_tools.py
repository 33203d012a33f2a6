"""The programs that judge the files of deploy/, and what they say."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it carries no types

from tests.system.processes import ROOT, clean_environment

TOOLS = ROOT / ".easel/deploy-tools/bin"
DEPLOY = ROOT / "deploy"
OVERLAYS = ("trial", "gpu", "ray")

Document = dict[str, Any]


def run_tool(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """One of deploy/tools; the test is skipped where they are not installed."""
    program = TOOLS / name
    if not program.exists():
        pytest.skip("deploy/tools is not installed: scripts/test system does that")
    return subprocess.run(
        [program, *arguments],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def rendered(overlay: str) -> list[Document]:
    """What `kubectl apply -k` would send."""
    done = run_tool("kubectl", "kustomize", DEPLOY / "kubernetes/overlays" / overlay)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return list(yaml.safe_load_all(done.stdout))


def of_kind(documents: list[Document], kind: str) -> dict[str, Document]:
    """By name."""
    return {one["metadata"]["name"]: one for one in documents if one["kind"] == kind}


def workloads(documents: list[Document]) -> dict[str, Document]:
    """All that makes pods."""
    return (
        of_kind(documents, "Deployment")
        | of_kind(documents, "StatefulSet")
        | ray_groups(documents)
    )


def ray_groups(documents: list[Document]) -> dict[str, Document]:
    """Head and workers of a RayService, in the form of the others."""
    groups = {}
    for name, service in of_kind(documents, "RayService").items():
        cluster = service["spec"]["rayClusterConfig"]
        groups[f"{name}-head"] = {"spec": cluster["headGroupSpec"]}
        for group in cluster["workerGroupSpecs"]:
            groups[f"{name}-{group['groupName']}"] = {"spec": group}
    return groups


def pod(workload: Document) -> Document:
    spec: Document = workload["spec"]["template"]["spec"]
    return spec


def containers(workload: Document) -> Iterator[Document]:
    yield from pod(workload)["containers"]
    yield from pod(workload).get("initContainers", [])


def config(documents: list[Document], name: str) -> dict[str, str]:
    """The settings of a generated ConfigMap, whose name ends with a hash."""
    found = [
        one["data"]
        for full, one in of_kind(documents, "ConfigMap").items()
        if full.startswith(f"{name}-")
    ]
    assert len(found) == 1
    data: dict[str, str] = found[0]
    return data

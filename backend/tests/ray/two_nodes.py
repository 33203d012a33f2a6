"""A Ray cluster of two nodes on this machine, and a text-to-image server in front.

Everything listens on 127.0.0.1 and reports nowhere.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # it carries no types

from tests.system.processes import (
    BACKEND,
    ROOT,
    Program,
    clean_environment,
    running_server,
    wait_until,
)

# Ray's nodes take loopback for their own address only where they are told that there
# is no cluster over a network.
LOCAL = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_SERVE_HANDLE_AUTOSCALING_METRIC_PUSH_INTERVAL_S": "1",
    "RAY_SERVE_REPLICA_AUTOSCALING_METRIC_PUSH_INTERVAL_S": "1",
    "RAY_health_check_period_ms": "1000",
    "PYTHONPATH": str(BACKEND),
}
CONFIG = ROOT / "deploy/ray/serve.yaml"

_START_S = 120.0


@dataclass
class TwoNodes:
    """The nodes, as Ray's own test cluster starts them.

    Attributes:
        node: What the second one is started with.
    """

    cluster: Any
    node: dict[str, Any]
    second: Any = None

    @property
    def address(self) -> str:
        address: str = self.cluster.address
        return address

    def deploy(self, folder: Path, args: dict[str, Any], **options: Any) -> None:
        """What `deploy/ray/serve.yaml` says, with these `args` and options."""
        config = yaml.safe_load(CONFIG.read_text())
        (application,) = config["applications"]
        application["args"] = args
        (engine,) = application["deployments"]
        # One fits on a node.
        engine["ray_actor_options"] = {"num_cpus": 2}
        engine.update(options)
        if "num_replicas" in options:
            del engine["autoscaling_config"]
        path = folder / "serve.yaml"
        path.write_text(yaml.safe_dump(config))
        serve = Path(sys.executable).with_name("serve")
        command: list[str | Path] = [
            serve,
            "run",
            "--non-blocking",
            "--address",
            self.address,
            path,
        ]
        subprocess.run(
            command,
            check=True,
            cwd=BACKEND,
            env=clean_environment(**LOCAL),
            timeout=_START_S,
            capture_output=True,
        )
        wait_until(self._is_deployed, "the application runs", within_s=_START_S)

    def _is_deployed(self) -> bool:
        from ray import serve

        application = serve.status().applications.get("easel")
        return application is not None and application.status == "RUNNING"

    def autoscaling(self) -> dict[str, Any]:
        """As `deploy/ray/serve.yaml` has it."""
        (application,) = yaml.safe_load(CONFIG.read_text())["applications"]
        (engine,) = application["deployments"]
        found: dict[str, Any] = engine["autoscaling_config"]
        return found

    def running(self) -> int:
        """Replicas, as Ray says."""
        from ray import serve

        application = serve.status().applications["easel"]
        count: int = application.deployments["Engine"].replica_states.get("RUNNING", 0)
        return count

    def facts(self) -> list[dict[str, Any]]:
        """What each replica says of itself."""
        from ray import serve

        engine = serve.get_deployment_handle("Engine", "easel")
        facts: list[dict[str, Any]] = engine.broadcast("pulse", "test", 0, 0).results()
        return facts

    def kill_replica_on_first_node(self) -> None:
        """As the kernel does when memory is short."""
        # Ray's public list of actors asks its dashboard, which is off.
        from ray._private.state import actors

        head = self.cluster.head_node.node_id
        replica = next(
            actor
            for actor in actors().values()
            if actor["State"] == "ALIVE"
            and actor["Address"]["NodeID"] == head
            and actor["ActorClassName"].startswith("ServeReplica")
        )
        os.kill(replica["Pid"], signal.SIGKILL)

    def lose_second_node(self) -> None:
        """Its raylet is killed, and all that it started with it."""
        self.cluster.remove_node(self.second, allow_graceful=False)

    def add_node(self) -> None:
        """Like the second one, in its place."""
        self.second = self.cluster.add_node(**self.node)


@contextmanager
def two_nodes(*, cpus: int = 2) -> Iterator[TwoNodes]:
    before = dict(os.environ)
    os.environ.update(LOCAL)
    try:
        import ray
        from ray import serve
        from ray.cluster_utils import Cluster

        node = {
            "num_cpus": cpus,
            "include_dashboard": False,
            "node_ip_address": "127.0.0.1",
            "object_store_memory": 100 * 2**20,
        }
        cluster = Cluster(initialize_head=True, head_node_args=node)
        try:
            del node["include_dashboard"]
            nodes = TwoNodes(cluster, node)
            nodes.add_node()
            ray.init(cluster.address, log_to_driver=False, configure_logging=False)
            try:
                yield nodes
                serve.shutdown()
            finally:
                ray.shutdown()
        finally:
            cluster.shutdown()
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def fronting(folder: Path, nodes: TwoNodes, *flags: str) -> Iterator[Program]:
    """A server in front of the nodes, ready to take generations in."""
    before = dict(os.environ)
    os.environ.update(LOCAL)
    try:
        flags = ("--executor", "ray", "--address", nodes.address, *flags)
        with running_server(folder, *flags) as server:
            yield server
    finally:
        os.environ.clear()
        os.environ.update(before)


def until_replicas(server: Program, count: int) -> None:
    """The server has heard of so many."""

    def heard() -> bool:
        counts = re.findall(r"replicas count=(\d+)", server.log)
        return int(counts[-1] if counts else 0) == count

    wait_until(heard, f"{count} replicas", within_s=_START_S)

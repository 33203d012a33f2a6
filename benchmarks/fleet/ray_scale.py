"""What do more replicas on a Ray cluster bring behind one server, and at what cost?

As `scale` does it for servers behind a gateway: the test pattern, whose steps take a
fixed time, and a closed loop that keeps every replica's batches full. The cluster has
two nodes on this machine. Ray's own part is all of its processes but the replicas.

PYTHONPATH=backend .easel/ray-venv/bin/python -m benchmarks.fleet.ray_scale
"""

import argparse
import asyncio
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from server.arguments import parser
from server.client import client
from server.results import Results
from tests.ray.two_nodes import TwoNodes, fronting, two_nodes, until_replicas

from .throughput import add_load, compare, throughput

# Of a process's command line. The rest of a cluster's processes has one of them too.
_REPLICA = "ray::ServeReplica"
_OF_RAY = ("ray::", "/ray/")


def measure(arguments: argparse.Namespace) -> None:
    results = Results("fleet_ray_scale", arguments)
    found = {}
    cpus = (max(arguments.counts) + 1) // 2
    for replicas in arguments.counts:
        with TemporaryDirectory() as name, two_nodes(cpus=cpus) as nodes:
            found[replicas] = _throughput(
                Path(name), nodes, replicas, arguments, results
            )
    compare(found, results)
    results.write()


def _throughput(
    folder: Path,
    nodes: TwoNodes,
    replicas: int,
    arguments: argparse.Namespace,
    results: Results,
) -> float:
    nodes.deploy(
        folder,
        {"model": ["fake"], "fake_step_seconds": arguments.fake_step_s},
        ray_actor_options={"num_cpus": 1},
        num_replicas=replicas,
    )
    flags = ("--model", "fake", "--max-backlog-s", "1000")
    with fronting(folder, nodes, *flags) as front:
        until_replicas(front, replicas)

        async def ask() -> float:
            clients = replicas * arguments.clients_per_replica
            async with client(front.url, connections=clients) as head:
                heads = {
                    "the server in front": [front.popen.pid],
                    "Ray": list(_of_ray(front.popen.pid)),
                }
                return await throughput(head, replicas, heads, arguments, results)

        return asyncio.run(ask())


def _of_ray(front: int) -> Iterator[int]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
        pid = int(folder.name)
        is_of_ray = any(part in command for part in _OF_RAY)
        if is_of_ray and _REPLICA not in command and pid != front:
            yield pid


def main() -> None:
    options = parser(__doc__)
    add_load(options)
    measure(options.parse_args())


if __name__ == "__main__":
    main()

"""What do more replicas on a Ray cluster bring behind one server, and at what cost?

As `scale` does it for servers behind a gateway: the test pattern, whose steps take a
fixed time, and a closed loop that keeps every replica's batches full. The cluster has
two nodes on this machine. Ray's own part is all of its processes but the replicas. Then
one of the two nodes is killed under the same load, and another one added.

PYTHONPATH=backend .easel/ray-venv/bin/python -m benchmarks.fleet.ray_scale
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from server.arguments import parser
from server.client import client
from server.results import Results
from tests.ray.two_nodes import TwoNodes, fronting, two_nodes, until_replicas
from tests.system.processes import Program

from .recovery import recovery
from .throughput import add_load, compare, load_of, throughput

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
    if arguments.lost_of > 1:
        cpus = arguments.lost_of // 2
        with TemporaryDirectory() as name, two_nodes(cpus=cpus) as nodes:
            _lose_node(Path(name), nodes, arguments, results)
    results.write()


@contextmanager
def _front(
    folder: Path, nodes: TwoNodes, replicas: int, arguments: argparse.Namespace
) -> Iterator[Program]:
    """A server before so many replicas."""
    nodes.deploy(
        folder,
        {"model": ["fake"], "fake_step_seconds": arguments.fake_step_s},
        ray_actor_options={"num_cpus": 1},
        num_replicas=replicas,
    )
    flags = ("--model", "fake", "--max-backlog-s", "1000")
    with fronting(folder, nodes, *flags) as front:
        until_replicas(front, replicas)
        yield front


def _throughput(
    folder: Path,
    nodes: TwoNodes,
    replicas: int,
    arguments: argparse.Namespace,
    results: Results,
) -> float:
    with _front(folder, nodes, replicas, arguments) as front:

        async def ask() -> float:
            clients = replicas * arguments.clients_per_replica
            async with client(front.url, connections=clients) as head:
                heads = {
                    "the server in front": [front.popen.pid],
                    "Ray": list(_of_ray(front.popen.pid)),
                }
                return await throughput(head, replicas, heads, arguments, results)

        return asyncio.run(ask())


def _lose_node(
    folder: Path, nodes: TwoNodes, arguments: argparse.Namespace, results: Results
) -> None:
    """With its half of the replicas; then there is another one."""
    replicas = arguments.lost_of

    @asynccontextmanager
    async def another() -> AsyncIterator[None]:
        # Not in a thread: it sets signal handlers. The clients stand still meanwhile.
        nodes.add_node()
        yield

    async def ask(front: Program) -> None:
        clients = replicas * arguments.clients_per_replica
        async with (
            client(front.url, connections=clients) as head,
            load_of(head, replicas, arguments) as load,
        ):
            await asyncio.sleep(arguments.warm_up_s)
            await recovery(
                "1 of 2 nodes killed",
                load,
                lost=1 / 2,
                lose=nodes.lose_second_node,
                again=another,
                results=results,
            )

    with _front(folder, nodes, replicas, arguments) as front:
        asyncio.run(ask(front))


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
    options.add_argument(
        "--lost-of",
        type=int,
        default=4,
        help="replicas on two nodes, one of which is killed; 0: none is",
    )
    measure(options.parse_args())


if __name__ == "__main__":
    main()

"""What a fleet paints in a closed loop that keeps it busy, and what its head uses."""

import argparse
import asyncio
import time
from collections.abc import Collection, Mapping

from findings.cpu_time import cpu_s
from findings.figures import percentile
from server.client import Client
from server.results import Results

from .closed_loop import Load, per_second, shares

# Of so many replicas' throughput: so much of as many times that of one.
_SCALES_TO = 0.9


def add_load(options: argparse.ArgumentParser) -> None:
    options.set_defaults(model="fake")
    options.add_argument(
        "--counts", type=int, nargs="+", default=[1, 2, 4, 8], help="of replicas"
    )
    options.add_argument("--clients-per-replica", type=int, default=8)
    options.add_argument("--fake-step-s", type=float, default=0.25)
    options.add_argument("--steps", type=int, default=8)
    options.add_argument("--size", type=int, default=256, help="side of the images")
    options.add_argument("--warm-up-s", type=float, default=10.0)
    options.add_argument("--duration-s", type=float, default=30.0)


def load_of(head: Client, replicas: int, arguments: argparse.Namespace) -> Load:
    """So much that every replica's batches are full."""
    clients = replicas * arguments.clients_per_replica
    return Load(head, clients, steps=arguments.steps, size=arguments.size)


async def throughput(
    head: Client,
    replicas: int,
    heads: Mapping[str, Collection[int]],
    arguments: argparse.Namespace,
    results: Results,
) -> float:
    """Generations a second.

    Args:
        head: What all clients ask.
        heads: What stands before the replicas: its processes, by a name.
    """

    def used_s() -> dict[str, float]:
        return {name: sum(map(cpu_s, pids)) for name, pids in heads.items()}

    async with load_of(head, replicas, arguments) as load:
        await asyncio.sleep(arguments.warm_up_s)
        began_at_s, before_s = time.perf_counter(), used_s()
        await asyncio.sleep(arguments.duration_s)
        painted = load.since(began_at_s)
        duration_s = time.perf_counter() - began_at_s
        head_s = {name: after - before_s[name] for name, after in used_s().items()}
    good = [one for one in painted if one.status == 200]
    found = per_second(painted, duration_s)
    times = [one.took_s for one in good]
    p50_s, p95_s = percentile(times, 50), percentile(times, 95)
    busy = [share * replicas for share in shares(painted)]
    results.add(
        "throughput",
        replicas=replicas,
        generations_per_s=found,
        p50_s=p50_s,
        p95_s=p95_s,
        shares_of_even=busy,
        failed=len(painted) - len(good),
        head_cpu_s=head_s,
        duration_s=duration_s,
    )
    name = f"{replicas} replicas" if replicas > 1 else "1 replica"
    results.summary[f"{name}: generations a second, p50, p95, failed"] = (
        f"{found:.2f}, {p50_s:.2f} s, {p95_s:.2f} s, {len(painted) - len(good)}"
    )
    if len(busy) == replicas > 1:
        results.summary[f"{name}: least and most busy, of an even share"] = (
            f"{busy[0]:.2f}, {busy[-1]:.2f}"
        )
    for head_name, seconds in head_s.items():
        results.summary[f"{name}: CPU of {head_name} a generation"] = (
            f"{1000 * seconds / len(good):.1f} ms "
            f"({seconds / duration_s:.3f} of a core)"
        )
    return found


def compare(found: dict[int, float], results: Results) -> None:
    """Several replicas' throughput, by their number, with that of one."""
    if 1 not in found:
        return
    for replicas, per_s in found.items():
        if replicas == 1:
            continue
        scale = per_s / found[1] / replicas
        verdict = ""
        if replicas == max(found):
            is_met = scale >= _SCALES_TO
            verdict = f" (at least {_SCALES_TO}, {'met' if is_met else 'MISSED'})"
        results.summary[f"{replicas} replicas: of {replicas} times one"] = (
            f"{scale:.3f}{verdict}"
        )

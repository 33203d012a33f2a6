"""Waiting times of mixed traffic: step-level batching against two simpler policies.

Open loop: Poisson arrivals of short and long generations, drawn beforehand, at shares
of what one-at-a-time FIFO can do at best (measured on the spot). `fifo`, `dynamic`
(whole requests of equal steps together) and `easel` (the server's step loop) get the
same trace and the same engine in this process; `easel_http` is a real server with
files, PNG and HTTP. A generation's time counts from its arrival to its image.
"""

import argparse
import asyncio
import time
from collections.abc import Callable, Sequence

from easel.clock import MonotonicClock
from easel.text2image.engine_thread.calibration import calibrate
from easel.text2image.engines.base import AnyEngine
from easel.text2image.scheduling.cost_model import CostModel
from findings.figures import described, percentile

from .arguments import parser
from .client import Client, client
from .in_process import Drawn, open_engine, paint_together, sample_spec
from .policies import Finishes, dynamic_batching, one_at_a_time, step_level
from .prompts import prompt
from .results import Results
from .server_process import server_process
from .traffic import Arrival, add_mix, body_of, mean_over, poisson_trace

_POLICIES = ("fifo", "dynamic", "easel", "easel_http")
# As many as the clients of an overloaded server; none waits for a connection.
_CONNECTIONS = 1024

Policy = Callable[[Sequence[Arrival], str], Finishes]


def service_seconds(
    engine: AnyEngine, steps_of_classes: Sequence[int], repeats: int
) -> dict[int, list[float]]:
    """Of one generation alone, by steps; the first of each is thrown away."""
    seconds: dict[int, list[float]] = {}
    for steps in steps_of_classes:
        for number in range(repeats + 1):
            spec = sample_spec(engine, Drawn(number, steps, number, f"alone-{steps}"))
            began_at = time.perf_counter()
            paint_together(engine, [spec])
            if number:
                took_s = time.perf_counter() - began_at
                seconds.setdefault(steps, []).append(took_s)
    return seconds


def in_process_policies(
    engine: AnyEngine, arguments: argparse.Namespace, results: Results
) -> dict[str, Policy]:
    costs = CostModel()
    calibrate(engine, costs, MonotonicClock())
    plan = engine.plan(sample_spec(engine, Drawn(0, 4, 0)))
    cap_images = costs.cap_rows(plan.key) // plan.rows
    # Where more together gain nothing, it would be FIFO; two show what it is.
    together = arguments.dynamic_max_images or max(2, cap_images)
    results.summary |= {
        "images in one pass at best, by the cost model": cap_images,
        "images in one pass, dynamic": together,
    }
    return {
        "fifo": lambda trace, taker: one_at_a_time(engine, trace, taker),
        "dynamic": lambda trace, taker: dynamic_batching(
            engine, trace, taker, max_images=together
        ),
        "easel": lambda trace, taker: step_level(engine, trace, taker, costs=costs),
    }


async def over_http(
    arguments: argparse.Namespace, trace: Sequence[Arrival], taker: str
) -> Finishes:
    """Each by a request of its own, sent at its time."""
    finishes: Finishes = {}
    flags = ("--max-queued", "100000", "--max-backlog-s", "1e9")
    async with (
        server_process(arguments, *flags) as process,
        client(process.url, connections=_CONNECTIONS) as server,
    ):
        for number in range(3):
            await server.png({"prompt": prompt(number, taker="warm-up")})
        began_at = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for one in trace:
                due_s = one.at_s - (time.perf_counter() - began_at)
                await asyncio.sleep(max(0.0, due_s))
                tasks.create_task(_one(server, one, taker, began_at, finishes))
    return finishes


async def _one(
    server: Client, one: Arrival, taker: str, began_at: float, finishes: Finishes
) -> None:
    await server.png(body_of(one, taker))
    finishes[one.number] = time.perf_counter() - began_at


def measure(
    arguments: argparse.Namespace,
    results: Results,
    policies: dict[str, Policy],
    *,
    capacity_per_s: float,
) -> None:
    """Every policy at every load, with one trace for all policies of a round."""
    for round_number in range(arguments.rounds):
        for load in arguments.loads:
            trace = poisson_trace(
                arguments.mix,
                per_s=load * capacity_per_s,
                duration_s=arguments.duration_s,
                seed=arguments.seed + round_number,
            )
            for name in arguments.policies:
                # Prompts of its own: each pays for its encoding.
                taker = f"{name} {round_number} {load:g}"
                finishes = policies[name](trace, taker)
                for one in trace:
                    finish_s = finishes[one.number]
                    results.add(
                        "generations",
                        policy=name,
                        load=load,
                        round=round_number,
                        steps=one.steps,
                        arrived_s=one.at_s,
                        finished_s=finish_s,
                        took_s=finish_s - one.at_s,
                    )


def summarise(arguments: argparse.Namespace, results: Results) -> None:
    generations = results.measurements["generations"]
    steps_of_classes = [share.steps for share in arguments.mix]
    short = min(steps_of_classes)
    for load in arguments.loads:
        p95_of: dict[str, float] = {}
        for name in arguments.policies:
            chosen = [
                one
                for one in generations
                if one["policy"] == name and one["load"] == load
            ]
            title = f"{100 * load:.0f} % load, {name}"
            for steps in steps_of_classes:
                took = [_s(one["took_s"]) for one in chosen if one["steps"] == steps]
                results.summary[f"{title}, {steps} steps, s"] = _brief(took)
                if steps == short:
                    p95_of[name] = percentile(took, 95)
            everybody = [_s(one["took_s"]) for one in chosen]
            results.summary[f"{title}, all, s"] = _brief(everybody)
            makespan_s = sum(
                max(_s(one["finished_s"]) for one in chosen if one["round"] == number)
                for number in range(arguments.rounds)
            )
            results.summary[f"{title}, makespan s"] = makespan_s
            results.summary[f"{title}, images/s"] = len(chosen) / makespan_s
        for name in p95_of:
            if "fifo" in p95_of and name != "fifo":
                results.summary[
                    f"{100 * load:.0f} % load, p95 of {short} steps, fifo / {name}"
                ] = p95_of["fifo"] / p95_of[name]


def _brief(seconds: Sequence[float]) -> str:
    numbers = described(seconds)
    return ", ".join(f"{name} {value:.3g}" for name, value in numbers.items())


def _s(value: object) -> float:
    assert isinstance(value, float)
    return value


def main() -> None:
    options = parser(__doc__)
    add_mix(options)
    options.add_argument("--loads", type=float, nargs="+", default=[0.5, 0.7, 0.9])
    options.add_argument("--policies", nargs="+", choices=_POLICIES, default=_POLICIES)
    options.add_argument("--duration-s", type=float, default=120, help="of arrivals")
    options.add_argument("--rounds", type=int, default=1, help="each another trace")
    options.add_argument("--repeats", type=int, default=7, help="for the capacity")
    options.add_argument(
        "--dynamic-max-images",
        type=int,
        help="what the cost model finds, but at least 2, if left out",
    )
    arguments = options.parse_args()
    results = Results("mixed_traffic", arguments)
    engine = open_engine(arguments)
    steps_of_classes = [share.steps for share in arguments.mix]
    alone = service_seconds(engine, steps_of_classes, arguments.repeats)
    for steps, seconds in alone.items():
        results.add("alone", steps=steps, seconds=seconds)
    typical = {steps: percentile(seconds, 50) for steps, seconds in alone.items()}
    capacity_per_s = 1 / mean_over(arguments.mix, typical)
    results.summary |= {
        "mix": ", ".join(
            f"{share.weight:g} parts of {share.steps} steps" for share in arguments.mix
        ),
        "alone, s": ", ".join(f"{n} steps {s:.3g}" for n, s in typical.items()),
        "FIFO's capacity, images/s": capacity_per_s,
    }
    policies = in_process_policies(engine, arguments, results)
    policies["easel_http"] = lambda trace, taker: asyncio.run(
        over_http(arguments, trace, taker)
    )
    measure(arguments, results, policies, capacity_per_s=capacity_per_s)
    summarise(arguments, results)
    # The classes as numbers, for the file.
    arguments.mix = [(share.steps, share.weight) for share in arguments.mix]
    results.write()
    engine.close()


if __name__ == "__main__":
    main()

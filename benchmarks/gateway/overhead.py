"""What a gateway costs: requests per second, latency, CPU, memory, start-up.

direct        the load asks the upstream: nothing between
nginx         proxy_pass, unbuffered, a worker of its own
bare          uvicorn and aiohttp, and nothing between: what our libraries cost
naive         FastAPI and httpx, as one would write it in ten minutes
litellm       LiteLLM's proxy, no database
easel         keys, limits, metrics and a JSON line of log per request
easel_openai  the same, asked over OpenAI's API, as LiteLLM is

The upstream is nginx with answers from memory; wrk is the load. Gateways, one worker
each, are pinned to one core, load and upstream to another. Of each size of answer all
contenders run at once and one is asked at a time: every round asks all, in another
order. Medians over rounds. An answer other than 2xx, or none, is a failure.
"""

# ruff: noqa: T201 - it talks to a person at a terminal

import argparse
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from findings.results import Results

from .arguments import parser, require, told
from .chart import write_chart
from .contender import Contender, Places
from .contenders import CONTENDERS
from .other_environment import choose_environment, versions
from .plan import has_point, rotated, seconds_of, takes_part
from .processes import ended_on_signals, free_port, on_core, running
from .summary import summarise
from .upstream import (
    ANSWERS,
    STREAM,
    least_bytes,
    upstream_configuration,
    write_answers,
)
from .warm_up import warm_up
from .wrk import measure


class Overhead:
    """One run of the program.

    Args:
        places: With the upstream's port of each answer still to come.
        ports: Of the upstream, by answer.
    """

    def __init__(
        self,
        arguments: argparse.Namespace,
        places: Places,
        ports: Mapping[str, int],
        results: Results,
    ) -> None:
        self._arguments = arguments
        self._places = places
        self._ports = ports
        self._results = results
        self._starts: dict[str, int] = {}

    def measure_all(self) -> None:
        for answer in self._arguments.answers:
            with ExitStack() as stack:
                contenders = {
                    name: stack.enter_context(self._running(name, answer))
                    for name in self._arguments.contenders
                    if takes_part(name, answer)
                }
                for contender in contenders.values():
                    warm_up(contender, least_bytes(self._places.folder, answer))
                for number in range(self._arguments.rounds):
                    self._measure_round(number, answer, contenders)
                self._weigh(answer, contenders)
        self._measure_starts()

    def _measure_round(
        self, number: int, answer: str, contenders: Mapping[str, Contender]
    ) -> None:
        for connections in self._arguments.connections:
            for name in rotated(list(contenders), number):
                if has_point(name, answer, connections):
                    self._measure_point(number, answer, connections, contenders[name])

    def _measure_point(
        self, number: int, answer: str, connections: int, contender: Contender
    ) -> None:
        process = contender.process
        seconds = seconds_of(
            contender.name, answer, connections, self._arguments.seconds
        )
        cpu_before_s = process.cpu_s() if process else 0.0
        load = measure(
            contender,
            self._places.folder,
            connections=connections,
            seconds=seconds,
            core=self._arguments.load_core,
        )
        cpu_s = process.cpu_s() - cpu_before_s if process else 0.0
        if process:
            process.settle()
        least = least_bytes(self._places.folder, answer)
        is_whole = not load.requests or load.bytes_each >= least
        self._results.add(
            "points",
            contender=contender.name,
            answer=answer,
            connections=connections,
            round=number,
            seconds=seconds,
            cpu_us_each=cpu_s / load.requests * 1e6 if load.requests else None,
            is_whole=is_whole,
            **asdict(load),
        )
        print(
            f"{answer} c={connections} round {number + 1} {contender.name}: "
            f"{load.requests_per_s:.0f}/s, p50 {load.p50_ms:.2f} ms, "
            f"p99 {load.p99_ms:.2f} ms, failed {load.failed}"
            + ("" if is_whole else ", ANSWERS ARE NOT WHOLE"),
            flush=True,
        )

    def _weigh(self, answer: str, contenders: Mapping[str, Contender]) -> None:
        for name, contender in contenders.items():
            if contender.process is not None:
                self._results.add(
                    "memory",
                    contender=name,
                    answer=answer,
                    peak_mib=contender.process.peak_mib(),
                    rss_mib=contender.process.rss_mib(),
                )

    def _measure_starts(self) -> None:
        """Those that the answers did not need already."""
        for name in self._arguments.contenders:
            while 0 < self._starts.get(name, 0) < self._arguments.starts:
                with self._running(name, self._arguments.answers[0]):
                    pass

    @contextmanager
    def _running(self, name: str, answer: str) -> Iterator[Contender]:
        places = replace(self._places, upstream_port=self._ports[answer])
        with CONTENDERS[name](places) as contender:
            if contender.process is not None:
                started_in_s = contender.process.started_in_s
                self._starts[name] = self._starts.get(name, 0) + 1
                self._results.add("starts", contender=name, started_in_s=started_in_s)
                print(f"{name} has started in {started_in_s:.2f} s", flush=True)
            if answer == STREAM:
                headers = {**contender.headers, "Accept": "text/event-stream"}
                contender = replace(contender, headers=headers)
            yield contender


def run(arguments: argparse.Namespace) -> None:
    results = Results(
        "gateway_overhead",
        arguments.results,
        arguments.machine,
        told(arguments),
        versions(arguments.other_python),
    )
    with tempfile.TemporaryDirectory(prefix="easel-bench-") as name:
        folder = Path(name)
        # nginx, started by root, reads as nobody.
        folder.chmod(0o755)
        write_answers(folder)
        ports = {answer: free_port() for answer in arguments.answers}
        upstream = ["nginx", "-c", str(upstream_configuration(folder, ports))]
        first = ports[arguments.answers[0]]
        log = folder / "upstream-output.log"
        places = Places(folder, arguments.gateway_core, first, arguments.other_python)
        with (
            running(upstream, first, log, core=arguments.load_core),
            on_core(arguments.load_core),
        ):
            Overhead(arguments, places, ports, results).measure_all()
    results.summary |= summarise(results.measurements)
    path = results.write()
    print(f"chart: {os.path.relpath(write_chart(path))}")


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--answers", nargs="+", choices=ANSWERS, default=list(ANSWERS))
    options.add_argument(
        "--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS)
    )
    options.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=int, default=3, help="of a point")
    options.add_argument("--starts", type=int, default=3, help="of each, at least")
    arguments = options.parse_args()
    require(arguments, "wrk", "nginx", "taskset")
    if arguments.quick:
        arguments.rounds = arguments.seconds = arguments.starts = 1
        arguments.answers, arguments.connections = ["1KB", STREAM], [1, 16]
    arguments.contenders = choose_environment(arguments)
    with ended_on_signals():
        run(arguments)


if __name__ == "__main__":
    main()

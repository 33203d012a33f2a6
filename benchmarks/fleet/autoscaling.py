"""How many replicas there are while the load steps up and down again.

A Ray cluster on this machine, the test pattern, `deploy/ray/serve.yaml`'s policy with
short delays: idle, then `--clients` in a closed loop for `--load-s`, then idle until
there is one replica again. Raw samples as JSON, and the chart beside them as SVG.

PYTHONPATH=backend .easel/ray-venv/bin/python -m benchmarks.fleet.autoscaling \\
    --results FOLDER
"""

# ruff: noqa: T201 - it talks to a person at a terminal

import argparse
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
from tests.ray.two_nodes import TwoNodes, fronting, two_nodes

from .autoscaling_chart import Sample, chart

_EVERY_S = 0.5
_IDLE_S = 5.0


class Load:
    """Clients that each ask again as soon as they are answered."""

    def __init__(self, url: str, clients: int, steps: int) -> None:
        self._url = url
        self._steps = steps
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(number,), daemon=True)
            for number in range(clients)
        ]
        self.answered = 0
        self.errors: list[str] = []

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """After the answers that are under way."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, number: int) -> None:
        with httpx2.Client(timeout=300) as client:
            while not self._stop.is_set():
                body = {
                    "prompt": f"a fox, {number}",
                    "num_inference_steps": self._steps,
                    "seed": number,
                }
                answer = client.post(f"{self._url}/generate", json=body)
                self.answered += 1
                if answer.status_code != 200:
                    self.errors.append(f"{answer.status_code}: {answer.text[:200]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--step-s", type=float, default=0.1)
    parser.add_argument("--load-s", type=float, default=60.0)
    parser.add_argument("--target-backlog-s", type=float, default=8.0)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder, two_nodes(cpus=4) as nodes:
        measured = _measure(Path(folder), nodes, arguments)
    arguments.results.mkdir(parents=True, exist_ok=True)
    name = arguments.results / "fleet_autoscaling"
    name.with_suffix(".json").write_text(json.dumps(measured, indent=1) + "\n")
    samples = [Sample(**sample) for sample in measured["samples"]]
    name.with_suffix(".svg").write_text(chart(samples, measured["load_s"]))
    print(
        f"{measured['answered']} answers, {len(measured['errors'])} errors; replicas: "
        f"{max(sample.running for sample in samples)} at most, "
        f"{samples[-1].running} at the end"
    )


def _measure(
    folder: Path, nodes: TwoNodes, arguments: argparse.Namespace
) -> dict[str, Any]:
    nodes.deploy(
        folder,
        {"model": ["fake"], "fake_step_seconds": arguments.step_s},
        ray_actor_options={"num_cpus": 1},
        autoscaling_config={
            "min_replicas": 1,
            "max_replicas": 4,
            "look_back_period_s": 11,
            "upscale_delay_s": 2,
            "downscale_delay_s": 10,
            "policy": {
                "policy_function": "easel.text2image.executors.ray_autoscaling:"
                "ReplicasForBacklog",
                "policy_kwargs": {"target_backlog_s": arguments.target_backlog_s},
            },
        },
    )
    before = os.getloadavg()[0]
    flags = ("--model", "fake", "--max-backlog-s", "1000")
    with fronting(folder, nodes, *flags) as server:
        load = Load(server.url, arguments.clients, arguments.steps)
        samples: list[Sample] = []
        began_s = time.monotonic()

        def look_until(done: Callable[[], bool]) -> float:
            while not done():
                now_s = time.monotonic() - began_s
                samples.append(_sample(server.url, now_s))
                time.sleep(_EVERY_S)
            return round(time.monotonic() - began_s, 1)

        def after(seconds: float) -> Callable[[], bool]:
            until_s = time.monotonic() + seconds
            return lambda: time.monotonic() >= until_s

        on_s = look_until(after(_IDLE_S))
        load.start()
        off_s = look_until(after(arguments.load_s))
        stopping = threading.Thread(target=load.stop)
        stopping.start()
        look_until(lambda: not stopping.is_alive())
        look_until(lambda: samples[-1].running == 1)
        look_until(after(_IDLE_S))
    return {
        "program": "fleet_autoscaling",
        "arguments": {
            name: value for name, value in vars(arguments).items() if name != "results"
        },
        "load_average_before": before,
        "load_average_after": os.getloadavg()[0],
        "load_s": [on_s, off_s],
        "answered": load.answered,
        "errors": load.errors,
        "samples": [vars(sample) for sample in samples],
    }


def _sample(url: str, now_s: float) -> Sample:
    from ray import serve

    engine = serve.status().applications["easel"].deployments["Engine"]
    health = httpx2.get(f"{url}/health", timeout=10).json()
    return Sample(
        at_s=round(now_s, 2),
        running=engine.replica_states.get("RUNNING", 0),
        starting=engine.replica_states.get("STARTING", 0),
        generations=health["queued"] + health["running"],
        backlog_s=health["backlog_s"],
    )


if __name__ == "__main__":
    main()

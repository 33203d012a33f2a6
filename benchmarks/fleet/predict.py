"""Does `easel plan` foretell what a real fleet does? Open loop, at several loads.

Real servers behind a real gateway. They are warmed up until their cost tables stand
still; the tables are read (GET /costs), and what a generation takes beside the device
is measured, one at a time. Then Poisson arrivals come at each load, a share of what the
devices could do in full batches by these tables. What was sent, at the moment at which
it was sent, is played through by the simulator, once with the times as they were before
the run, and once as they were after it: where the two differ, the machine has changed.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from statistics import fmean, median

import aiohttp
from easel.contract.costs import CostsDocument
from easel.planning.device import Device, measured_table
from easel.planning.fleet import Fleet, play
from easel.planning.gateway import GatewayLimits
from easel.planning.kinds import Kind
from easel.planning.outcome import percentile
from easel.planning.traffic import Arrival as PlannedArrival
from easel.planning.traffic import RecordedTraffic
from server.arguments import parser
from server.client import Client, checked, client
from server.results import Results
from server.server_process import server_process
from server.traffic import (
    Arrival,
    Share,
    add_mix,
    body_of,
    poisson_trace,
)

from .gateway_process import gateway_process

_FAKE = "fake"
_WARM_CLIENTS = 12
_ALONE = 6
_SEEDS = range(1, 6)
# Aimed at: the predicted 95th percentile is so near to the measured one.
_NEAR = 0.2


@dataclass(frozen=True, slots=True)
class Painted:
    """One generation of a run; times from the run's beginning."""

    arrival: Arrival
    sent_s: float
    took_s: float
    status: int


async def paint_all(
    gateway: Client, trace: Sequence[Arrival], taker: str, size: int
) -> list[Painted]:
    began_at = time.perf_counter()
    painted: list[Painted] = []

    async def ask(one: Arrival) -> None:
        sent_s = time.perf_counter() - began_at
        body = {**body_of(one, taker), "width": size, "height": size}
        reply = await gateway.ask("POST", "/generate", body, accept="image/png")
        painted.append(Painted(one, sent_s, reply.seconds, reply.status))

    async with asyncio.TaskGroup() as tasks:
        for one in trace:
            await asyncio.sleep(max(0.0, one.at_s - (time.perf_counter() - began_at)))
            tasks.create_task(ask(one))
    return sorted(painted, key=lambda one: one.sent_s)


async def warm_up(
    gateway: Client, shares: tuple[Share, ...], arguments: argparse.Namespace
) -> None:
    """Closed loop, so that the knee of the batches is found."""
    coming = iter(poisson_trace(shares, per_s=1, duration_s=10_000, seed=99))
    ends_at = time.perf_counter() + arguments.warm_up_s

    async def ask() -> None:
        while time.perf_counter() < ends_at:
            size = {"width": arguments.size, "height": arguments.size}
            body = {**body_of(next(coming), "warm-up"), **size}
            await gateway.ask("POST", "/generate", body, accept="image/png")

    async with asyncio.TaskGroup() as tasks:
        for _ in range(_WARM_CLIENTS * arguments.servers):
            tasks.create_task(ask())


class Prediction:
    """What the simulator knows: the costs of a server, and what comes beside them."""

    def __init__(self, arguments: argparse.Namespace, max_concurrent: int) -> None:
        self._servers: int = arguments.servers
        self._size: int = arguments.size
        self._limits = GatewayLimits(max_concurrent, 4 * max_concurrent)
        self.answer_s = 0.0
        self.turn_s = 0.0
        self.model = ""

    def kind(self, steps: int) -> Kind:
        return Kind(self.model, self._size, self._size, steps)

    def capacity(self, device: Device, shares: tuple[Share, ...]) -> float:
        """Generations a second in full batches."""
        total = sum(share.weight for share in shares)
        work_s = sum(
            share.weight / total * device.work_s(self.kind(share.steps))
            for share in shares
        )
        return self._servers / work_s

    def alone_s(self, device: Device, steps: int) -> float:
        kind = self.kind(steps)
        return steps * device.step_s(kind.key, kind.rows) + device.overhead_s(kind.key)

    def times_s(self, device: Device, painted: Sequence[Painted]) -> list[list[float]]:
        """Of each seed, the times that all of them take."""
        traffic = RecordedTraffic(
            tuple(
                PlannedArrival(one.sent_s, self.kind(one.arrival.steps), "anybody")
                for one in painted
            ),
            painted[-1].sent_s + 1e-3,
        )
        fleet = Fleet(
            self._servers,
            replace(device, turn_s=self.turn_s),
            gateway_limits=self._limits,
            answer_s=self.answer_s,
        )
        return [
            play(fleet, traffic, seed=seed, warm_up_s=0.0).whole_s for seed in _SEEDS
        ]


async def device_of(url: str) -> Device:
    async with aiohttp.ClientSession() as http, http.get(f"{url}/costs") as answer:
        document = CostsDocument.model_validate_json(await answer.read())
    return Device(measured_table(document, max_rows=None))


async def measure(arguments: argparse.Namespace) -> None:
    results = Results("fleet_predict", arguments)
    shares: tuple[Share, ...] = arguments.mix
    async with AsyncExitStack() as stack:
        flags = (
            *("--fake-step-seconds", str(arguments.fake_step_s)),
            *("--runtime", arguments.runtime),
        )
        servers = [
            await stack.enter_async_context(
                server_process(arguments, *flags, "--replica-id", f"r{number}")
            )
            for number in range(arguments.servers)
        ]
        urls = [one.url for one in servers]
        places = 64 * arguments.servers
        process = await stack.enter_async_context(
            gateway_process(urls, max_concurrent=places)
        )
        gateway = await stack.enter_async_context(client(process.url, connections=1000))
        await warm_up(gateway, shares, arguments)
        prediction = Prediction(arguments, places)
        device = await device_of(urls[0])
        prediction.model = next(iter(device.table.curves)).model
        await _measure_beside(gateway, prediction, device, arguments, results)
        for load in arguments.loads:
            before = await device_of(urls[0])
            _keep_costs(results, load, "before", before)
            per_s = load * prediction.capacity(before, shares)
            trace = poisson_trace(
                shares,
                per_s=per_s,
                duration_s=arguments.duration_s,
                seed=arguments.seed + round(1000 * load),
            )
            taker = f"load {load:g}"
            painted = await paint_all(gateway, trace, taker, arguments.size)
            after = await device_of(urls[0])
            _keep_costs(results, load, "after", after)
            _compare(results, prediction, load, per_s, painted, before, after)
    results.write()


async def _measure_beside(
    gateway: Client,
    prediction: Prediction,
    device: Device,
    arguments: argparse.Namespace,
    results: Results,
) -> None:
    """One at a time, on idle servers: what it takes more than the device's time.

    Few steps and many, in turns: what grows with them is the turn's, the rest is the
    answer's.
    """
    steps = sorted(share.steps for share in arguments.mix)
    fewest, most = steps[0], steps[-1]
    beside: dict[int, list[float]] = {fewest: [], most: []}
    for number in range(_ALONE):
        for count in dict.fromkeys((fewest, most)):
            one = Arrival(number, 0.0, count, number)
            size = {"width": arguments.size, "height": arguments.size}
            body = {**body_of(one, f"alone {count}"), **size}
            reply = checked(
                await gateway.ask("POST", "/generate", body, accept="image/png")
            )
            beside[count].append(reply.seconds - prediction.alone_s(device, count))
            results.add("alone", steps=count, took_s=reply.seconds)
    few_s, many_s = median(beside[fewest]), median(beside[most])
    if most > fewest:
        prediction.turn_s = max(0.0, (many_s - few_s) / (most - fewest))
    prediction.answer_s = max(0.0, few_s - fewest * prediction.turn_s)
    results.summary["beside the device, one at a time"] = (
        f"{1000 * prediction.turn_s:.1f} ms a step, "
        f"{1000 * prediction.answer_s:.1f} ms an answer"
    )


def _keep_costs(results: Results, load: float, when: str, device: Device) -> None:
    for key, curve in device.table.curves.items():
        results.add(
            "costs",
            load=load,
            when=when,
            size=f"{key.width}x{key.height}",
            step_seconds=curve,
            overhead_s=device.overhead_s(key),
            cap_rows=device.table.cap_rows(key),
        )


def _compare(
    results: Results,
    prediction: Prediction,
    load: float,
    per_s: float,
    painted: Sequence[Painted],
    before: Device,
    after: Device,
) -> None:
    measured = [one.took_s for one in painted if one.status == 200]
    for one in painted:
        results.add(
            "generations",
            load=load,
            steps=one.arrival.steps,
            due_s=one.arrival.at_s,
            sent_s=one.sent_s,
            took_s=one.took_s,
            status=one.status,
        )
    name = f"{load:.0%} load"
    results.summary[f"{name}: asked, painted, a second"] = (
        f"{len(painted)}, {len(measured)}, {per_s:.2f}"
    )
    late = percentile([one.sent_s - one.arrival.at_s for one in painted], 95)
    results.summary[f"{name}: sent late, p95"] = f"{1000 * late:.1f} ms"
    predicted = prediction.times_s(before, painted)
    again = prediction.times_s(after, painted)
    for percent in (50, 95):
        truth = percentile(measured, percent)
        said = fmean(percentile(one, percent) for one in predicted)
        later = fmean(percentile(one, percent) for one in again)
        verdict = ""
        if percent == 95:
            is_near = abs(said / truth - 1) <= _NEAR
            verdict = f" (at most {_NEAR:.0%}, {'met' if is_near else 'MISSED'})"
        results.summary[f"{name}: p{percent} measured, predicted"] = (
            f"{truth:.3f} s, {said:.3f} s: {said / truth - 1:+.1%}{verdict}"
        )
        results.summary[f"{name}: p{percent} with the times after the run"] = (
            f"{later:.3f} s: {later / truth - 1:+.1%}"
        )


def main() -> None:
    options = parser(__doc__)
    options.set_defaults(model=_FAKE)
    options.add_argument("--servers", type=int, default=2)
    options.add_argument(
        "--fake-step-s", type=float, default=0.08, help="of the fake model"
    )
    options.add_argument("--runtime", default="auto", help="as the server's --runtime")
    options.add_argument("--size", type=int, default=256, help="side of the images")
    options.add_argument(
        "--loads",
        type=float,
        nargs="+",
        default=[0.4, 0.7, 0.9],
        help="shares of what the devices could do in full batches",
    )
    options.add_argument("--duration-s", type=float, default=120.0, help="of a load")
    options.add_argument("--warm-up-s", type=float, default=20.0)
    add_mix(options)
    options.set_defaults(mix=(Share(8, 50), Share(16, 35), Share(30, 15)))
    asyncio.run(measure(options.parse_args()))


if __name__ == "__main__":
    main()

"""Ten times as much as the server can do, open loop: does it stay well and honest?

Capacity is measured first, closed loop. Then Poisson arrivals (Prefer: respond-async)
by a bounded number of connections; the server's memory is read every second. Promises
are held against what came true: `eta_s` at acceptance against the time that the
generation took by the server's own account, and `Retry-After` in two ways. While
arrivals go on, a probe that was refused asks again exactly when it was told to: was it
taken? And after they stop, for bursts that end with a refusal: how long until the
server would take one (GET /readyz), against the wait that the last refusal named.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from typing import Any

from .arguments import parser
from .client import Client, checked, client
from .overload_summary import summarise
from .results import Results
from .server_process import ServerProcess, server_process
from .traffic import Arrival, Share, add_mix, body_of, poisson_trace

_CLIENTS_FOR_CAPACITY = 16
_POLL_S = 0.02
_MAX_PROBE_TRIES = 50


async def capacity(
    server: Client, shares: tuple[Share, ...], *, duration_s: float, seed: int
) -> float:
    """Generations a second of so many clients that each ask again when answered."""
    drawn = poisson_trace(shares, per_s=1, duration_s=100_000, seed=seed)
    coming = iter(drawn)
    began_at = time.perf_counter()
    ends_at = began_at + duration_s
    done = 0

    async def ask() -> None:
        nonlocal done
        while time.perf_counter() < ends_at:
            body = body_of(next(coming), "capacity")
            reply = await server.ask("POST", "/generate", body, accept="image/png")
            if reply.status == 503:
                await asyncio.sleep(float(reply.headers["Retry-After"]))
            else:
                done += checked(reply).status == 200

    async with asyncio.TaskGroup() as tasks:
        for _ in range(_CLIENTS_FOR_CAPACITY):
            tasks.create_task(ask())
    return done / (time.perf_counter() - began_at)


class Overload:
    """The minute itself.

    Args:
        process: Whose memory is read.
        server: Its client.
        results: Where every answer goes.
    """

    def __init__(
        self, process: ServerProcess, server: Client, results: Results
    ) -> None:
        self._process = process
        self._server = server
        self._results = results
        self._began_at = time.perf_counter()

    async def run(self, trace: Sequence[Arrival], duration_s: float) -> None:
        """Until the last answer; memory and probes until then."""
        async with asyncio.TaskGroup() as tasks:
            usage = tasks.create_task(self._read_usage())
            probe = tasks.create_task(self._probe(duration_s))
            async with asyncio.TaskGroup() as requests:
                for one in trace:
                    await asyncio.sleep(max(0.0, one.at_s - self._now_s()))
                    requests.create_task(self._ask(one))
            await probe
            usage.cancel()

    async def read_usage_until_idle(self) -> None:
        usage = asyncio.create_task(self._read_usage())
        await self._server.until_idle()
        usage.cancel()

    async def _ask(self, one: Arrival) -> None:
        reply = await self._server.accepted(body_of(one, "overload"))
        answered = {
            "steps": one.steps,
            "due_s": one.at_s,
            "answered_s": self._now_s(),
            "request_s": reply.seconds,
            "status": reply.status,
        }
        if reply.status == 202:
            document = reply.json()
            promise = {"id": document["id"], "eta_s": document["eta_s"]}
            self._results.add("accepted", **answered, **promise)
        else:
            told = {"retry_after": reply.headers.get("Retry-After")}
            self._results.add("refused", **answered, **told)

    async def _probe(self, duration_s: float) -> None:
        """Asked back exactly when it was told to; then again as somebody new."""
        number, tries, waited_s = 0, 0, 0.0
        while self._now_s() < duration_s:
            number += 1
            one = Arrival(number, self._now_s(), 4, number)
            reply = await self._server.accepted(body_of(one, "probe"))
            tries += 1
            if reply.status == 503 and tries < _MAX_PROBE_TRIES:
                wait_s = float(reply.headers["Retry-After"])
                waited_s += wait_s
                await asyncio.sleep(wait_s)
                continue
            self._results.add("probes", tries=tries, waited_s=waited_s)
            tries, waited_s = 0, 0.0
            # An accepted probe comes back soon, to be refused again.
            await asyncio.sleep(_POLL_S)

    async def _read_usage(self) -> None:
        while True:
            usage = self._process.usage()
            self._results.add(
                "usage",
                at_s=self._now_s(),
                rss_mib=usage.rss_mib,
                threads=usage.threads,
                descriptors=usage.descriptors,
            )
            await asyncio.sleep(1)

    def _now_s(self) -> float:
        return time.perf_counter() - self._began_at


async def burst(server: Client, number: int) -> dict[str, Any]:
    """Ask until refused, then ask nothing: until when would one be taken?"""
    place = 0
    while True:
        place += 1
        one = Arrival(1000 * number + place, 0.0, 16, place)
        reply = await server.accepted(body_of(one, "burst"))
        if reply.status == 503:
            break
    refused_at = time.perf_counter()
    # Nothing tells of it but the answer itself.
    while (await server.ask("GET", "/readyz")).status != 200:  # noqa: ASYNC110
        await asyncio.sleep(_POLL_S)
    return {
        "retry_after_s": float(reply.headers["Retry-After"]),
        "exact_s": reply.json()["retry_after_s"],
        "actual_s": time.perf_counter() - refused_at,
    }


async def measure(arguments: argparse.Namespace, results: Results) -> None:
    flags = ("--max-backlog-s", str(arguments.max_backlog_s))
    async with (
        server_process(arguments, *flags) as process,
        client(process.url, connections=arguments.connections) as server,
    ):
        per_s = await capacity(
            server,
            arguments.mix,
            duration_s=arguments.capacity_s,
            seed=arguments.seed,
        )
        results.summary["capacity, generations/s"] = per_s
        trace = poisson_trace(
            arguments.mix,
            per_s=arguments.times * per_s,
            duration_s=arguments.duration_s,
            seed=arguments.seed,
        )
        overload = Overload(process, server, results)
        await overload.run(trace, arguments.duration_s)
        await _with_actual_times(overload, server, results)
        for number in range(arguments.bursts):
            results.add("bursts", **await burst(server, number))
        await server.until_idle()


async def _with_actual_times(
    overload: Overload, server: Client, results: Results
) -> None:
    """What became of the accepted, once all of them have ended."""
    await overload.read_usage_until_idle()
    accepted = results.measurements.pop("accepted", [])
    for one in accepted:
        document = await server.document(str(one["id"]))
        timings = document.get("timings") or {}
        told = {name: value for name, value in one.items() if name != "id"}
        results.add(
            "accepted",
            **told,
            ended=document["status"],
            actual_s=timings.get("total_s"),
        )


def main() -> None:
    options = parser(__doc__)
    add_mix(options)
    options.add_argument("--times", type=float, default=10, help="the capacity")
    options.add_argument("--duration-s", type=float, default=60)
    options.add_argument("--capacity-s", type=float, default=20)
    options.add_argument("--max-backlog-s", type=float, default=30.0)
    options.add_argument("--connections", type=int, default=64)
    options.add_argument("--bursts", type=int, default=5)
    arguments = options.parse_args()
    results = Results("overload", arguments)
    asyncio.run(measure(arguments, results))
    summarise(results, arguments.duration_s)
    # The classes as numbers, for the file.
    arguments.mix = [(share.steps, share.weight) for share in arguments.mix]
    results.write()


if __name__ == "__main__":
    main()
